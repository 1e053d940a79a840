"""Traverse: move the open case along the target's direction and see the picture change."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.directions import Direction
from analysis.latent_axes import LatentAxis
from app import cached, state
from app.case_choice import choose_case
from app.controls import traverse_controls
from app.failures import explained
from app.page_entry import open_page
from app.path_section import PathScene, show_downloads, show_path
from app.plain_text import plain
from app.top_bar import choose_data, choose_pictures, choose_upload, top_bar
from app.without_decoder import offer_what_works
from app.words import axis_words, direction_words, leakage_words, likeness_words
from app.workspace import Case, Workspace
from app.workspace_progress import open_with_progress
from xaae_core.models.model_abilities import has_decoder, is_variational
from xaae_core.signal_form import case_noun


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case = None
    noun = case_noun(workspace.signal_form)
    with explained(f"Opening this {noun}"):
        case = workspace.case()
    top_bar(workspace, case)
    if not has_decoder(workspace.checkpoint.model):
        offer_what_works("traverse")
    elif workspace.missing_picture():
        ask_where_pictures_are(workspace)
    elif case is None:
        ask_for_a_picture(workspace)
    elif workspace.training is None:
        st.info(
            "A direction needs cases to learn from: labelled ones, or any for a walk along one dimension of z. Open "
            "the folder the model was trained on, or one like it."
        )
        choose_data()
    else:
        traverse_case(workspace, case)
    show_cases(workspace, case)


def ask_for_a_picture(workspace: Workspace) -> None:
    """An empty page says what to do first."""
    noun = case_noun(workspace.signal_form)
    st.info(f"Choose a {noun} to start from: open a data folder, or give one {noun}.")
    left, right = st.columns(2)
    with left:
        choose_data()
    with right:
        choose_upload(workspace)


def ask_where_pictures_are(workspace: Workspace) -> None:
    """The place of the viewer, where a table of latents is open without the pictures it was made from."""
    missing, noun = workspace.missing_picture(), case_noun(workspace.signal_form)
    st.info(
        f"Nothing to move here: {plain(missing)}. Name the folder that the {noun}s are in now, or choose another "
        f"case. Maps, cohorts and files need no {noun}s."
    )
    choose_pictures("traverse")


@st.fragment
def traverse_case(workspace: Workspace, case: Case) -> None:
    """Viewer above, controls below; a fragment, so that a step costs no more than itself."""
    viewer, below = st.container(), st.container()
    assert workspace.training is not None  # render() asked
    axes = cached.axes_of(workspace.training, workspace.training_key)
    with below:
        choice = traverse_controls(
            workspace.training,
            workspace.checkpoint.card.target,
            axes=axes,
            has_skips=workspace.has_skips(case),
            noun=case_noun(workspace.signal_form),
            is_variational=is_variational(workspace.checkpoint.model),
        )
    scene, noun = PathScene(workspace, case, choice), case_noun(workspace.signal_form)
    direction = None
    with viewer, explained("Finding the direction"):
        direction = scene.direction
    if direction is None:  # there is no path; above is why
        with viewer:
            choose_data("direction")
        return
    with viewer, explained("This path"):
        show_path(scene)
    with below:
        with explained("What is known about this path"):
            st.caption(
                f"{notes_words(workspace, case)}{leakage_words(scene.z_share(), noun)} "
                f"{likeness_words(scene.likeness(), noun)} {way_words(scene, direction, axes)} "
                f"You see how the model's own drawing of this case changes as its code moves{limit_words(workspace)}"
            )
        show_downloads(scene)


def way_words(scene: PathScene, direction: Direction, axes: Sequence[LatentAxis]) -> str:
    """How good the direction is, or how much the dimension of z says."""
    if direction.dimension is None:
        return direction_words(direction)
    axis = next(axis for axis in axes if axis.dimension == direction.dimension)
    return axis_words(axis, len(direction.vector), scene.divergence())


def limit_words(workspace: Workspace) -> str:
    """What must not be concluded from a path, as the end of a sentence."""
    if not workspace.checkpoint.model.classes:
        return ": what goes together in these cases, not what causes what. The model has learned no labels."
    seen = "pixels" if workspace.signal_form is None else "waves"
    return f"; it is neither a prognosis nor a proof that the model decides by these {seen}."


def notes_words(workspace: Workspace, case: Case) -> str:
    """What was changed while the picture was read, and what the folder's labels mean; "" where nothing was."""
    notes = [f"This {case_noun(workspace.signal_form)}: {note}." for note in case.image.notes]
    return "".join(f"{plain(note)} " for note in (*notes, workspace.class_note) if note)


@st.fragment
def show_cases(workspace: Workspace, case: Case | None) -> None:
    """The cases to choose from."""
    with explained("The list of cases"):
        picked = choose_case(workspace, case, layout="strip")
        if picked is not None and picked.is_new and picked.selected is not None:
            state.open_case(picked.selected)
            st.rerun()


open_page(render)
