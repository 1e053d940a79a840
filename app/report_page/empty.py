"""What stands on the report page before anything was collected."""

from __future__ import annotations

import streamlit as st

_PAGES = (
    ("pages/traverse.py", "Traverse: a case moved along the direction"),
    ("pages/maps.py", "Maps: all cases in two dimensions"),
    ("pages/attributions.py", "Attributions: which pixels decided"),
    ("pages/examples.py", "Examples: the training cases behind an answer"),
    ("pages/train.py", "Train: the course of a training"),
)


def show_empty() -> None:
    """What a report is made of, and where that is found."""
    st.markdown("**No figures yet**")
    st.markdown(
        "Below every picture is a menu: **Take this figure**, **This path** … Press **Add to report** in it, and the "
        "figure waits here, with your note, to become a panel of a figure for a paper, or a part of a report for "
        "the ward."
    )
    for page, words in _PAGES:
        st.page_link(page, label=words, icon=":material/arrow_forward:")
    st.caption("A report of the model and its data alone needs no figures: make it at the right.")
