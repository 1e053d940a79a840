"""Every key of the maps page in the session and in the address, and what the session keeps for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from app.served import Served

Job = TypeVar("Job")

LEFT = "left"
RIGHT = "right"
CASES = "map_cases"
COLOUR = "colour"
DOUBT = "doubt"
PERPLEXITY = "perplexity"
NEIGHBOURS = "neighbours"
MIN_DIST = "min_dist"
SEED = "map_seed"
MAPS = "linked_maps"
OPENED = "map_opened"
OPENED_IN = "map_opened_in"
TABLE = "map_table"
_JOBS = "map_jobs"
_SERVED = "map_cases_served"


def kept_job(name: Hashable, begin: Callable[[], Job]) -> Job:
    """The session's job of this name, begun if there is none: one that is let go would be given up."""
    jobs: dict[Hashable, Job] = st.session_state.setdefault(_JOBS, {})
    if name not in jobs:
        jobs[name] = begin()
    return jobs[name]


def keep_only(names: set[Hashable]) -> None:
    """Let go of the jobs that the page does not show any more."""
    jobs: dict[Hashable, object] = st.session_state.get(_JOBS, {})
    for name in set(jobs) - names:
        del jobs[name]


def begin_again(name: Hashable) -> None:
    """Forget a job that was cancelled or has failed: the next run of the page begins it anew."""
    st.session_state.get(_JOBS, {}).pop(name, None)


def served_cases(name: Hashable, serve: Callable[[], Served]) -> Served:
    """What the session serves under a name; another name ends the address before it."""
    kept: tuple[Hashable, Served] | None = st.session_state.get(_SERVED)
    if kept is None or kept[0] != name:
        kept = (name, serve())
        st.session_state[_SERVED] = kept
    return kept[1]


def look_at_cases(which: str) -> None:
    """Let the maps be of these cases ("folder" or "training") when they are opened next."""
    st.session_state[CASES] = which
