"""Open the workspace with progress and a way to cancel; explain what cannot be opened."""

from __future__ import annotations

import time

import streamlit as st

from app import state
from app.failures import explained
from app.plain_text import plain
from app.top_bar import choose_model
from app.workspace import Workspace, open_model, with_data


def open_with_progress() -> Workspace:
    """The open workspace. What cannot be opened is explained, and the page goes on with what can.

    A checkpoint that cannot be opened leaves nothing to show: the page then offers others and stops. A folder that
    cannot be opened stays chosen (a network drive comes back), and the page goes on without it.
    """
    workspace = None
    with explained("Opening the model"):
        workspace = open_model()
    if workspace is None:
        offer_other_models()
        st.stop()
    place = st.empty()
    opened = None
    with explained("Opening the data folder"):
        opened = with_data(workspace, _Report(place))
    place.empty()
    if opened is None:
        offer_other_data()
    return opened or workspace


def offer_other_models() -> None:
    """The way out when the model cannot be opened."""
    st.button("Open the demo instead", on_click=state.open_demo, type="primary", key="rescue_demo")
    with explained("The list of models"):
        choose_model("rescue")


def offer_other_data() -> None:
    """The ways out when the data folder cannot be opened."""
    st.caption(f"Going on without the data folder {plain(str(state.data_folder()))}.")
    with st.container(horizontal=True):
        st.button("Try again", key="rescue_again")
        st.button("Close this folder", on_click=state.open_data_at, args=(None,), key="rescue_close")


class _Report:
    """Progress of encoding the cases, with a button that gives the folder up."""

    def __init__(self, place: st.delta_generator.DeltaGenerator) -> None:
        self._place = place
        self._bar: st.delta_generator.DeltaGenerator | None = None
        self._start = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is; a press on Cancel interrupts here."""
        if self._bar is None:
            box = self._place.container()
            self._bar = box.progress(0.0)
            box.button("Cancel and go on without this folder", on_click=state.open_data_at, args=(None,))
        text = f"Encoding the cases, once for this model: {done:,} of {total:,}"
        self._bar.progress(done / max(total, 1), text=text + self._left(done, total))

    def _left(self, done: int, total: int) -> str:
        """The time that is left, in words; "" where nothing is known or nothing is left."""
        if not 0 < done < total:
            return ""
        seconds = (time.monotonic() - self._start) * (total - done) / done
        return f" · about {seconds:.0f} s left" if seconds < 90 else f" · about {seconds / 60:.0f} min left"
