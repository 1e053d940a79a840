"""The menu "Share" in the bar: the link to what is seen, and the session as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from analysis.figures.figure import Figure
from app import basket, state
from app.cohort_state import cohort, selection
from app.link_state import kept_views, link
from app.sessions import ENDING, SavedSession, write_session
from app.views import View, view_now
from app.workspace import Workspace
from xaae_core.case_tokens import case_token, is_case_token


@st.fragment
def share_menu(workspace: Workspace) -> None:
    """Draw it; what it offers is made when it is opened, since the address changes without a run of the page."""
    menu = st.popover("Share", width="stretch", on_change="rerun", key="share", help="A link to this view, or a file.")
    if not menu.open:
        return
    view = view_now(link().page, workspace.checkpoint.sha256)
    with menu:
        st.caption("Link to this view: copy it with the button at its right, or mark it.")
        st.code(_root() + view.link(), language=None, wrap_lines=True)
        if state.uploaded() is not None:
            st.caption("The picture of your own is not part of a link: it shows the case of the data that was open.")
        st.download_button(
            "Save session", partial(session_file, _session(workspace, view), basket.kept_figures(), selection()),
            f"session{ENDING}",
            "application/zip", on_click="ignore", key="share_session",
            help="What each page shows, the cohort, the chosen cases and the figures for the report. Neither the model "
            "nor the data are in it; cases are named by codes. Drop it on the start page to go on.",
        )  # fmt: skip


def session_file(session: SavedSession, figures: Sequence[Figure], chosen: Sequence[str]) -> bytes:
    """The file; called when it is asked for, outside the page's run.

    Args:
        session: without what takes long.
        figures: the collected ones.
        chosen: ids, or tokens, of the cases chosen on the maps.
    """
    from analysis.figures.archive import write_archive

    tokens = tuple(each if is_case_token(each) else case_token(each) for each in chosen)
    return write_session(replace(session, selection=tokens, basket=write_archive(figures) if figures else b""))


def _session(workspace: Workspace, view: View) -> SavedSession:
    return SavedSession(
        view=view,
        views=tuple({**kept_views(), view.page: view}.values()),
        checkpoint_sha256=workspace.checkpoint.sha256,
        checkpoint_name=workspace.checkpoint.card.name,
        data_fingerprint=workspace.latents.data_fingerprint if workspace.latents is not None else "",
        cohort=cohort().to_text(),
    )


def _root() -> str:
    """The app's address up to its pages, with the slash; "" where it is not known."""
    url, page = str(st.context.url or ""), link().page
    root = url.split("?")[0].rstrip("/")
    root = root.removesuffix(f"/{page}") if page != "start" else root
    return f"{root}/" if root else ""
