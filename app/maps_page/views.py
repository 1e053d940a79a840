"""The two linked maps with what belongs to them: progress above, words, chosen cases and files below."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import maps_state, state
from app.components.linked_maps import linked_maps
from app.failures import explained
from app.maps_page.cases import MapCases, ShownCases
from app.maps_page.colours import map_colours
from app.maps_page.controls import MapsChoice
from app.maps_page.downloads import show_downloads
from app.maps_page.progress import show_progress
from app.maps_page.results import maps_of
from app.maps_page.scene import MapScene
from app.maps_page.selection import open_in_traverse, show_selection
from app.maps_page.trust_words import show_trust
from app.plain_text import plain
from app.served import Served, serve_cases


def show_maps(cases: MapCases, choice: MapsChoice) -> None:
    """Draw everything below the controls."""
    shown = maps_of(cases, choice)
    with st.container():  # whether anything is in it or not: a fragment is known by its place, and a choice by both
        show_progress(shown)
    show_scene(MapScene(cases, choice, shown))


@st.fragment
def show_scene(scene: MapScene) -> None:
    """The maps and the chosen cases; a fragment, so that a choice costs no more than itself."""
    cases = scene.cases
    in_cohort, misfit = scene.cohort
    for note in (misfit, scene.found[1]):
        if note:
            st.info(plain(note))
    selected = _selected(cases)
    drawn = linked_maps(
        scene.panels,
        map_colours(scene.column, scene.choice.target),
        key=maps_state.MAPS,
        cases_url=_served(cases).url,
        in_cohort=in_cohort,
        selected=selected,
        show_doubtful=scene.choice.is_doubt_shown,
        n_label="training cases" if cases.choice == "training" else "cases",
    )
    if drawn.is_new:
        selected = drawn.selected
        state.set_selection(() if selected is None else tuple(cases.table.ids[selected].tolist()))
    if drawn.opened is not None:
        open_in_traverse(cases, drawn.opened)
    with explained("The chosen cases"):
        show_selection(cases, selected, scene.coordinates())
    with explained("What can be said of these maps"):
        show_trust(cases, scene.shown, scene.direction)
    with explained("The files of these maps"):
        show_downloads(scene, selected)


def _served(cases: MapCases) -> Served:
    """The address of the cases' words and pictures; the session keeps it alive."""
    name = (*cases.key, str(state.data_folder()))
    return maps_state.served_cases(name, lambda: serve_cases(ShownCases(cases)))


def _selected(cases: MapCases) -> NDArray[np.bool_] | None:
    """The session's chosen cases among these."""
    ids = state.selection()
    if not ids:
        return None
    mask = np.zeros(len(cases.table), dtype=bool)
    mask[cases.data.rows_of(ids)] = True
    return mask if mask.any() else None
