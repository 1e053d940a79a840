"""The maps of the open case, by several methods, with their checks."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.evaluation.agreement import compare_maps
from app import attributions_state, cached, state
from app.attributions_page.choice import METHOD_WORDS, AttributionChoice
from app.attributions_page.details import show_details
from app.attributions_page.downloads import show_menus
from app.attributions_page.explaining import CaseExplanation, CaseQuestion
from app.attributions_page.progress import show_progress
from app.attributions_page.rows import row_of
from app.cached_attributions import found_maps
from app.case_masks import CaseMasks
from app.components.heat_grid import HeatGridPayload, heat_grid
from app.failures import explained
from app.plain_text import plain
from app.workspace import Case, Workspace
from xaae_core.errors import XaaeError
from xaae_core.latents import LatentTable

LOOK_AGAIN_SECONDS = 1.0
STRANGE = 0.99
"""Share of the training cases that lie nearer to others than a picture, from which on the page warns."""
FIRST_ANSWER_SECONDS = 0.7
ENDS = ("takes from the number", "adds to it")


def show_case(workspace: Workspace, case: Case, choice: AttributionChoice) -> None:
    """Draw the maps, as far as they are there; the rest follows."""
    if not choice.methods:
        st.info(f"Choose one method or more above: each gives a map of this {noun_of(workspace)}.")
        return
    question = question_of(workspace, case, choice)
    job = attributions_state.kept_job("case", question.job_name, lambda: CaseExplanation(question, found_maps()))
    job.wait(FIRST_ANSWER_SECONDS)
    running = not job.is_done
    st.fragment(_show_maps, run_every=LOOK_AGAIN_SECONDS if running else None)(
        workspace, case, job, was_running=running
    )


def question_of(workspace: Workspace, case: Case, choice: AttributionChoice) -> CaseQuestion:
    """All that is asked about the open case."""
    return CaseQuestion(
        model=workspace.checkpoint.model,
        pixels=case.image.pixels,
        target=choice.target(workspace),
        methods=choice.methods,
        baseline=choice.baseline_for(workspace, case),
        told=choice.told,
        is_checked=choice.is_checked,
        table=_fitted_table(workspace),
        mask=_mask_of(workspace, case),
        key=(*choice.key(workspace), case.key),
    )


def _fitted_table(workspace: Workspace) -> LatentTable | None:
    """Labelled latents to shuffle the labels of: no more than directions are fitted to."""
    table = workspace.training
    if table is None or len(table) <= cached.MOST_FITTED:
        return table
    return table.rows(cached.drawn_rows(len(table), cached.MOST_FITTED))


def _mask_of(workspace: Workspace, case: Case) -> NDArray[np.bool_] | None:
    """The outline of what matters in the picture, where the data folder has one; says why one cannot be read."""
    row = workspace.data.row_of(case.id) if workspace.data is not None and state.uploaded() is None else None
    if workspace.data is None or row is None:
        return None
    try:
        masks = CaseMasks(draws_phantoms=state.is_demo_data())
        return masks.mask_of(workspace.data, row, workspace.recipe, picture_size=case.image.source_size)
    except XaaeError as error:
        st.info(f"The outline of this {noun_of(workspace)} is left out: {plain(str(error))}")
    return None


def _show_maps(workspace: Workspace, case: Case, job: CaseExplanation, *, was_running: bool) -> None:
    asked = job.question
    if was_running and job.is_done:
        st.rerun()  # everything is there: nothing need look for more of it
    with st.container():  # comes and goes: what is below keeps its place
        show_progress("case", job, words=job.words or "Beginning", cancelled="Cancelled; what was finished is below.")
    share = float(asked.mask.mean()) if asked.mask is not None else math.nan
    rows = [
        row_of(
            *(method, job.found(method)),
            is_checked=asked.is_checked,
            is_over=job.is_done,
            mask_share=share,
            form=workspace.signal_form,
        )
        for method in asked.methods
    ]
    drawn = heat_grid(
        HeatGridPayload(
            picture=asked.pixels,
            rows=tuple(rows),
            mask=asked.mask,
            mask_name="the mask",
            ends=ENDS,
            caption=caption_of(case, asked.target.name),
            form=workspace.signal_form,
        ),
        key=attributions_state.GRID,
    )
    if drawn.opened is not None:
        show_details(drawn.opened, job.found(drawn.opened), form=workspace.signal_form)
    with st.container(), explained("Comparing the methods"):
        _show_strangeness(workspace, case)
        _show_agreement(job, "samples" if workspace.signal_form else "pixels")
    with explained("The files of these maps"):
        show_menus(workspace, case, job)


def _show_strangeness(workspace: Workspace, case: Case) -> None:
    """A warning where the model has hardly seen a picture like this one."""
    if workspace.training is None:
        return
    neighbours, z = workspace.neighbourhood(), workspace.encoding(case).z
    farther = float(neighbours.share_closer(neighbours.distance(z.float().cpu().numpy()))[0])
    if farther >= STRANGE:
        st.warning(
            f"{farther:.0%} of the training cases lie nearer to others than this {noun_of(workspace)} does: the model "
            "has seen little like it, so trust its answer, and any map of it, less."
        )


def noun_of(workspace: Workspace) -> str:
    """What a case of the open model is: a picture or a signal."""
    return "picture" if workspace.signal_form is None else "signal"


def caption_of(case: Case, target: str) -> str:
    """The case and what is explained of it; plain text."""
    known = case.label or "label not known"
    return f"{case.name} · {known} · explained: {target}"


def _show_agreement(job: CaseExplanation, parts: str) -> None:
    """How far the methods agree, and what must not be concluded."""
    maps = {
        METHOD_WORDS[method]: made.map
        for method in job.question.methods
        if (made := job.found(method).attribution) is not None
    }
    words = compare_maps(maps).sentence() if len(maps) > 1 else ""
    agreement = f"{words[:1].upper()}{words[1:]}. " if words else ""
    st.caption(
        f"{agreement}A map shows which {parts} move this number of the model. It does not show why the case is as it is"
        ", and a map that passes every check can still be of a model that is wrong."
    )
