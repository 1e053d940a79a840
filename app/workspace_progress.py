"""Open the workspace with progress and a way to cancel; explain what cannot be opened."""

from __future__ import annotations

import streamlit as st

from app import state
from app.failures import explained
from app.workspace import Workspace, open_workspace


def open_with_progress() -> Workspace:
    """The open workspace. What cannot be opened is explained, and the page goes on with what can.

    A checkpoint that cannot be opened leaves nothing to show: the page then offers the demo and stops.
    """
    place = st.empty()
    workspace = None
    with explained("Opening the model and its data"):
        workspace = open_workspace(_Report(place))
    place.empty()
    if workspace is None and state.data_folder() is not None:
        folder = state.data_folder()
        with explained("Opening the model"):
            state.open_data_at(None)
            workspace = open_workspace()
            st.caption(f"Going on without the data folder {folder}.")
    if workspace is None:
        st.button("Open the demo instead", on_click=state.open_demo, type="primary")
        st.stop()
    return workspace


class _Report:
    """Progress of encoding the cases, with a button that gives the folder up."""

    def __init__(self, place: st.delta_generator.DeltaGenerator) -> None:
        self._place = place
        self._bar: st.delta_generator.DeltaGenerator | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is; a press on Cancel interrupts here."""
        if self._bar is None:
            box = self._place.container()
            self._bar = box.progress(0.0)
            box.button("Cancel and go on without this folder", on_click=state.open_data_at, args=(None,))
        self._bar.progress(done / max(total, 1), text=f"Encoding the cases: {done:,} of {total:,}")
