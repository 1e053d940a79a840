"""How far the work of the page is, with a way to end it; once it has ended early, why, and a way to go on."""

from __future__ import annotations

import streamlit as st

from app import attributions_state
from app.background import Background
from app.failures import explained
from app.plain_text import plain


def show_progress(place: str, job: Background[None], *, words: str, cancelled: str) -> None:
    """A bar while it runs; nothing once it has ended well.

    Args:
        place: of the job on the page, "case" or "cohort".
        job: the work.
        words: what is being done.
        cancelled: what is there of a cancelled one.
    """
    if not job.is_done:
        bar, button = st.columns([8, 1.2], vertical_alignment="center")
        ending = "Cancelling, at the end of this step …"
        bar.progress(job.share, text=ending if job.is_cancelled else f"{plain(words)}{_left(job.seconds_left)}")
        button.button(
            "Cancel", key=f"cancel_{place}", on_click=job.cancel, disabled=job.is_cancelled, width="stretch",
            help="What is finished stays.",
        )  # fmt: skip
        return
    error = job.error()
    if not job.is_cancelled and error is None:
        return
    told, button = st.columns([8, 1.2], vertical_alignment="center")
    if error is not None:
        with told, explained("Explaining"):
            raise error
    else:
        told.info(plain(cancelled))
    if button.button("Go on", key=f"again_{place}", width="stretch"):
        attributions_state.begin_again(place)
        st.rerun()  # the whole page: this part of it keeps the old work


def _left(seconds: float) -> str:
    """The time that is left, in words; "" where nothing can be said."""
    if seconds < 1:
        return ""
    return f" · about {seconds:.0f} s left" if seconds < 90 else f" · about {seconds / 60:.0f} min left"
