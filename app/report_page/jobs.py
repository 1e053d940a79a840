"""Long work of the report page: begun for what is asked now, given up for anything else, watched with a way out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.background import Background, Report
from app.failures import explained
from app.remaining_time import duration

LOOK_AGAIN_SECONDS = 0.7
FIRST_ANSWER_SECONDS = 0.5
_JOBS = "report_jobs"


@dataclass(frozen=True)
class _Job:
    background: Background[Any]
    stage: Callable[[], str]


def job_of(name: str) -> Background[Any] | None:
    """The session's work of this name; None where none was begun."""
    job = _jobs().get(name)
    return None if job is None else job.background


def begin(name: str, key: Hashable, work: Callable[[Report], Any], stage: Callable[[], str]) -> None:
    """Begin work, unless the same was begun already; other work of this name is given up.

    Args:
        name: of the work; a session has one of each.
        key: what is asked.
        work: see `Background`.
        stage: what it does now, in a few words.
    """
    now = job_of(name)
    if now is not None and now.key == key:
        return
    forget(name)
    _jobs()[name] = _Job(Background(work, key), stage)


def forget(name: str) -> None:
    """Give the work of this name up, with its result."""
    now = _jobs().pop(name, None)
    if now is not None:
        now.background.cancel()


def show_result(name: str, what: str) -> Any:
    """The result of the work of this name; None while it goes on, where it failed, and where it was cancelled.

    Args:
        name: of the work.
        what: is made, as the beginning of a sentence: "The preview".
    """
    job = job_of(name)
    if job is None:
        return None
    job.wait(FIRST_ANSWER_SECONDS)
    if job.is_cancelled:
        st.info("It was cancelled. Nothing half-done is kept.")
        st.button("Try again", key=f"{name}_again", on_click=forget, args=(name,))
        return None
    if not job.is_done:
        st.fragment(_progress, run_every=LOOK_AGAIN_SECONDS)(name, _jobs()[name])
        return None
    with explained(what):
        return job.result()
    st.button("Try again", key=f"{name}_again", on_click=forget, args=(name,))
    return None


def _progress(name: str, watched: _Job) -> None:
    """Looks again by itself; when the work has ended, the page is drawn anew."""
    job = watched.background
    if job.is_done or job.is_cancelled:
        st.rerun()
    bar, button = st.columns([5, 1.4], vertical_alignment="center")
    left = f" · {duration(job.seconds_left)} left" if job.seconds_left > 2 else ""
    bar.progress(job.share, text=f"{watched.stage()} … {job.seconds:.0f} s{left}")
    if button.button("Cancel", key=f"{name}_cancel", width="stretch"):
        job.cancel()
        st.rerun()


def _jobs() -> dict[str, _Job]:
    jobs: dict[str, _Job] = st.session_state.setdefault(_JOBS, {})
    return jobs
