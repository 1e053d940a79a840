"""The maps as files, and the cases as a table for who cannot or will not read a map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.figures.formats import Format
from analysis.figures.latent_map import draw_maps
from analysis.figures.linked_maps import MOST_POINTS, linked_maps_chart, linked_maps_page
from app import maps_state
from app.maps_page.scene import MapScene
from app.selection_files import selection_csv
from app.words import count

IN_TABLE = 1000
"""Rows of the table on the page; the file holds all."""


def show_downloads(scene: MapScene, selected: NDArray[np.bool_] | None) -> None:
    """A row of files, each made when it is asked for; then the table."""
    name = "maps-" + "-".join(one.result.projection.method for one in scene.shown)
    both, page = (
        "Both maps with legend and caption.",
        f"Opens in any browser, still linked; up to {MOST_POINTS:,} cases.",
    )
    offers: list[tuple[str, str, str, Callable[[], bytes], str]] = [
        ("PNG", f"{name}.png", "image/png", _drawing(scene, selected, "png"), both),
        ("SVG", f"{name}.svg", "image/svg+xml", _drawing(scene, selected, "svg"), both),
        ("PDF", f"{name}.pdf", "application/pdf", _drawing(scene, selected, "pdf"), both),
        ("Linked page", f"{name}.html", "text/html", lambda: _page(scene), page),
        (
            "Numbers (CSV)",
            f"{name}.csv",
            "text/csv",
            lambda: _numbers(scene),
            "Every case, with its place on both maps.",
        ),
    ]
    columns = st.columns([1, 1, 1, 2, 2, 3], vertical_alignment="center")
    for column, (label, file_name, mime, make, words) in zip(columns, offers, strict=False):
        is_too_large = mime == "text/html" and len(scene.cases.table) > MOST_POINTS
        column.download_button(
            label, make, file_name, mime, on_click="ignore", width="stretch", help=words, disabled=is_too_large
        )
    if columns[-1].toggle("Show the cases as a table", key=maps_state.TABLE):
        show_table(scene, selected)


def show_table(scene: MapScene, selected: NDArray[np.bool_] | None) -> None:
    """The chosen cases, or those of the cohort, as a table."""
    table, in_cohort = scene.cases.table, scene.cohort[0]
    mask = selected if selected is not None else in_cohort
    rows = np.arange(len(table)) if mask is None else np.flatnonzero(mask)
    what = "chosen cases" if selected is not None else "cases"
    shown = rows[:IN_TABLE]
    st.caption(f"The first {len(shown):,} of {count(len(rows), what[:-1], what)}." if len(rows) > len(shown) else "")
    columns = {name: [column.text(row) for row in shown] for name, column in scene.cases.columns.items()}
    st.dataframe({"id": [scene.cases.name(row) for row in shown], **columns}, hide_index=True)


def _drawing(scene: MapScene, selected: NDArray[np.bool_] | None, form: Format) -> Callable[[], bytes]:
    return lambda: draw_maps(scene.figures(selected), form)


def _page(scene: MapScene) -> bytes:
    return linked_maps_page(linked_maps_chart(scene.figures(None)))


def _numbers(scene: MapScene) -> bytes:
    return selection_csv(scene.cases.table, np.arange(len(scene.cases.table)), scene.coordinates())
