"""A case as a small picture with what is said of it: the part that sheets of cases are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import wrap_words
from analysis.figures.paper import Paper
from analysis.figures.pictures import bare, show_picture
from analysis.figures.style import FigureStyle
from analysis.trace_extremes import Stretches
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, VERMILION = "#0072B2", "#D55E00"
BAR = 0.05
"""Height of a bar, in inches."""
_SIGNAL_SHAPE = 0.625  # height to width
_MOST_CHANNELS = 8
_MOST_POINTS = 600


@dataclass(frozen=True, eq=False)
class Tile:
    """One case of a sheet.

    Attributes:
        picture: [C, H, W] in [0, 1], of signals [1, channels, samples]; None where it could not be found.
        name: what the case is called: by its token, never by its file.
        lines: further words, such as its label.
        score: its importance; NaN of the explained case.
        told: the score in words, with its unit.
        share: length of its bar, in [0, 1]; NaN: no bar.
    """

    picture: NDArray[Any] | None
    name: str
    lines: tuple[str, ...] = ()
    score: float = math.nan
    told: str = ""
    share: float = math.nan


def tile_aspect(pictures: list[NDArray[Any] | None], form: SignalForm | None) -> float:
    """Height to width of the places of pictures on a sheet."""
    if form is not None:
        return _SIGNAL_SHAPE
    return next((picture.shape[-2] / picture.shape[-1] for picture in pictures if picture is not None), 1.0)


def drawn_channels(form: SignalForm) -> list[int]:
    """Channels of a signal that a small drawing has room for, from the first to the last."""
    n = min(form.n_channels, _MOST_CHANNELS)
    return sorted({round(place) for place in np.linspace(0, form.n_channels - 1, n).tolist()})


def draw_case(
    axes: Axes, picture: NDArray[Any] | None, form: SignalForm | None, style: FigureStyle, *, is_framed: bool = False
) -> None:
    """A case on axes: its picture, its channels as lines, or that it was not found."""
    if picture is None:
        bare(axes)
        axes.set_facecolor("#f2f2f2")
        axes.text(
            0.5, 0.5, "picture\nnot found" if form is None else "signal\nnot found", ha="center", va="center",
            fontsize=style.size("tiny"), transform=axes.transAxes,
        )  # fmt: skip
    elif form is None:
        show_picture(axes, picture, style)
    else:
        _draw_lanes(axes, picture[0], form)
    for spine in axes.spines.values():
        spine.set_visible(is_framed or form is not None)
        spine.set_linewidth(1.6 if is_framed else 0.4)
        spine.set_edgecolor(BLUE if is_framed else "#b0b0b0")


def draw_share(
    paper: Paper, left: float, top: float, width: float, share: float, *, colour: str = BLUE, from_right: bool = False
) -> None:
    """A bar of a share of the width."""
    from matplotlib.patches import Rectangle

    whole, y = paper.style.width, 1 - (top + BAR) / paper.height
    length = width * min(max(share, 0.0), 1.0)
    begins = left + width - length if from_right else left
    for start, long, filled in ((left, width, "#e3e3e3"), (begins, length, colour)):
        paper.part.add_artist(
            Rectangle(
                (start / whole, y), long / whole, BAR / paper.height, facecolor=filled, linewidth=0,
                transform=paper.part.transSubfigure,
            )
        )  # fmt: skip


def fitting_lines(
    lines: tuple[str, ...], inches: float, style: FigureStyle, *, most: int = 2, what: Any = "tiny"
) -> list[str]:
    """Each line in as many as it takes, `most` at most."""
    return [part for line in lines if line for part in wrap_words(line, inches, style, what, most=most)]


def _draw_lanes(axes: Axes, values: NDArray[Any], form: SignalForm) -> None:
    """A signal [C, T] as lines, a lane for each channel from the top, on the scale that all cases share."""
    shown = drawn_channels(form)
    stretches = Stretches.within(form.length, _MOST_POINTS)
    times = stretches.places() / form.sampling_rate
    for place, channel in enumerate(reversed(shown)):
        points = np.clip(stretches.drawn(values[channel]), 0, 1)
        axes.plot(times, place + points * 0.9, color="#1b1b1b", linewidth=0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(times[0], max(times[-1], times[0] + 1e-9))
    axes.set_ylim(-0.05, len(shown))
