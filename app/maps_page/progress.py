"""Maps that are still being computed: what, how far, how long, and a button that ends it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import maps_state
from app.maps_page.results import ShownMap
from app.plain_text import plain

LOOK_AGAIN_SECONDS = 1.0


def show_progress(shown: Sequence[ShownMap]) -> None:
    """A row for every map that is not there yet; what failed or was ended says so, with a way to begin again."""
    for one in shown:
        if one.failed:
            st.error(plain(one.failed))
        if one.job.is_cancelled or one.job.error:
            _show_end(one)
    if any(not one.job.is_done for one in shown):
        st.fragment(_rows, run_every=LOOK_AGAIN_SECONDS)(list(shown), [one.n_parts for one in shown])


def _rows(shown: Sequence[ShownMap], drawn: list[int]) -> None:
    """Looks again by itself; when more of a map is there than the page has drawn, the page is drawn anew."""
    if [one.n_parts for one in shown] != drawn:
        st.rerun()
    running = [one for one in shown if not one.job.is_done]
    for place, one in zip(st.columns(2, gap="medium"), running, strict=False):
        bar, button = place.columns([5, 1.4], vertical_alignment="center")
        bar.progress(min(max(one.job.progress, 0.0), 1.0), text=_words(one))
        if button.button("Cancel", key=f"cancel_{one.method}", width="stretch"):
            one.job.cancel()
            st.rerun()


def _show_end(one: ShownMap) -> None:
    words, button = st.columns([8, 1.2], vertical_alignment="center")
    if one.job.error:
        words.error(f"{one.title}: {plain(one.job.error)}")
    else:
        stand_in = f"; {one.result.projection.title} is drawn instead" if one.is_standing_in else ""
        words.info(f"{one.title} was cancelled{stand_in}.")
    button.button("Try again", key=f"again_{one.method}", on_click=maps_state.begin_again, args=(one.name,))


def _words(one: ShownMap) -> str:
    stand_in = f" ({one.result.projection.title} until then)" if one.is_standing_in else ""
    return f"**{one.title}**{stand_in}: {plain(one.job.words)}{_left(one.job.seconds_left)}"


def _left(seconds: float) -> str:
    """The time that is left, in words; "" where nothing is left to speak of."""
    if seconds < 1:
        return ""
    return f" · about {seconds:.0f} s left" if seconds < 90 else f" · about {seconds / 60:.0f} min left"
