"""Mounts the path viewer on a Streamlit page; everything that moves happens in the browser."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app.components.path_viewer.encoding import EncodedPath, encode_path
from app.components.path_viewer.path_facts import PathFacts
from app.components.path_viewer.payload import PathPayload
from app.components.path_viewer.trace_encoding import EncodedTraces, encode_traces
from app.components.path_viewer.trace_payload import TracePayload

# One module in the browser: the parts share its scope and are joined in this order.
_SCRIPTS = (
    "words.js", "path.js", "painting.js", "gestures.js", "panels.js",
    "trace_path.js", "trace_view.js", "trace_drawing.js", "trace_raster.js", "trace_pens.js", "trace_words.js",
    "trace_channels.js", "trace_numbers.js", "trace_panels.js",
    "axis.js", "chart.js", "filmstrip.js", "player.js", "keys.js", "layout.js", "address.js",
    "viewer.js",
)  # fmt: skip
_STYLES = ("panels.css", "traces.css", "controls.css")

CaseMove = Literal["previous", "next"]


@dataclass(frozen=True)
class PathViewerState:
    """Where the viewer was last left.

    Attributes:
        step: index into ``payload.steps``, committed when the slider is released, play is paused or keys rest.
        sd: that step in standard deviations.
        case_move: "previous" or "next" in the one run after [ or ] was pressed, else None.
    """

    step: int
    sd: float
    case_move: CaseMove | None


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.path_viewer")
    script, style = ("\n".join((folder / name).read_text("utf-8") for name in names) for names in (_SCRIPTS, _STYLES))
    return st.components.v2.component("xaae_path_viewer", html='<div class="pv-root"></div>', css=style, js=script)


def path_viewer(
    payload: PathPayload | TracePayload,
    *,
    key: str,
    start: float = 0.0,
    on_step: Callable[[int], None] | None = None,
    height: int | Literal["content"] = "content",
) -> PathViewerState:
    """Show a path: four linked pictures or a lane for each channel of a signal, slider, trust, probability, filmstrip.

    Moving along the path costs no server trip. The block of frames is encoded once for each payload and session,
    and Streamlit sends it again only when it changed. Call this inside ``st.fragment``, so that a commit reruns
    little. A payload with the same ``path_id`` and more steps is merged without moving the reader; another
    ``path_id`` opens at the step nearest to where the reader is.

    Args:
        payload: the path, complete or in part.
        key: names this viewer on the page.
        start: where it opens, in SD. Keep it constant while a path is open: it is part of what is sent.
        on_step: called with the committed step before the rerun.
        height: in pixels, or as high as its content.

    Returns:
        The committed step and a request for another case.
    """
    encoded = _encoded(payload, f"_encoded_{key}", start=start)

    def call_on_step() -> None:
        if on_step is not None:
            on_step(_committed_step(st.session_state[key].get("position"), payload, start=start))

    result = _component()(
        key=key,
        data=encoded.blob,
        height=height,
        on_position_change=call_on_step,
        on_case_change=lambda: None,
    )
    step = _committed_step(result.get("position"), payload, start=start)
    move = result.get("case")
    return PathViewerState(
        step=step, sd=float(payload.steps[step]), case_move=move if move in ("previous", "next") else None
    )


def _encoded(payload: PathPayload | TracePayload, store: str, *, start: float) -> EncodedPath | EncodedTraces:
    """The block of this session's last run, or a new one that takes from it what it can."""
    known = st.session_state.get(store)
    if known is not None and known.fingerprint == payload.fingerprint and known.start == start:
        return known
    encoded: EncodedPath | EncodedTraces
    if isinstance(payload, TracePayload):
        encoded = encode_traces(payload, start=start, previous=known if isinstance(known, EncodedTraces) else None)
    else:
        encoded = encode_path(payload, start=start, previous=known if isinstance(known, EncodedPath) else None)
    st.session_state[store] = encoded
    return encoded


def _committed_step(position: object, payload: PathFacts, *, start: float) -> int:
    """The step that the browser committed; for another path the nearest one, as the browser shows it."""
    sd: object = start
    if isinstance(position, dict):
        step = position.get("step")
        same_path = position.get("path") == payload.path_id
        if same_path and type(step) is int and 0 <= step < len(payload.steps):  # True is no step
            return step
        sd = position.get("sd", start)
    number = float(sd) if isinstance(sd, (int, float)) and np.isfinite(sd) else start
    return int(np.abs(payload.steps - number).argmin())
