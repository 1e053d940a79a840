"""Maps: two views of z side by side over the same cases, linked, with how far they can be believed."""

from __future__ import annotations

import streamlit as st

from analysis.nouns import said_of
from app.failures import explained
from app.maps_page.cases import MapCases, offered_cases
from app.maps_page.controls import choose_cases, maps_controls
from app.maps_page.views import show_maps
from app.page_entry import open_page
from app.top_bar import choose_data, top_bar
from app.workspace_progress import open_with_progress


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case = None
    with explained(said_of(workspace.checkpoint.model, "Opening this picture")):
        case = workspace.case()
    top_bar(workspace, case)
    if not offered_cases(workspace):
        st.info(
            said_of(
                workspace.checkpoint.model, "A map needs cases: open a data folder, and every picture becomes a point."
            )
        )
        choose_data()
        return
    with explained("The maps"):
        cases = MapCases.of(workspace, choose_cases(workspace))
        show_maps(cases, maps_controls(cases))


open_page(render)
