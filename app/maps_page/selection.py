"""The chosen cases below the maps: their pictures, the way to the other pages, and their files."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import attributions_state, maps_state, state
from app.case_pictures import case_file, png_of
from app.failures import explained
from app.maps_page.cases import MapCases
from app.page_entry import go_to
from app.plain_text import plain
from app.selection_files import selection_csv, selection_parquet
from app.without_decoder import page_of_cases
from app.words import count
from xaae_core.errors import XaaeError
from xaae_core.signal_form import case_noun

SHOWN = 12
"""Pictures in the strip; the files hold all chosen cases."""
TRAVERSE = "pages/traverse.py"
ATTRIBUTIONS = "pages/attributions.py"
_PAGES = {TRAVERSE: "in Traverse", ATTRIBUTIONS: "in Attributions", "pages/examples.py": "in Examples"}


def show_selection(
    cases: MapCases, selected: NDArray[np.bool_] | None, coordinates: dict[str, NDArray[np.float32]]
) -> None:
    """The strip of the chosen cases.

    Args:
        cases: all cases on the maps.
        selected: which are chosen [N]; None for none.
        coordinates: further columns of the files by name [N], such as where the cases lie on the maps.
    """
    rows = np.flatnonzero(selected) if selected is not None else np.empty(0, np.int64)
    noun = case_noun(cases.workspace.signal_form)
    if len(rows) == 0:
        st.caption(
            f"Draw around points to choose cases: their {noun}s appear here, and the same cases light up on the other "
            "map. A double click opens a case."
        )
        return
    words, opened, where, mean, as_csv, as_parquet = st.columns([4, 2.4, 2, 1.7, 1.5, 1.7], vertical_alignment="center")
    words.markdown(f"**{count(len(rows), 'case')} chosen** of {len(cases.table):,} · {_composition(cases, rows)}")
    name = f"selection-{len(rows)}"
    as_csv.download_button(
        "IDs (CSV)", lambda: selection_csv(cases.table, rows, coordinates), f"{name}.csv", "text/csv",
        on_click="ignore", width="stretch", help="The chosen cases with their ids, all columns and their places.",
    )  # fmt: skip
    as_parquet.download_button(
        "IDs (Parquet)", lambda: selection_parquet(cases.table, rows, coordinates), f"{name}.parquet",
        "application/vnd.apache.parquet", on_click="ignore", width="stretch",
    )  # fmt: skip
    chosen = opened.selectbox(
        "Open a chosen case", rows[:200].tolist(), index=None, format_func=cases.name, label_visibility="collapsed",
        placeholder="Open one …", key=maps_state.OPENED,
    )  # fmt: skip
    page = where.selectbox(
        "Where", list(_PAGES), format_func=_PAGES.__getitem__, label_visibility="collapsed", key=maps_state.OPENED_IN
    )
    if chosen is not None:
        open_on(page, cases, int(chosen))
    if mean.button("Mean map", width="stretch", disabled=len(cases.workspace.selected_rows) == 0,
        help="Attributions: which pixels usually make the number of these cases, as one map of all of them. It needs "
        "the cases in the open data folder."):  # fmt: skip
        attributions_state.look_at_many()
        go_to(ATTRIBUTIONS)
    with explained(f"The {noun}s of the chosen cases"):
        _show_pictures(cases, rows)


def open_in_traverse(cases: MapCases, row: int) -> None:
    """Open a case on the traverse page, or of a model that cannot draw where it is explained; see `open_on`."""
    open_on(page_of_cases(cases.workspace.checkpoint.model), cases, row)


def open_on(page: str, cases: MapCases, row: int) -> None:
    """Open a case on another page; one that is not in the open folder goes there as a picture of its own."""
    with explained("Opening this case"):
        in_folder = cases.id_in_folder(row)
        if in_folder is not None:
            state.open_case(in_folder)
        else:
            name = cases.name(row)
            file = case_file(name, cases.picture(row), form=cases.workspace.signal_form)
            state.open_upload(state.UploadedPicture(*file))
        go_to(page)


def _composition(cases: MapCases, rows: NDArray[np.int64]) -> str:
    """What the chosen cases are, by their labels."""
    label = cases.columns.get("label")
    if label is None:
        return ""
    chosen = np.zeros(len(label), dtype=bool)
    chosen[rows] = True
    counts, whole = label.counts(chosen), label.counts()
    order = [code for code in np.argsort(-counts, kind="stable")[:4] if counts[code]]
    return ", ".join(f"{plain(label.groups[code])} {counts[code]:,} / {whole[code]:,}" for code in order)


def _show_pictures(cases: MapCases, rows: NDArray[np.int64]) -> None:
    """Some of the chosen cases, evenly spread over the choice."""
    some = rows[np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int)]
    for place, row in zip(st.columns(SHOWN, gap="small"), some.tolist(), strict=False):
        with place:
            try:
                st.image(png_of(cases.picture(row), 96, form=cases.workspace.signal_form), width="stretch")
            except XaaeError as error:
                st.caption(f"no {case_noun(cases.workspace.signal_form)}", help=plain(str(error)))
            st.caption(plain(cases.name(row)))
    if len(rows) > SHOWN:
        st.caption(f"{SHOWN} of the {len(rows):,} chosen cases are shown; the files hold all.")
