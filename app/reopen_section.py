"""Reopening on the page: a figure or a saved session becomes the view it was made from."""

from __future__ import annotations

import streamlit as st

from app import basket
from app.failures import explained
from app.link_state import is_first_file_open, leave_first_file, link, restore_later
from app.link_words import said
from app.links import open_view
from app.plain_text import plain
from app.reopening import ReopenedFigure, ReopenedView, reopen_figure, version_differences, versions_now
from app.sessions import ENDING, SavedSession, is_session, read_session
from app.settings import read_settings
from app.views import CHOSEN, COMMON, View
from xaae_core.errors import ViewError

_OPENED = "files_reopened"
_ENDINGS = ["png", "svg", "pdf", "gif", "mp4", "html", ENDING.removeprefix(".")]


def offer_reopening() -> None:
    """The place on the start page where a figure is dropped."""
    upload = st.file_uploader(
        "Reopen a figure or a saved session",
        type=_ENDINGS,
        key=f"reopen_{st.session_state.get(_OPENED, 0)}",
        help="A figure or report that this tool exported (PNG, SVG, PDF, GIF, MP4, HTML) holds how it was made: drop "
        "it here and the page it came from opens with the same model, case and settings. The model and the data "
        "themselves are not in it; they are found where they were opened last on this computer.",
    )
    if upload is not None:
        with explained("Reopening this file"):
            open_content(upload.getvalue(), upload.name)


def open_first_file(page: str) -> None:
    """Open the file that the app was started with, in a session that asks for nothing else."""
    path = read_settings().opened
    if path is None or is_first_file_open():
        return
    if page != "start" or (st.query_params and not link().page):
        leave_first_file()
        return
    with explained(f"Reopening {plain(path.name)}"):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ViewError(f"{path} cannot be read ({error.strerror}): check the path") from error
        open_content(content, path.name)


def open_content(content: bytes, name: str) -> None:
    """Leave for the view of a file; one of several panels is asked about first.

    Raises:
        XaaeError: what is wrong with the file, and what to do.
    """
    if is_session(content):
        open_session(read_session(content, name), name)
    figure = reopen_figure(content, name)
    if figure.panels:
        _choose_panel(figure)
    else:
        _open(figure, figure.whole)


def open_session(session: SavedSession, name: str) -> None:
    """Leave for the page that a saved session had open; the others follow when they are opened."""
    from analysis.figures.archive import read_archive

    _leave_upload()
    figures = read_archive(session.basket) if session.basket else ()
    basket.set_figures(figures)
    query = {key: values for key, values in session.view.query.items() if key != CHOSEN}
    restore_later({view.page: _without_common(view) for view in session.views if view.page != session.view.page})
    open_view(View(session.view.page, query), source=name, cohort=session.cohort, selection=session.selection)


def _choose_panel(figure: ReopenedFigure) -> None:
    st.markdown(f"**{plain(figure.name)}** has {len(figure.panels)} panels. Which one?")
    for warning in figure.warnings:
        st.warning(warning)
    for place, panel in enumerate(figure.panels):
        words = f"{chr(ord('a') + place) if place < 26 else place + 1} · {_words(panel)}"
        if st.button(words, key=f"reopen_panel_{place}", disabled=panel.view is None):
            _open(figure, panel)


def _open(figure: ReopenedFigure, chosen: ReopenedView) -> None:
    if chosen.view is None:
        kind = chosen.provenance.kind[:40]
        raise ViewError(f"{figure.name} is a figure of the kind “{kind}”, which no page of this version shows")
    _leave_upload()
    differing = [f"{text[:1].upper()}{text[1:]}." for text in version_differences(chosen.provenance, versions_now())]
    notes = [said(text, 300) for text in (*figure.warnings, *chosen.notes, *differing)]
    open_view(chosen.view, source=figure.name, notes=notes)


def _leave_upload() -> None:
    """The file has been followed: where its view is on the start page, that offers an empty place again."""
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def _words(panel: ReopenedView) -> str:
    """What a panel shows, for its button."""
    provenance = panel.provenance
    target = provenance.direction.get("target", "")
    parts = [provenance.kind, str(target), *(f"case {case[:6]}" for case in provenance.case_ids[:1])]
    return said(" · ".join(part for part in parts if part), 80)


def _without_common(view: View) -> View:
    """The settings of a page; which model, data and case are open is the session's to say by then."""
    return View(view.page, {key: values for key, values in view.query.items() if key not in COMMON})
