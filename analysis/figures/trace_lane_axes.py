"""Lanes of signals on axes at a place: what is drawn, named and scaled the same in every figure of signals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import cut_text, text_inches
from analysis.figures.sheets import Sheet
from analysis.figures.trace_style import BANDS, BASE, GREY_BANDS, STEP, Lanes, Lines
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from analysis.figures.style import FigureStyle

_ROW_INCHES = (0.24, 1.1)  # least and greatest height of a row
_ROWS_INCHES = 3.2
_MOST_CHANNELS = 26  # what fits a page; of more, some are left out, evenly
_MOST_NAME_INCHES = 0.9
_MARGIN = 0.05


def draw_moved(
    lines: Lines, axes: Any, moved: NDArray[Any] | None, base: NDArray[Any], thin: float, style: FigureStyle, *,
    base_colour: str = BASE,
) -> None:  # fmt: skip
    """Draw a step's trace over that at 0, with the band between the two; None: the step is that at 0."""
    if moved is not None:
        lines.band(axes, moved, base, colours=GREY_BANDS if style.is_greyscale else BANDS)
        lines.stroke(axes, base, base_colour, 0.8 * thin)
    lines.stroke(axes, base if moved is None else moved, STEP, thin)


def dress_lanes(cell: Any, form: SignalForm) -> None:
    """Time below, thin lines between the lanes, and around."""
    cell.set(xlim=(0, max(form.length - 1, 1) / form.sampling_rate), ylim=(0, form.n_channels), yticks=[])
    cell.locator_params(axis="x", nbins=3, prune="upper")  # else it meets the next column's first
    cell.tick_params(length=1.5, width=0.4, pad=1.5)
    cell.grid(True, axis="x", lw=0.3, color="#dddddd")
    for edge in range(1, form.n_channels):
        cell.axhline(edge, lw=0.3, color="#bbbbbb")
    for spine in cell.spines.values():
        spine.set(linewidth=0.3, edgecolor="#bbbbbb")


def name_lanes(
    sheet: Sheet, cell: Any, lanes: Lanes, left: float, top: float, height: float, style: FigureStyle
) -> None:
    """Names of channels and a few values of each lane's scale, to the left of a cell."""
    places, words = _ticks_apart(lanes, height, style)
    cell.set_yticks(places, words)
    cell.tick_params(axis="y", pad=1.5)
    size = style.size("small")
    right = left - (_scale_inches(lanes, style) if places else 0.05)
    for middle, name in zip(lanes.middles, lanes.names(), strict=True):
        place = top + height * (1 - middle / lanes.form.n_channels)
        sheet.text(right, place, cut_text(name, size, _MOST_NAME_INCHES), size, ha="right", va="center")


def _ticks_apart(lanes: Lanes, height: float, style: FigureStyle) -> tuple[list[float], list[str]]:
    """Values of the scales with room between any two of them, also where lanes meet: from the top, what fits."""
    least = style.size("tiny") / 72 * lanes.form.n_channels / height
    room = (1 - lanes.gap) / least  # values that a lane has room for
    kept: list[tuple[float, str]] = []
    for place, words in sorted(zip(*lanes.ticks(4 if room > 6 else 2), strict=True), reverse=True):
        if not kept or kept[-1][0] - place >= least:
            kept.append((place, words))
    return [place for place, _ in kept], [words for _, words in kept]


def lane_names_inches(lanes: Lanes, style: FigureStyle) -> float:
    """Room for the longest name and for the scale."""
    longest = max(text_inches(name, style.size("small")) for name in lanes.names())
    return min(longest, _MOST_NAME_INCHES) + _scale_inches(lanes, style) + _MARGIN


def lanes_inches(n_channels: int) -> float:
    """Height of all lanes."""
    return n_channels * min(_ROW_INCHES[1], max(_ROW_INCHES[0], _ROWS_INCHES / n_channels))


def kept_channels(n_channels: int) -> list[int]:
    """Which channels a figure has room for, from the first to the last."""
    count = min(n_channels, _MOST_CHANNELS)
    return np.linspace(0, n_channels - 1, count).round().astype(int).tolist()


def channel_words(n_channels: int) -> str:
    """That not all channels are drawn, as a sentence with a space behind it; "" where all are."""
    kept = len(kept_channels(n_channels))
    return f"{kept} of {n_channels} channels are drawn. " if kept < n_channels else ""


def form_of_channels(form: SignalForm, kept: list[int]) -> SignalForm:
    """The form of some channels."""
    names = ("channel_names", "units", "low", "high")
    chosen: dict[str, Any] = {name: tuple(getattr(form, name)[channel] for channel in kept) for name in names}
    return replace(form, **chosen)


def _scale_inches(lanes: Lanes, style: FigureStyle) -> float:
    words = lanes.ticks(4)[1] or ["0"]
    return max(text_inches(word, style.size("tiny")) for word in words) + 0.11
