"""Small pictures of the figures in the basket, each drawn once in a session."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Sequence

import streamlit as st

from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from app.basket import Kept

SIZE = (264, 176)
"""Width and height in pixels; shown at half of it."""
_STYLE = FigureStyle(width_mm=100, dpi=72)
_DRAWN = "report_thumbnails"
_log = logging.getLogger("xaae.app")


def thumbnails(kept: Sequence[Kept], seconds: float) -> dict[str, bytes]:
    """PNGs by the figures' keys; drawn for so long at most, so that some may be missing; b"" where one cannot be.

    Args:
        kept: figures to show.
        seconds: to draw in; at least one missing picture is drawn.
    """
    drawn: dict[str, bytes] = st.session_state.setdefault(_DRAWN, {})
    begun = time.monotonic()
    for each in kept:
        if each.key not in drawn:
            drawn[each.key] = _small(each.figure)
            if time.monotonic() - begun > seconds:
                break
    return {each.key: drawn[each.key] for each in kept if each.key in drawn}


def forget_others(kept: Sequence[Kept]) -> None:
    """Keep no pictures of figures that are no longer there."""
    drawn: dict[str, bytes] = st.session_state.get(_DRAWN, {})
    for key in drawn.keys() - {each.key for each in kept}:
        del drawn[key]


def _small(figure: Figure) -> bytes:
    """The figure in a white box of `SIZE`; b"" where it cannot be drawn: its row stays, and the preview says why."""
    from PIL import Image, ImageOps

    try:
        whole = Image.open(io.BytesIO(draw_file(figure.drawing, "png", _STYLE))).convert("RGB")
    except Exception as error:  # whatever a drawing raises; the list of figures must not fail with one of them
        _log.warning("the thumbnail of a %s figure cannot be drawn", figure.provenance.kind, exc_info=error)
        return b""
    file = io.BytesIO()
    ImageOps.pad(whole, SIZE, Image.Resampling.LANCZOS, color="white").save(file, "PNG")
    return file.getvalue()
