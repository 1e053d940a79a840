"""Every key of the examples page in the session and in the address, and what the session keeps for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.served import Served
from app.shared_work import Asked

TAB = "examples_tab"
SEARCHED = "searched"
COUNT = "examples"
MIXTURE = "mixture"
METHOD = "influence"
LOSS = "influence_loss"
PARAMETERS = "influence_parameters"
LIMIT = "influence_limit"
DOUBTED = "doubted"
DOUBT_PAGE = "doubt_page"
_ASKED = "examples_asked"
_SERVED = "examples_served"


@dataclass(frozen=True, eq=False)
class AskedWork:
    """Long work that this session waits for; at most one of a kind.

    Attributes:
        key: what was asked.
        about: whom or what it is about, in words.
        asked: the wait.
        work: what does it; it knows the stage it is at.
        seconds: that it should take, as was said before it began.
    """

    key: Hashable
    about: str
    asked: Asked[Any]
    work: Any
    seconds: float


def asked(kind: str) -> AskedWork | None:
    """The work of a kind ("influence", "self_influence") that this session waits for, or has waited for last."""
    works: dict[str, AskedWork] = st.session_state.setdefault(_ASKED, {})
    return works.get(kind)


def keep_asked(kind: str, work: AskedWork | None) -> None:
    """Wait for work; what was waited for before is given up. None: for nothing."""
    works: dict[str, AskedWork] = st.session_state.setdefault(_ASKED, {})
    before = works.pop(kind, None)
    if before is not None:
        before.asked.cancel()
    if work is not None:
        works[kind] = work


def served_cases(place: str, name: Hashable, serve: Callable[[], Served]) -> Served:
    """What the session serves for a part of the page; another name ends the address before it."""
    kept: dict[str, tuple[Hashable, Served]] = st.session_state.setdefault(_SERVED, {})
    if place not in kept or kept[place][0] != name:
        kept[place] = (name, serve())
    return kept[place][1]


def offer(key: str, options: list[Any]) -> None:
    """Forget a choice that is not offered any more, so that the first option stands."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


def doubt_page() -> int:
    """Page of the doubtful labels, from 1."""
    return int(st.session_state.get(DOUBT_PAGE, 1))


def turn_doubts(page: int) -> None:
    """Show another page of the doubtful labels."""
    st.session_state[DOUBT_PAGE] = page
