"""What stands where a case would be moved, of a model that cannot draw: why, and what can be seen instead."""

from __future__ import annotations

import streamlit as st

from app.page_entry import go_to
from xaae_core.models.model_abilities import has_decoder

CASE_PAGE = "pages/attributions.py"
"""Where a case of such a model opens."""
_PAGES = {
    "Which parts of a case it listens to": CASE_PAGE,
    "Where it puts the cases": "pages/maps.py",
    "Which training cases stand behind a case": "pages/examples.py",
}


def page_of_cases(model: object) -> str:
    """The page on which a case opens: where it is moved, or of a model that cannot draw, where it is explained."""
    return "pages/traverse.py" if has_decoder(model) else CASE_PAGE


def name_of_page(model: object) -> str:
    """What that page is called."""
    return "Traverse" if has_decoder(model) else "Attributions"


def offer_what_works(place: str) -> None:
    """Say why nothing moves, with ways to the pages that work.

    Args:
        place: names the buttons.
    """
    st.info(
        "This model has no decoder: it tells cases apart but cannot draw them, so none can be moved here. What can be "
        "seen of it is one click away; to move cases, open an autoencoder (the model's name at the top)."
    )
    for column, (words, page) in zip(st.columns(len(_PAGES)), _PAGES.items(), strict=True):
        if column.button(words, key=f"{place}_{page}", width="stretch"):
            go_to(page)
