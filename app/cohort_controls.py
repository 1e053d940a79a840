"""The filter that says which cases are looked at, on every page; and what is to be said of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from analysis.case_columns import CaseColumn
from analysis.cohorts import Cohort, Condition
from app import cohort_state as chosen
from app import state
from app.plain_text import plain
from app.words import count
from app.workspace import Case, Workspace

MOST_GROUPS = 500
"""Groups offered of one column, the largest first; more would be a list that nobody reads."""
_ADD = "cohort_add"
_WIDTH = 420


def cohort_controls(workspace: Workspace, case: Case | None) -> None:
    """Draw the filter: a row for each condition, and a way to add one. The open case stays open."""
    with st.container(width=_WIDTH):
        _draw_rows(workspace, "" if case is None or state.uploaded() is not None else case.id)


def _draw_rows(workspace: Workspace, open_case: str) -> None:
    st.markdown(
        f"**Cohort** · {cohort_count(workspace)}",
        help="Which cases are looked at: listed, gone through with [ and ], counted and lit on the maps. A case must "
        "meet every condition. Directions are still learned from all training cases, and no file is changed.",
    )
    columns, conditions = workspace.columns, workspace.cohort.conditions
    for index, condition in enumerate(conditions):
        _condition_row(_Row(index, columns[condition.column], condition, open_case))
    draft = chosen.cohort_draft()
    if draft in columns:
        _condition_row(_Row(len(conditions), columns[draft], None, open_case))
    st.selectbox(
        "Add a condition",
        list(columns),
        index=None,
        placeholder="Only cases with this …",
        key=_ADD,
        on_change=_begin_condition,
        help="Every column of the data, what the model says, and whether it is right.",
    )
    st.button("Show all cases", on_click=state.clear_cohort, disabled=not state.cohort(), key="cohort_clear")


def cohort_notes(workspace: Workspace, case: Case | None) -> None:
    """What must be known of the cohort: that it was ignored, that it is empty, that the open case is not in it."""
    problem = chosen.cohort_note()
    if workspace.cohort_problem:
        problem = f"The cohort does not fit these data, so all cases are shown: {workspace.cohort_problem}."
    if problem:
        _note_with_way_out(st.info, problem, "Forget this cohort")
    elif workspace.cohort and not workspace.cohort_mask.any():
        _note_with_way_out(st.warning, empty_words(workspace), "Show all cases")
    elif workspace.cohort and case is not None and state.uploaded() is None and workspace.is_outside_cohort(case.id):
        st.caption(f"{plain(case.name)} is not in the cohort ({plain(workspace.cohort.words)}); it stays open.")


def cohort_count(workspace: Workspace) -> str:
    """How many cases are looked at: "412 of 780", or "780 cases"."""
    n_all = 0 if workspace.data is None else len(workspace.data)
    if not workspace.cohort:
        return count(n_all, "case")
    return f"{int(workspace.cohort_mask.sum()):,} of {n_all:,}"


def empty_words(workspace: Workspace) -> str:
    """Which condition leaves no case, and how many were left before it."""
    conditions = workspace.cohort.conditions
    left = workspace.cohort.remaining(workspace.columns, len(workspace.cohort_mask))
    last = left.index(0)
    if last == 0:
        return f"No case is left: none has “{conditions[0].words}”."
    before = Cohort(conditions[:last]).words
    return f"No case is left: {left[last - 1]:,} are “{before}”, and none of them has “{conditions[last].words}”."


@dataclass(frozen=True)
class _Row:
    """One condition as it is edited.

    Attributes:
        index: its place among the conditions.
        column: what it is about.
        condition: None until something was chosen.
        open_case: id of the case that is looked at; "" for none of the data.
    """

    index: int
    column: CaseColumn
    condition: Condition | None
    open_case: str

    @property
    def key(self) -> str:
        """Of its widget."""
        return f"cohort_{self.index}_{self.column.name}"

    def take(self, condition: Condition | None) -> None:
        """Put the condition into the session's cohort; None: it restricts nothing any more, but its row stays."""
        if self.open_case and not state.case_id():  # opened by itself, as the first one: it is not exchanged now
            state.open_case(self.open_case)
        others = list(state.cohort().conditions)
        others[self.index : self.index + 1] = [] if condition is None else [condition]
        state.set_cohort(Cohort(tuple(others)))
        chosen.draft_condition(self.column.name if condition is None else "")

    def remove(self) -> None:
        """Take the row away."""
        if self.condition is not None:
            self.take(None)
        chosen.draft_condition("")


