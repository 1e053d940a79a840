"""The cases that are looked at, to choose one from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import state
from app.case_data import CaseData, Rows
from app.case_pictures import small_picture
from app.components.case_strip import CaseEntry, CaseStripState, case_strip
from app.words import count
from app.workspace import Case, Workspace
from xaae_core.errors import XaaeError

MOST_LISTED = 5000
"""Cases in the strip: its words are all in the browser. The cohort may have more; the keys go through all of it."""


def choose_case(workspace: Workspace, case: Case | None, *, layout: Literal["strip", "grid"]) -> CaseStripState | None:
    """Draw the cases of the cohort; returns what was chosen, None without data. Call it inside a fragment."""
    data = workspace.data
    if data is None:
        return None
    offer_selection(workspace)
    rows = walked_rows(workspace)
    if len(rows) > MOST_LISTED:
        st.caption(
            f"The first {MOST_LISTED:,} of {len(rows):,} cases are listed here. To list others, narrow the cohort: "
            "open the data at the top of the page."
        )
    listed = rows[:MOST_LISTED]
    entries = entries_of(data, listed)
    row_of = {entry.id: int(row) for entry, row in zip(entries, listed, strict=True)}
    picked = case_strip(
        entries,
        lambda names: thumbnails_of(workspace, {name: row_of[name] for name in names}),
        selected=_open_name(workspace, case),
        key=f"cases_{layout}",
        class_names=data.latents.classes,
        source=f"{data.latents.checkpoint_sha256}:{data.latents.data_fingerprint}:{state.pictures_folder()}",
        layout=layout,
    )
    shown = tuple(data.names.id_of(name) for name in picked.shown)
    state.remember_shown(shown if len(shown) < len(listed) else ())
    return CaseStripState(data.names.id_of(picked.selected) if picked.selected else None, picked.is_new, shown)


def offer_selection(workspace: Workspace) -> None:
    """The choice between all cases of the cohort and those of them that are chosen on the maps page."""
    n_selected = len(_selected_in_cohort(workspace))
    if n_selected == 0:
        state.look_at_selection(False)
        return
    is_asked = st.toggle(
        f"Only the {count(n_selected, 'case')} selected on the maps",
        value=state.is_selection_looked_at(),
        key=f"only_selected_{n_selected}",
        help="Lists the selected cases alone; the keys [ and ] then go from one of them to the next.",
    )
    state.look_at_selection(is_asked)


def walked_rows(workspace: Workspace) -> Rows:
    """The rows that are listed, and that the keys go through: the cohort, or what of it is selected; sorted."""
    if state.is_selection_looked_at():
        return _selected_in_cohort(workspace)
    return workspace.cohort_rows


def _selected_in_cohort(workspace: Workspace) -> Rows:
    rows = workspace.selected_rows
    return rows[workspace.cohort_mask[rows]]


def entries_of(data: CaseData, rows: Rows) -> list[CaseEntry]:
    """What is written under each thumbnail."""
    table, classes, names = data.latents, data.model_classes, data.names
    chances = table.probabilities[rows]
    best = chances.argmax(axis=1) if chances.size else np.full(len(rows), -1)
    entries = []
    for place, row in enumerate(rows.tolist()):
        label, called = data.label_of(row) or None, int(best[place])
        # A label that the model does not know can neither be met nor missed.
        is_compared = 0 <= called < len(classes) and (label is None or label in classes)
        entries.append(
            CaseEntry(
                id=names[str(table.ids[row])],
                label=label,
                prediction=classes[called] if is_compared else None,
                probability=float(chances[place, called]) if is_compared else None,
                split=str(table.split[row]),
            )
        )
    return entries


def neighbour(workspace: Workspace, case: Case, offset: int) -> str | None:
    """Id of the case before (−1) or after (+1) the open one, around the ends; None where there is none.

    Among those that the strip's own search and filter leave, else in the whole cohort. From a case that is not among
    them, it is the next one in the order of the data.
    """
    if workspace.data is None:
        return None
    rows = workspace.data.rows_of(state.shown())
    rows = rows if len(rows) else walked_rows(workspace)
    if len(rows) == 0:
        return None
    row = workspace.data.row_of(case.id) if state.uploaded() is None else None
    if row is None:
        row = -1 if offset > 0 else len(workspace.data)
    place = int(np.searchsorted(rows, row))
    is_among = place < len(rows) and rows[place] == row
    step = offset if is_among or offset < 0 else offset - 1  # place is already the next one
    return str(workspace.data.latents.ids[rows[(place + step) % len(rows)]])


def thumbnails_of(workspace: Workspace, row_of: Mapping[str, int]) -> dict[str, NDArray[np.uint8]]:
    """Small pictures by the names in `row_of`; one that is not there, or cannot be read, is left out."""
    pictures: dict[str, NDArray[np.uint8]] = {}
    for name, row in row_of.items():
        with suppress(XaaeError):
            pictures[name] = small_picture(workspace.read_case(row).pixels, form=workspace.signal_form)
    return pictures


def _open_name(workspace: Workspace, case: Case | None) -> str | None:
    """What the open case is called in the strip; None for a picture of the user's own."""
    row = workspace.open_row()
    if row is None or state.uploaded() is not None or workspace.latents is None:
        return None
    return case.name if case is not None else workspace.names[str(workspace.latents.ids[row])]
