"""Pieces of HTML that notebooks show: tables and pictures, every word escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CELL = "padding:2px 8px;text-align:left;vertical-align:top"


@dataclass(frozen=True)
class Html:
    """Source that is HTML already and is not escaped again."""

    source: str


def stack(*parts: Html | str) -> str:
    """Parts below each other, as one block."""
    return "<div>" + "".join(f"<div>{_source(part)}</div>" for part in parts if part) + "</div>"


def facts(title: str, rows: Iterable[tuple[str, Html | str]]) -> Html:
    """A title and a table of names and what they are."""
    lines = "".join(
        f'<tr><th style="{_CELL}">{escape(name)}</th><td style="{_CELL}">{_source(value)}</td></tr>'
        for name, value in rows
    )
    return Html(f"<strong>{escape(title)}</strong><table>{lines}</table>")


def grid(header: Sequence[str], rows: Iterable[Sequence[Html | str]]) -> Html:
    """A table with a header."""
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_source(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return Html(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def picture(png: bytes, alt: str, *, width: int = 0, is_sharp: bool = False) -> Html:
    """A PNG; `width` in pixels of the screen (0: its own), `is_sharp` for pixels that stay squares."""
    looks = (f"width:{width}px;" if width else "") + ("image-rendering:pixelated;" if is_sharp else "")
    data = base64.b64encode(png).decode()
    return Html(f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" style="{looks}max-width:100%"/>')


def pixels_png(levels: NDArray[Any]) -> bytes:
    """Pixels in [0, 1] as a PNG: [H, W] grey, [C, H, W] grey or colour, [H, W, 3] colour."""
    from PIL import Image

    if levels.ndim == 3 and levels.shape[-1] != 3:
        levels = levels[0] if len(levels) < 3 else np.moveaxis(levels[:3], 0, -1)
    stream = io.BytesIO()
    Image.fromarray(np.rint(np.clip(np.nan_to_num(levels), 0, 1) * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def coloured(values: NDArray[Any], limit: float) -> NDArray[np.float32]:
    """Values [H, W] with a sign as colours [H, W, 3]: violet below zero, orange above, as figures draw them."""
    from matplotlib import colormaps

    shades = colormaps["PuOr_r"](0.5 + 0.5 * np.clip(np.nan_to_num(values) / max(limit, 1e-12), -1, 1))
    return np.asarray(shades[..., :3], dtype=np.float32)


def traces(values: NDArray[Any], *, width: int = 160, height: int = 60) -> Html:
    """Signals [channels, samples] below each other as lines, each on its own scale."""
    lines = "".join(_trace(channel, row * height, width, height) for row, channel in enumerate(values))
    size = f'width="{width}" height="{height * len(values)}"'
    return Html(f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{lines}</svg>')


def _trace(values: NDArray[Any], top: int, width: int, height: int) -> str:
    shown = np.nan_to_num(values[:: max(1, len(values) // (2 * width))])
    span = float(np.ptp(shown)) or 1.0
    x = np.linspace(1, width - 1, len(shown))
    y = top + height - 3 - (shown - shown.min()) / span * (height - 6)
    points = " ".join(f"{left:.1f},{down:.1f}" for left, down in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="currentColor"/>'


def _source(part: Html | str) -> str:
    return part.source if isinstance(part, Html) else escape(part)