def _condition_row(row: _Row) -> None:
    widget, remove = st.columns([10, 1], vertical_alignment="bottom")
    with widget:
        if row.column.values is None:
            _choose_groups(row)
        else:
            _choose_range(row)
    remove.button("×", key=f"{row.key}_remove", on_click=row.remove, type="tertiary", help="Take this condition away")


def _choose_groups(row: _Row) -> None:
    names, sizes = row.column.groups, row.column.counts()
    wanted = row.condition.groups if row.condition is not None else ()
    largest = np.argsort(-sizes, kind="stable")[:MOST_GROUPS].tolist()
    offered = {names[code]: int(sizes[code]) for code in sorted({*largest, *map(names.index, wanted)})}

    def take() -> None:
        groups = tuple(chosen.widget_value(row.key))
        row.take(Condition(row.column.name, groups) if groups else None)

    chosen.show_in_widget(row.key, list(wanted))
    st.multiselect(
        _title(row.column),
        list(offered),
        format_func=lambda name: f"{name} ({offered[name]:,})",
        key=row.key,
        on_change=take,
        placeholder="Any of …",
        help=row.column.words or None,
    )
    if len(offered) < len(names):
        st.caption(f"The {MOST_GROUPS} largest of {len(names):,} groups.")


def _choose_range(row: _Row) -> None:
    scale = range_scale(row.column)
    if scale is None:
        st.caption(f"{_title(row.column)}: all cases have the same number.")
        return
    low, high, step = scale
    wanted = row.condition
    start = low if wanted is None or wanted.low is None else min(max(wanted.low, low), high)
    end = high if wanted is None or wanted.high is None else max(min(wanted.high, high), low)

    def take() -> None:
        first, last = chosen.widget_value(row.key)
        bounds = (None if first <= low else float(first), None if last >= high else float(last))
        row.take(Condition(row.column.name, low=bounds[0], high=bounds[1]) if bounds != (None, None) else None)

    chosen.show_in_widget(row.key, (start, end))
    digits = max(0, -math.floor(math.log10(step)))
    st.slider(
        _title(row.column), low, high, step=step, format=f"%.{min(digits, 12)}f", key=row.key, on_change=take,
        help=row.column.words or "Cases whose number is not known are left out.",
    )  # fmt: skip


def range_scale(column: CaseColumn) -> tuple[float, float, float] | None:
    """Ends and step of a slider over a column's numbers, in round figures; None where they are all the same."""
    assert column.values is not None  # asked of numbers only
    known = column.values[np.isfinite(column.values)]
    if len(known) == 0 or known.min() == known.max():
        return None
    low, high = float(known.min()), float(known.max())
    power = math.floor(math.log10((high - low) / 100))
    if bool((known == np.round(known)).all()):
        power = max(power, 0)
    step, digits = float(f"1e{power}"), max(0, -power)
    return round(math.floor(low / step) * step, digits), round(math.ceil(high / step) * step, digits), step


def _title(column: CaseColumn) -> str:
    return plain(column.name)


def _begin_condition() -> None:
    """A new row for the column that was just chosen; the box is empty again."""
    column = chosen.widget_value(_ADD)
    chosen.show_in_widget(_ADD, None)
    if column:
        chosen.draft_condition(str(column))


def _note_with_way_out(say: Callable[[str], object], words: str, way_out: str) -> None:
    say(plain(words))
    st.button(way_out, on_click=state.clear_cohort, key="cohort_note_clear")
