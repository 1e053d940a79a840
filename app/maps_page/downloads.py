"""The maps as figures and files, and the cases as a table for who cannot or will not read a map."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.figures.biplot import fit_biplot
from analysis.figures.figure import Figure
from analysis.figures.linked_maps import MOST_POINTS, linked_maps_chart, linked_maps_page
from analysis.figures.map_drawing import map_drawing
from analysis.provenance import Provenance
from app import maps_state
from app.figure_menu import Offer, figure_menu
from app.map_provenance import map_provenance
from app.maps_page.scene import MapScene
from app.selection_files import selection_csv
from app.views import View, view_now
from app.words import count

IN_TABLE = 1000
"""Rows of the table on the page; the file holds all."""
_PAGE_HELP = f"Opens in any browser, still linked; up to {MOST_POINTS:,} cases."


def show_downloads(scene: MapScene, selected: NDArray[np.bool_] | None) -> None:
    """The menus of the figures, each file made when it is asked for; then the table."""
    view = view_now("maps", scene.cases.workspace.checkpoint.sha256)  # here: a file is made without a session
    name = "maps-" + "-".join(one.result.projection.method for one in scene.shown)
    maps, biplot, rest = st.columns([1.6, 1.6, 5.8], vertical_alignment="center")
    with maps:
        figure_menu(
            partial(_maps, scene, selected, view), key="maps_figure", name=name, offers=_offers(scene, selected, view,
            name), label="Take these maps",
        )  # fmt: skip
    with biplot, st.container():
        if scene.direction is not None:
            figure_menu(
                partial(_biplot, scene, view), key="biplot_figure", name=f"biplot-{_file_word(scene.choice.target)}",
                label="PLS biplot",
            )  # fmt: skip
    if rest.toggle("Show the cases as a table", key=maps_state.TABLE):
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


def _offers(scene: MapScene, selected: NDArray[np.bool_] | None, view: View, name: str) -> list[Offer]:
    cases = Offer(
        "All cases (CSV)",
        f"{name}-cases.csv",
        "text/csv",
        partial(_numbers, scene),
        "Every case with its id, its columns and its place on the maps.",
    )
    if len(scene.cases.table) > MOST_POINTS:
        return [cases]
    page = Offer("Linked page (HTML)", f"{name}.html", "text/html", partial(_page, scene, selected, view), _PAGE_HELP)
    return [page, cases]


def _maps(scene: MapScene, selected: NDArray[np.bool_] | None, view: View) -> Figure:
    names = " and ".join(one.result.projection.title for one in scene.shown)
    title = f"{names} of {count(len(scene.cases.table), 'case')}, coloured by {scene.column.name}"
    return Figure(map_drawing(scene.figures(selected)), _provenance(scene, selected, view), title)


def _biplot(scene: MapScene, view: View) -> Figure:
    fitted = scene.cases.workspace.training
    drawing = fit_biplot(scene.cases.table, direction=scene.direction, fitted=fitted)
    told = map_provenance(
        "biplot", scene.cases.table, [one.result.projection for one in scene.shown], view=view,
        checkpoint=scene.cases.workspace.checkpoint, direction=scene.direction,
        settings={"methods": ["pls"], "maps": [], "target": drawing.target, "fitted_to": _fingerprint(fitted)},
    )  # fmt: skip
    return Figure(drawing, told, f"PLS biplot of {count(len(scene.cases.table), 'case')} against {drawing.target}")


def _provenance(scene: MapScene, selected: NDArray[np.bool_] | None, view: View) -> Provenance:
    further: dict[str, Any] = {
        "colour": scene.column.name,
        "which_cases": scene.cases.choice,
        "marks_doubt": scene.choice.is_doubt_shown,
        "chosen": 0 if selected is None else int(selected.sum()),
    }
    return map_provenance(
        "map", scene.cases.table, [one.result.projection for one in scene.shown], view=view,
        checkpoint=scene.cases.workspace.checkpoint, direction=scene.direction, settings=further,
    )  # fmt: skip


def _page(scene: MapScene, selected: NDArray[np.bool_] | None, view: View) -> bytes:
    chart = linked_maps_chart(scene.figures(None))
    return linked_maps_page(chart, provenance=_provenance(scene, selected, view))


def _numbers(scene: MapScene) -> bytes:
    return selection_csv(scene.cases.table, np.arange(len(scene.cases.table)), scene.coordinates())


def _fingerprint(fitted: Any) -> str:
    return "" if fitted is None else str(fitted.data_fingerprint)


def _file_word(text: str) -> str:
    """A word for a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "target"
