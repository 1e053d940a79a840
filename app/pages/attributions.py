"""Attributions: which pixels made the model say what it says, and whether the maps pass the checks."""

from __future__ import annotations

import streamlit as st

from analysis.nouns import said_of
from app import attributions_state, state
from app.attributions_page.case_view import show_case
from app.attributions_page.cohort_view import show_cohort
from app.attributions_page.controls import attribution_controls
from app.case_choice import choose_case
from app.failures import explained
from app.page_entry import open_page
from app.top_bar import choose_data, choose_upload, top_bar
from app.workspace import Case, Workspace
from app.workspace_progress import open_with_progress

_VIEWS = (attributions_state.ONE_CASE, attributions_state.MANY_CASES)


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case = None
    with explained(said_of(workspace.checkpoint.model, "Opening this picture")):
        case = workspace.case()
    top_bar(workspace, case)
    views, controls = st.columns([3, 9.6], gap="small", vertical_alignment="bottom")
    view = views.segmented_control(
        "Maps of", _VIEWS, default=_VIEWS[0], key=attributions_state.VIEW, bind="query-params"
    )
    with explained("Explaining"):
        if view == _VIEWS[1]:
            with controls:
                choice = attribution_controls(workspace, is_cohort=True)
            show_cohort(workspace, choice)
        elif case is None:
            _ask_for_a_picture(workspace)
        else:
            with controls:
                choice = attribution_controls(workspace, is_cohort=False)
            show_case(workspace, case, choice)
    _show_cases(workspace, case)


def _ask_for_a_picture(workspace: Workspace) -> None:
    """An empty page says what to do first."""
    ask = "Choose a picture to explain: open a data folder, or give one picture."
    st.info(said_of(workspace.checkpoint.model, ask))
    left, right = st.columns(2)
    with left:
        choose_data()
    with right:
        choose_upload(workspace)


@st.fragment
def _show_cases(workspace: Workspace, case: Case | None) -> None:
    """The cases to choose from."""
    with explained("The list of cases"):
        picked = choose_case(workspace, case, layout="strip")
        if picked is not None and picked.is_new and picked.selected is not None:
            state.open_case(picked.selected)
            st.rerun()


open_page(render)
