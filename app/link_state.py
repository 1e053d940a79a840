"""What the session knows of the link that it follows, and of the page that it is about to open; part of `state`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from app.address import write_in_address
from app.views import STEP, View

_LINK = "link"
_START = "path_start"
_LEFT_AT = "path_left_at"
_VIEWS = "page_views"
_WAITING = "page_views_to_restore"
_GOING = "page_to_go_to"
_FIRST_FILE = "first_file_opened"


@dataclass
class Link:
    """The address that the page at hand was opened by.

    Attributes:
        page: the page; "" before any was opened.
        is_new: whether the next run follows a link, and no page switch.
        waited_for: what widgets that are not drawn yet are to say, by key.
        asked_step: where on the path it asks to be, in SD; None where it does not, or has been there.
        notes: what could not be used, a sentence each.
        missing_case: said where the case is not among the open ones; "" otherwise.
        data: fingerprint that the open data should have; "" where it does not matter (any more).
        missing_model: hash of a model that is not known here; "" without.
        held: what the address asked for when that was found out.
        source: the file that it comes from; "" of an address.
    """

    page: str = ""
    is_new: bool = True
    waited_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked_step: float | None = None
    notes: list[str] = field(default_factory=list)
    missing_case: str = ""
    data: str = ""
    missing_model: str = ""
    held: dict[str, str] = field(default_factory=dict)
    source: str = ""


def link() -> Link:
    """The session's link."""
    kept: Link = st.session_state.setdefault(_LINK, Link())
    return kept


def expect_link(source: str = "", notes: Sequence[str] = ()) -> None:
    """The next address is a link, as if the session were new.

    Args:
        source: the file that it comes from.
        notes: what is known of it before, a sentence each.
    """
    st.session_state[_LINK] = Link(source=source, notes=list(notes))
    open_path_at(0.0)


def enter_page(page: str) -> Link:
    """The link anew for a page that was switched to; what another page could not use is of no interest there."""
    st.session_state[_LINK] = Link(page, is_new=False)
    return link()


def forget_notes() -> None:
    """The reader has gone on from what the link asked for."""
    link().notes.clear()
    link().source = ""


def path_start() -> float:
    """Where the path viewer opens, in SD; the same as long as the page is open."""
    return float(st.session_state.get(_START, 0.0))


def open_path_at(sd: float) -> None:
    """Let the path viewer open there when it is drawn for the first time."""
    st.session_state[_START] = st.session_state[_LEFT_AT] = sd


def path_left_at() -> float:
    """Where the path viewer was last left, in SD."""
    return float(st.session_state.get(_LEFT_AT, 0.0))


def leave_path_at(sd: float) -> None:
    """Remember where the path viewer was left; the address follows."""
    st.session_state[_LEFT_AT] = sd
    write_in_address({STEP: f"{sd:.4g}" if sd else ""})


def is_first_file_open() -> bool:
    """Whether the file that the app was started with has been opened in this session, or is not wanted any more."""
    return bool(st.session_state.get(_FIRST_FILE, False))


def leave_first_file() -> None:
    """The file that the app was started with has been opened, or another address was asked for."""
    st.session_state[_FIRST_FILE] = True


def keep_view(view: View) -> None:
    """Remember what a page shows, for a saved session."""
    st.session_state.setdefault(_VIEWS, {})[view.page] = view


def kept_views() -> dict[str, View]:
    """What each page that was visited showed last; as a new table."""
    return dict(st.session_state.get(_VIEWS, {}))


def restore_later(views: Mapping[str, View]) -> None:
    """Let pages show these views when they are opened next."""
    st.session_state[_VIEWS] = dict(views)
    st.session_state[_WAITING] = dict(views)


def view_to_restore(page: str) -> View | None:
    """The view that a page is to show now; asked for once, it is forgotten."""
    waiting: dict[str, View] = st.session_state.get(_WAITING, {})
    return waiting.pop(page, None)


def plan_to_go_to(page: str, query: Mapping[str, Sequence[str]] | None = None) -> None:
    """Remember the page that is to be opened next, with what its address is to say; "": none."""
    st.session_state[_GOING] = (page, dict(query or {}))


def page_to_go_to() -> str:
    """The page that is to be opened next; "" for none."""
    return str(st.session_state.get(_GOING, ("", {}))[0])


def address_to_go_to() -> dict[str, Sequence[str]]:
    """What the address of that page is to say; {}: what the page writes there itself."""
    asked: dict[str, Sequence[str]] = st.session_state.get(_GOING, ("", {}))[1]
    return asked
