"""One method's maps of many cases: their mean, their spread, and where they agree in sign."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from analysis.nouns import said_of, signal_words
from app import attributions_state, state
from app.attributions_page.averaging import ALL, CohortExplanation, CohortQuestion
from app.attributions_page.case_view import ENDS, noun_of
from app.attributions_page.choice import METHOD_WORDS, AttributionChoice
from app.attributions_page.cohort_files import show_menu
from app.attributions_page.details import show_group
from app.attributions_page.progress import show_progress
from app.attributions_page.rows import ends_of, kind_of
from app.case_data import Rows
from app.components.heat_grid import HeatGridPayload, HeatRow, HeatTile, heat_grid
from app.failures import explained
from app.plain_text import plain
from app.words import count
from app.workspace import Workspace
from xaae_core.data.recipes import CaseInput
from xaae_core.errors import ImageError
from xaae_core.signal_form import SignalForm

LOOK_AGAIN_SECONDS = 1.0
MOST = (10, 25, 50, 100, 200, 500)


def show_cohort(workspace: Workspace, choice: AttributionChoice) -> None:
    """Draw the mean maps; they are computed when the reader says so."""
    rows, words = cases_to_average(workspace)
    if len(rows) == 0:
        st.info(f"There is no case to explain: {words}.")
        return
    told, most, button = st.columns([6, 2, 2], vertical_alignment="bottom")
    n = most.selectbox("At most", MOST, index=1, key=attributions_state.MOST, bind="query-params",
        format_func=lambda value: count(value, "case"), help="Of more, so many are taken, spread evenly.")  # fmt: skip
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), int(n))).astype(int)]
    told.caption(f"The mean map of {count(len(rows), 'case')}: {words}.")
    question = question_of(workspace, choice, rows)
    is_new = not attributions_state.begun_job("cohort", question.key)
    if button.button("Make the mean map", type="primary", width="stretch", disabled=not is_new):
        attributions_state.kept_job("cohort", question.key, lambda: CohortExplanation(question))
        is_new = False
    if is_new:
        st.info(
            said_of(
                workspace.checkpoint.model,
                "A map of many cases shows where this number is usually made, and how much that varies. Choose a "
                "method, then make it. It means something only where the pictures show the same place at "
                "the same pixels.",
            )
        )
        return
    job = attributions_state.kept_job("cohort", question.key, lambda: CohortExplanation(question))
    running = not job.is_done
    st.fragment(_show, run_every=LOOK_AGAIN_SECONDS if running else None)(workspace, job, was_running=running)


def cases_to_average(workspace: Workspace) -> tuple[Rows, str]:
    """The cases chosen on the maps page, or else the cohort; and which they are, in words."""
    if workspace.data is None:
        return np.empty(0, np.int64), "no data are open"
    chosen = np.intersect1d(workspace.selected_rows, workspace.cohort_rows)
    if len(chosen):
        return chosen, f"from the {len(chosen):,} selected on the maps"
    if state.selection():
        return chosen, "none of the cases selected on the maps is in the cohort; clear the choice there, or the filter"
    rows = workspace.cohort_rows
    of = "all open cases" if len(rows) == len(workspace.data) else "the cases of the cohort"
    return rows, f"from {of}" if len(rows) else "the filter in the bar leaves none"


def question_of(workspace: Workspace, choice: AttributionChoice, rows: Rows) -> CohortQuestion:
    """All that is asked about these cases."""
    data, recipe = workspace.data, workspace.recipe
    assert data is not None  # there are cases
    (method,) = choice.methods

    def read(row: int) -> CaseInput:
        path = data.files.find(row)
        if path is None:
            raise ImageError(f"the {noun_of(workspace)} of {data.latents.ids[row]} is not where the table says")
        return recipe.read(path)

    key: Hashable = (
        *choice.key(workspace),
        method,
        *choice.told.used_by(method),
        data.latents.data_fingerprint,
        tuple(rows.tolist()),
    )
    return CohortQuestion(
        model=workspace.checkpoint.model,
        target=choice.target(workspace),
        method=method,
        baseline=choice.baseline,
        settings=choice.told.settings,
        read=read,
        rows=tuple(rows.tolist()),
        labels=tuple(data.label_of(row) if data.latents.labels[row] >= 0 else "" for row in rows.tolist()),
        key=key,
    )


def _show(workspace: Workspace, job: CohortExplanation, *, was_running: bool) -> None:
    if was_running and job.is_done:
        st.rerun()
    n_all = count(len(job.question.rows), "case")
    done = f"{job.n_explained} of {n_all}"
    with st.container():  # comes and goes: what is below keeps its place
        show_progress("cohort", job, words=done, cancelled=f"Cancelled after {done}; the map is of these.")
        if job.left_out and job.is_done:
            st.warning(f"{count(len(job.left_out), noun_of(workspace))} left out; the first: {plain(job.left_out[0])}")
    maps, picture = job.maps(), job.mean_picture()
    if picture is None:
        return
    form = workspace.signal_form
    drawn = heat_grid(
        HeatGridPayload(
            picture=picture,
            rows=tuple(_row(name, found, form) for name, found in maps.items()),
            ends=ENDS,
            strip_note="Where the spread is as large as the mean, the cases differ.",
            caption=f"mean of {count(job.n_explained, noun_of(workspace))}",
            form=form,
        ),
        key=attributions_state.COHORT_GRID,
    )
    if drawn.opened in maps:
        show_group(_title(drawn.opened, maps[drawn.opened]), maps[drawn.opened], form=form)
    st.caption(
        said_of(
            job.question.model,
            f"{plain(METHOD_WORDS[job.question.method])}: {plain(maps[ALL].sentence())}. Behind the maps lies the mean "
            "of the pictures: where it is blurred, the pictures do not lie on each other.",
        )
    )
    with explained("The files of these maps"):
        show_menu(workspace, job, maps, picture)


def _row(name: str, found: CohortMap, form: SignalForm | None = None) -> HeatRow:
    signs = int(found.has_sign)  # without a sign, all have the same
    return HeatRow(
        id=name,
        title=_title(name, found),
        sentence=_sentence(found, form),
        verdict="",
        verdict_words="",
        main=_mean_tile(found, form),
        strip=(
            HeatTile("spread (SD)", _single(found.spread), kind="positive")
            if found.n > 1
            else HeatTile("spread (SD)", None, "one case has no spread"),
            *((HeatTile("same sign, share", _single(found.same_sign), kind="positive", has_own_scale=True),) * signs),
        ),
        scores=(("Mean of the number", f"{found.score_mean:.3g}".replace("-", "−"), "Over these cases."),),
        ends=ends_of(found.method, form),
    )


def _mean_tile(found: CohortMap, form: SignalForm | None) -> HeatTile:
    """A map; of signals a curve along time, with what the cases differ by around it."""
    if form is None:
        return HeatTile("mean map", _single(found.mean), kind=kind_of(found.method))
    spread = _single(found.spread) if found.n > 1 else None
    label = "mean map" if spread is None else "mean map \u00b1 spread (SD), the mean trace behind"
    return HeatTile(label, _single(found.mean), kind=kind_of(found.method), spread=spread)


def _sentence(found: CohortMap, form: SignalForm | None) -> str:
    words = found.sentence() if form is None else signal_words(found.sentence())
    return f"{words[:1].upper()}{words[1:]}."


def _title(name: str, found: CohortMap) -> str:
    return f"All {count(found.n, 'case')}" if name == ALL else f"{name}: {count(found.n, 'case')}"


def _single(heat: NDArray[np.float64]) -> NDArray[np.float32]:
    return heat.astype(np.float32)
