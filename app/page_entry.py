"""The list of pages, and how a page's file starts: behind app/frame.py, whichever address was asked for first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import link_state, state

_TIMERS_STOP_SECONDS = 0.1


def pages() -> list[StreamlitPage]:
    """The pages in the order of the navigation; the first one opens at the bare address."""
    return [
        st.Page("pages/start.py", title="Start", default=True),
        st.Page("pages/traverse.py", title="Traverse", url_path="traverse"),
        st.Page("pages/maps.py", title="Maps", url_path="maps"),
        st.Page("pages/attributions.py", title="Attributions", url_path="attributions"),
        st.Page("pages/examples.py", title="Examples", url_path="examples"),
        st.Page("pages/train.py", title="Train", url_path="train"),
        st.Page("pages/report.py", title="Report", url_path="report"),
    ]


def open_page(render: Callable[[], None]) -> None:
    """Draw a page, behind the frame that frame.py gives all pages.

    Until `st.navigation` has been called once in a server, Streamlit takes a folder named pages for its older kind
    of app, and runs the file of the address that is asked for without frame.py. A link to a case would then be the
    one address that does not open in a fresh server; so the call is made here, and everything starts again.
    """
    if not state.is_prepared():
        st.navigation(pages())
        st.rerun()
    page, asked = link_state.page_to_go_to(), link_state.address_to_go_to()
    if page:
        link_state.plan_to_go_to("")
        time.sleep(_TIMERS_STOP_SECONDS)
        st.switch_page(page, query_params=asked)  # a mapping, also an empty one: None would refuse
    render()


def file_of(page: str) -> str:
    """The file of a page by its name in the address ("start" for the bare one)."""
    return f"pages/{page}.py"


def page_files() -> tuple[str, ...]:
    """The files of all pages of this version."""
    return tuple(file_of(page.url_path or "start") for page in pages())


def go_to(page: str, query: Mapping[str, Sequence[str]] | None = None) -> NoReturn:
    """Leave for another page.

    A run that draws nothing comes between, and rests a moment: it tells the browser to stop the timers of what is
    looked at again and again. One that went off while the next page is being drawn would ask for its part of the
    page that was left, and the browser would clear the new page for it.

    Args:
        page: its file, "pages/traverse.py".
        query: what its address is to say, none of it a control of the page at hand; None: what the session says.
    """
    link_state.plan_to_go_to(page, query)
    st.rerun()
