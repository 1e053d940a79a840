"""Which cases the session looks at (the cohort), and which are chosen together (the selection); part of `state`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from analysis.cohorts import Cohort
from app.address import write_in_address
from app.kept_selections import keep_selection
from app.settings import read_settings
from xaae_core.errors import CohortError

COHORT = "cohort"
COHORT_DRAFT = "cohort_draft"
COHORT_NOTE = "cohort_note"
SELECTION = "selection"
SELECTION_ID = "selection_id"
CHOSEN = "chosen"
ONLY_SELECTED = "only_selected"


def follow_cohort(asked: str) -> None:
    """Take the cohort that the address asks for; what is no cohort changes nothing, and leaves a note.

    A page switch empties the address, and then it gets the cohort again.
    """
    if not asked:
        _show_cohort()
    elif asked != cohort().to_text():
        try:
            set_cohort(Cohort.from_text(asked))
        except CohortError as error:
            set_cohort(cohort())
            st.session_state[COHORT_NOTE] = f"The cohort in the address was ignored: {error}."


def cohort() -> Cohort:
    """The cases that are looked at, by conditions, as asked for; `Workspace.cohort` is what the open data allow."""
    asked: Cohort = st.session_state.get(COHORT, Cohort())
    return asked


def set_cohort(wanted: Cohort) -> None:
    """Look at other cases, on every page; the address follows."""
    st.session_state[COHORT] = wanted
    st.session_state[COHORT_NOTE] = ""
    _show_cohort()


def clear_cohort() -> None:
    """Look at all cases again."""
    set_cohort(Cohort())
    st.session_state.pop(COHORT_DRAFT, None)


def cohort_note() -> str:
    """Why the cohort of the address was ignored; "" where it was not."""
    return str(st.session_state.get(COHORT_NOTE, ""))


def cohort_draft() -> str:
    """The column that a condition is being made for; "" for none."""
    return str(st.session_state.get(COHORT_DRAFT, ""))


def draft_condition(column: str) -> None:
    """Begin a condition for a column; "": none."""
    st.session_state[COHORT_DRAFT] = column


def widget_value(key: str) -> Any:
    """What a widget of the filter says, for its callback."""
    return st.session_state[key]


def show_in_widget(key: str, value: object) -> None:
    """Let a widget of the filter say what the cohort says, wherever that was changed; call it before it is drawn."""
    st.session_state[key] = value


def selection() -> tuple[str, ...]:
    """Ids of the cases that were chosen together, on the maps page; () for none."""
    chosen: tuple[str, ...] = st.session_state.get(SELECTION, ())
    return chosen


def set_selection(ids: Iterable[str]) -> None:
    """Choose cases together; (): none."""
    chosen = tuple(ids)
    st.session_state[SELECTION] = chosen
    st.session_state[SELECTION_ID] = keep_selection(chosen, read_settings().cache)
    write_in_address({CHOSEN: selection_id()})


def selection_id() -> str:
    """The short id that the selection is kept under; "" for none."""
    return str(st.session_state.get(SELECTION_ID, ""))


def is_selection_looked_at() -> bool:
    """Whether the strip lists the chosen cases alone."""
    return bool(st.session_state.get(ONLY_SELECTED, False)) and bool(selection())


def look_at_selection(is_asked: bool) -> None:
    """Let the strip list the chosen cases alone, or all cases of the cohort again."""
    st.session_state[ONLY_SELECTED] = is_asked


def _show_cohort() -> None:
    """Bring the address in line with the cohort."""
    write_in_address({COHORT: cohort().to_text()})
