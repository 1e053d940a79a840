"""Every key of the attributions page in the session and in the address, and what the session keeps for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

import streamlit as st

VIEW = "view"
ONE_CASE, MANY_CASES = "This case", "Many"
EXPLAINED = "explain"
DIMENSION = "dimension"
METHODS = "methods"
METHOD = "method"
BASELINE = "baseline"
CHECKED = "checks"
STEPS = "ig_steps"
SAMPLES = "samples"
WINDOW = "window"
SPAN = "shift"
SEED = "attr_seed"
MOST = "most"
GRID = "heat_grid"
COHORT_GRID = "cohort_heat_grid"
_JOBS = "attribution_jobs"


def look_at_many() -> None:
    """Let the page show one map of many cases when it is opened next."""
    st.session_state[VIEW] = MANY_CASES


class Job(Protocol):
    """Work that can be given up."""

    def cancel(self) -> None:
        """End it at its next step."""
        ...


AnyJob = TypeVar("AnyJob", bound=Job)


def kept_job(place: str, name: Hashable, begin: Callable[[], AnyJob]) -> AnyJob:
    """The session's job of a place on the page, begun if its name is another one; the one before is given up.

    Args:
        place: "case" or "cohort".
        name: what the job was asked for.
        begin: starts it.
    """
    jobs = st.session_state.setdefault(_JOBS, {})
    before = jobs.get(place)
    if before is None or before[0] != name:
        if before is not None:
            before[1].cancel()
        jobs[place] = before = (name, begin())
    job: AnyJob = before[1]
    return job


def begun_job(place: str, name: Hashable) -> bool:
    """Whether the session's job of a place is the one of this name."""
    before = st.session_state.get(_JOBS, {}).get(place)
    return before is not None and before[0] == name


def begin_again(place: str) -> None:
    """Forget a job that was cancelled or has failed: the next run of the page begins it anew."""
    before = st.session_state.get(_JOBS, {}).pop(place, None)
    if before is not None:
        before[1].cancel()
