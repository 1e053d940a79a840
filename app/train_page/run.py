"""The third step of a training: how far it is, what it can draw by now, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app import state
from app.failures import explained
from app.plain_text import plain
from app.settings import read_settings
from app.train_page.charts import show_balance, show_losses, show_parts
from app.train_page.check import checked_data
from app.train_page.result import offer_figures, show_result
from app.train_page.timeline import phase_boxes, progress_words, share_done, timeline_html
from app.train_page.words import phase_name, request_name
from app.training.files import ACTIVE, EpochRecord, StatusRecord
from app.training.job import TrainingJob, find_jobs
from app.words import count
from xaae_core.models.catalogue import find_model

REFRESH_SECONDS = 1.5


def show_runs() -> None:
    """The watched training, and the list of all of them."""
    jobs = find_jobs(read_settings().runs)
    job = watched_job(jobs)
    if job is None:
        st.info("No training has been started yet. Choose your data first; it takes three steps.")
        if st.button("Choose data", type="primary", key="train_first"):
            state.go_to_train_step("data")
            st.rerun()
        return
    status = job.status()
    is_active = status.state in ACTIVE
    has_epochs = bool(job.epochs())
    draw = st.fragment(_watch, run_every=REFRESH_SECONDS if is_active else None)
    draw(job, is_active=is_active, has_epochs=has_epochs)
    with st.container():  # outside of what is drawn anew every second, or a menu would close under the hand
        if has_epochs:
            with explained("The figures of the training"):
                offer_figures(job, is_finished=status.state == "finished")
    with explained("The list of trainings"):
        _list_runs(jobs, job)


def watched_job(jobs: Sequence[TrainingJob]) -> TrainingJob | None:
    """The training that is watched: by its name, else one that runs, else the latest; None without any."""
    wanted = state.watched_run()
    named = [job for job in jobs if job.name == wanted]
    if wanted and not named and jobs:
        st.info(f"There is no training “{plain(wanted)}”; another one is shown.")
    active = [job for job in jobs if job.status().state in ACTIVE] if not named else []
    return next(iter([*named, *active, *jobs]), None)


def _watch(job: TrainingJob, *, is_active: bool, has_epochs: bool) -> None:
    """Everything of one training; reads its small files again each time."""
    status, epochs = job.status(), job.epochs()
    if is_active != (status.state in ACTIVE) or has_epochs != bool(epochs):
        st.rerun()  # begun or ended, or the first epoch is there: the page is drawn another way
    with explained("The state of the training"):
        _show_head(job, status)
        st.html(timeline_html(phase_boxes(status, epochs)))
    if status.state == "finished":
        with explained("The result"):
            show_result(job)
    pictures, curves = st.columns([1, 1], gap="medium")
    with pictures:
        with explained("The drawn pictures"):
            _show_samples(job)
        with explained("The chart of the judge"):
            _show_balance(epochs)
    with curves, explained("The chart of the losses"):
        _show_losses(epochs)
    with explained("The figures of the codes"):
        _show_figures(job)


def _show_head(job: TrainingJob, status: StatusRecord) -> None:
    """Name, state and buttons in one row; a bar; what went wrong."""
    words, *places = st.columns([7, 2, 2], vertical_alignment="center")
    words.markdown(f"**{plain(job.name)}** · {progress_words(status)}")
    for place, press in zip(places, _buttons(job, status), strict=False):
        kind: Literal["primary", "secondary"] = "primary" if press.is_way_on else "secondary"
        if place.button(press.label, key=f"train_{press.label}", type=kind, width="stretch"):
            press.deed()
            st.rerun()
    if status.state in ACTIVE:
        st.progress(share_done(status))
    if status.state in ("failed", "lost"):
        st.error(plain(status.message))
        with st.expander("The log"):
            st.code(_tail(job), language=None, wrap_lines=True)
    elif status.message:
        st.info(plain(status.message))


@dataclass(frozen=True)
class _Press:
    """A button and what it does."""

    label: str
    deed: Callable[[], None]
    is_way_on: bool = False


def _buttons(job: TrainingJob, status: StatusRecord) -> list[_Press]:
    """The buttons that make sense now."""
    pause, stop = _Press("Pause", job.pause), _Press("Stop", job.stop)
    go_on = _Press("Resume", job.resume, is_way_on=True)
    if status.state == "training":
        return [pause, stop]
    if status.state in ("paused", "pausing"):
        return [go_on, stop]
    if status.state in ("waiting", "checking"):
        return [stop]
    if status.state in ("stopped", "failed", "lost"):
        again = "Try again" if status.state == "failed" else "Resume"
        return [_Press(again, job.restart, is_way_on=True), _Press("Change settings", lambda: _change_settings(job))]
    return []


def _change_settings(job: TrainingJob) -> None:
    """Back to the settings on the same pictures, for a training under another name."""
    is_checked = state.train_data() == job.data and checked_data() is not None
    state.choose_train_data(job.data)
    state.go_to_train_step("model" if is_checked else "data")


def _show_samples(job: TrainingJob) -> None:
    """What the model draws from its codes alone, epoch by epoch."""
    st.header("What it draws")
    if not find_model(job.request.model).has_decoder:
        st.caption("Nothing: this model cannot draw. Its codes are on the maps below once it has learned.")
        return
    samples = job.samples()
    if not samples:
        st.caption("After the first epoch, a few pictures appear here as the model draws them from their codes alone.")
        return
    names = [f"{phase_name(sample.phase)}, {sample.epoch}" for sample in samples]
    state.follow_latest(state.TRAIN_SAMPLE, names)
    place = st.container()
    chosen = names[0]
    if len(names) > 1:
        chosen = st.select_slider(
            "After epoch",
            names,
            key=state.TRAIN_SAMPLE,
            help="Go back to see how the drawings became sharper. At the right end it follows the training.",
        )
    sample = samples[names.index(chosen)]
    place.image(str(sample.path), width="stretch")
    st.caption(
        "Above: cases that are not trained on. Below: drawn from their codes and nothing else. What is missing "
        "below, the model does not know."
    )


def _show_figures(job: TrainingJob) -> None:
    """The codes after each phase, as points."""
    figures = job.figures()
    if not figures:
        return
    n_phases = len({figure.phase for figure in figures})
    with st.expander(f"The codes as a map, after {count(n_phases, 'phase')}"):
        for column, figure in zip(st.columns(len(figures)), figures, strict=True):
            column.image(str(figure.path), caption=phase_name(figure.phase), width="stretch")
        st.caption(
            "Each point is a case that is not trained on. In the last picture the arrow points to where the target "
            "grows; in those before it, near points have like codes and axes mean nothing."
        )


def _show_losses(epochs: Sequence[EpochRecord]) -> None:
    """The losses of one phase: the running one, unless another was chosen."""
    phases = list(dict.fromkeys(row.phase for row in epochs))
    head, choice = st.columns([5, 4], vertical_alignment="center")
    head.header("How it learns")
    if not phases:
        st.caption("Curves appear after the first epoch.")
        return
    names = [phase_name(phase) for phase in phases]
    state.follow_latest(state.TRAIN_LOSS, names)
    chosen = choice.selectbox("Phase", names, key=state.TRAIN_LOSS, label_visibility="collapsed")
    phase = phases[names.index(chosen)]
    show_losses(epochs, phase)
    st.caption(
        "Lower is better. Where the dashed line rises while the other falls, pictures are learned by heart; the epoch "
        "before is kept.",
        help="Drag moves the curves, Shift and the wheel zoom, a double click resets.",
    )
    with st.expander("The parts of it"):
        words = (
            "Lower is better. Reconstruction: how unlike the original the drawn picture is. Shape of the cloud, "
            "distance from a bell curve, KL divergence: how far codes are from one. Target: how wrong answers are."
        )
        st.caption(words if show_parts(epochs, phase) else "This phase has one part only.")


def _show_balance(epochs: Sequence[EpochRecord]) -> None:
    """The discriminator's scores of codes and of Gaussian draws, of a model that has one."""
    if all(row.score_encoded is None for row in epochs):
        return
    st.header("Can a judge tell the codes from a bell curve?")
    show_balance(epochs)
    st.caption(
        "A small second network gives 1 to what it takes for a draw from a bell curve, 0 to what it takes for a code. "
        "Both lines near the middle: it cannot tell, and moves stay among believable codes. Far apart at the end: "
        "moves may leave what the model knows."
    )


def _list_runs(jobs: Sequence[TrainingJob], watched: TrainingJob) -> None:
    """All trainings in the folder of runs; one click shows another."""
    others = [job for job in jobs if job.name != watched.name]
    if not others:
        return
    with st.expander(f"Earlier trainings: {len(others)}"):
        for job in others:
            words, open_it = st.columns([8, 1], vertical_alignment="center")
            words.markdown(
                f"**{plain(job.name)}** · {request_name(job.request)} on {plain(job.data.name)} · "
                f"{job.started[:16].replace('T', ' ')} · {progress_words(job.status())}"
            )
            if open_it.button("Show", key=f"train_show_{job.name}", width="stretch"):
                state.watch_run(job.name)
                st.rerun()


def _tail(job: TrainingJob) -> str:
    """The end of what the process printed."""
    try:
        return job.log.read_text(encoding="utf-8", errors="replace")[-4000:] or "The log is empty."
    except OSError:
        return "There is no log."
