"""Mounts the grid of attribution maps on a Streamlit page; everything but opening a row happens in the browser."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app.components.heat_grid.encoding import EncodedGrid, encode_grid
from app.components.heat_grid.payload import HeatGridPayload

# One module in the browser: the parts share its scope and are joined in this order.
_SCRIPTS = (
    "elements.js", "numbers.js", "transport.js", "painting.js", "view.js", "gestures.js", "marks.js", "tile.js",
    "trace_view.js", "trace_colours.js", "trace_painting.js", "trace_marks.js", "trace_tile.js",
    "colourbar.js", "row.js", "controls.js", "keys.js", "grid.js",
)  # fmt: skip
_STYLES = ("grid.css", "rows.css", "controls.css", "traces.css")


@dataclass(frozen=True)
class HeatGridState:
    """What the reader asked for.

    Attributes:
        opened: id of the row whose title was clicked, in the one run after the click; else None.
    """

    opened: str | None


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.heat_grid")
    script, style = ("\n".join((folder / name).read_text("utf-8") for name in names) for names in (_SCRIPTS, _STYLES))
    return st.components.v2.component("xaae_heat_grid", html='<div class="hg-root"></div>', css=style, js=script)


def heat_grid(payload: HeatGridPayload, *, key: str, height: int | Literal["content"] = "content") -> HeatGridState:
    """Show attribution maps of one picture, or of one signal along time, a row a method.

    Opacity, threshold, zoom, window and crosshair are the browser's: they cost no server trip, and stay as they are
    while rows arrive or change. The maps are encoded once for each payload and session, those of an earlier payload
    not again. Call this inside ``st.fragment``, so that opening a row reruns little.

    Args:
        payload: picture, maps and words.
        key: names this grid on the page.
        height: in pixels, or as high as its content.

    Returns:
        The row that was opened, if one was.
    """
    store = f"_heat_grid_{key}"
    encoded: EncodedGrid | None = st.session_state.get(store)
    if encoded is None or encoded.fingerprint != payload.fingerprint:
        encoded = encode_grid(payload, key=key, previous=encoded)
        st.session_state[store] = encoded
    result = _component()(key=key, data=encoded.blob, height=height, on_open_change=lambda: None)
    opened = result.get("open")
    is_known = isinstance(opened, str) and any(opened == row.id for row in payload.rows)
    return HeatGridState(opened if is_known else None)
