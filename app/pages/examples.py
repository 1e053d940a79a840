"""Examples: the training cases behind what the model makes of a picture, and labels worth a second look."""

from __future__ import annotations

import streamlit as st

from analysis.nouns import said_of
from app import examples_state, state
from app.case_choice import choose_case
from app.examples_page.labels_tab import show_labels
from app.examples_page.main_tab import show_main
from app.examples_page.subject import Subject, subject_of
from app.failures import explained
from app.page_entry import open_page
from app.top_bar import choose_data, choose_upload, top_bar
from app.workspace import Case, Workspace
from app.workspace_progress import open_with_progress

BEHIND, LABELS = "Behind this case", "Labels worth a second look"


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case, subject = None, None
    with explained(said_of(workspace.checkpoint.model, "Opening this picture")):
        case = workspace.case()
    top_bar(workspace, case)
    with explained(said_of(workspace.checkpoint.model, "Encoding this picture")):
        subject = subject_of(workspace, case)
    if workspace.training is None:
        ask_for_data(workspace)
        return
    behind, labels = st.tabs([BEHIND, LABELS], key=examples_state.TAB, bind="query-params")
    if behind.open:
        with behind:
            show_behind(workspace, subject)
    if labels.open:
        with labels:
            show_labels(workspace)
    show_cases(workspace, case)


def show_behind(workspace: Workspace, subject: Subject | None) -> None:
    """The open case and its examples; without one, what to do first."""
    if subject is None:
        ask = "Choose a picture to explain: open a data folder, or give one picture."
        st.info(said_of(workspace.checkpoint.model, ask))
        left, right = st.columns(2)
        with left:
            choose_data("examples")
        with right:
            choose_upload(workspace, "examples")
        return
    show_main(workspace, subject)


def ask_for_data(workspace: Workspace) -> None:
    """An empty page says what to do first."""
    st.info(
        "Examples come from the training cases: open the folder the model was trained on, or one like it. A table of "
        "latents beside the checkpoint (xaae extract) is found by itself."
    )
    left, right = st.columns(2)
    with left:
        choose_data("examples")
    with right:
        choose_upload(workspace, "examples")


@st.fragment
def show_cases(workspace: Workspace, case: Case | None) -> None:
    """The cases to choose from."""
    with explained("The list of cases"):
        picked = choose_case(workspace, case, layout="strip")
        if picked is not None and picked.is_new and picked.selected is not None:
            state.open_case(picked.selected)
            st.rerun()


open_page(render)
