"""Links on the page: what one could not restore, the way out where its model is missing, and the menu "Share"."""

from __future__ import annotations

import streamlit as st

from app.failures import explained
from app.link_state import keep_view, link
from app.links import go_on_without_model
from app.plain_text import plain
from app.top_bar import choose_model
from app.views import MODEL, view_now


def show_notes() -> None:
    """One note of all that could not be used."""
    now = link()
    told = [*now.notes, *([now.missing_case] if now.missing_case else [])]
    if now.source:
        st.info(" ".join([f"Reopened from {plain(now.source)}.", *told]))
    elif now.notes:
        st.info(" ".join(["Not everything in this link could be used.", *told]))
    elif told:
        st.info(told[0])


def ask_for_model() -> None:
    """In the place of a page whose model is not known here."""
    missing = link().missing_model
    st.warning(
        f"This view was made with a model that is not known on this computer: its checkpoint has the SHA-256 "
        f"{missing}…. Open that checkpoint below and the view appears. Or go on with the model that is open; the view "
        "will then be another."
    )
    st.button("Go on with the model that is open", on_click=go_on_without_model, key="link_go_on")
    with explained("The list of models"):
        choose_model("link")


def remember_page(page: str) -> None:
    """Keep what the page shows, for a saved session."""
    view = view_now(page)
    if view.query.get(MODEL):
        keep_view(view)
