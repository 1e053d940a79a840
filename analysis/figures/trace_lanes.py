"""Lanes of signals in figures: a trace for each channel over seconds, a map behind it, or a mean map as a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import plain
from analysis.figures.lettering import wrap_words
from analysis.figures.style import FigureStyle
from analysis.trace_extremes import Stretches
from xaae_core.signal_form import SignalForm

INK, PAPER = "#15181c", "#ffffff"
_SIGNS = (("#e08214", 1.0), ("#8073ac", -1.0))  # the middle of both sides of PuOr
_GREY_SIGNS = (("#5a5a5a", 1.0), ("#c4c4c4", -1.0))
NAME_INCHES = 0.6
"""Room for the name of a channel."""
_MOST_POINTS = 4000
"""Of a trace in a figure: more than a page can show apart, at 600 dots an inch."""


def lane_inches(n_channels: int) -> float:
    """Height of a lane: many are lower, and never too low to be read."""
    return max(0.3, min(1.1, 2.4 / n_channels))


def draw_trace(axes: Any, values: NDArray[Any], form: SignalForm, *, is_quiet: bool = False) -> None:
    """One channel [T] in its unit over time; quiet: as what lies behind something else."""
    from matplotlib.patheffects import Normal, Stroke

    edge = [] if is_quiet else [Stroke(linewidth=2.0, foreground=PAPER), Normal()]
    stretches = Stretches.within(len(values), _MOST_POINTS)
    axes.plot(
        stretches.places() / form.sampling_rate,
        stretches.drawn(values),
        color="#8a9099" if is_quiet else INK,
        linewidth=0.6 if is_quiet else 0.8,
        path_effects=edge,
    )


def draw_band(axes: Any, heat: NDArray[Any], form: SignalForm, *, limit: float, colours: str) -> Any:
    """A map along time [T] behind the whole height of a lane."""
    half = 0.5 / form.sampling_rate
    low, high = axes.get_ylim()
    drawn = axes.imshow(
        heat[None], cmap=colours, vmin=-limit, vmax=limit, interpolation="nearest", aspect="auto", zorder=0, alpha=0.9,
        extent=(-half, form.seconds - half, low, high),
    )  # fmt: skip
    axes.set_ylim(low, high)
    return drawn


def draw_curve(
    axes: Any, mean: NDArray[Any], spread: NDArray[Any], form: SignalForm, *, is_greyscale: bool = False
) -> None:
    """A mean map [T] as a curve around 0, filled in the colour of its sign, with its spread as a band."""
    times = form.times()
    for colour, sign in _GREY_SIGNS if is_greyscale else _SIGNS:
        part = np.where(sign * mean > 0, mean, 0)
        axes.fill_between(times, 0, part, color=colour, alpha=0.8, linewidth=0)
    if np.isfinite(spread).all():
        axes.fill_between(times, mean - spread, mean + spread, color=INK, alpha=0.15, linewidth=0)
    axes.plot(times, mean, color=INK, linewidth=0.7)
    axes.axhline(0, color=INK, linewidth=0.4)


def bracket_mask(axes: Any, mask: NDArray[np.bool_], form: SignalForm) -> None:
    """A bracket over each span of a mask [T]."""
    steps = np.diff(np.pad(mask.astype(np.int8), 1))
    for first, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        left, right = (first - 0.5) / form.sampling_rate, (end - 0.5) / form.sampling_rate
        axes.plot(
            [left, left, right, right], [0.86, 0.97, 0.97, 0.86], color=INK, linewidth=0.9,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def finish_lane(
    axes: Any, form: SignalForm, channel: int, style: FigureStyle, *, is_last: bool, has_unit: bool = True
) -> None:
    """Name, unit, scale and the part of the time axis that a lane has."""
    unit = form.units[channel] if has_unit else ""
    lines = wrap_words(form.channel_names[channel], NAME_INCHES, style, "tiny", most=2)
    axes.set_ylabel(
        "\n".join([*lines, plain(unit, most=10)] if unit else lines), rotation=0, ha="right", va="center",
        fontsize=style.size("tiny"),
    )  # fmt: skip
    axes.set_xlim(-0.5 / form.sampling_rate, form.seconds - 0.5 / form.sampling_rate)
    axes.tick_params(labelsize=style.size("tiny"), length=2, labelbottom=is_last, bottom=is_last)
    axes.locator_params(axis="y", nbins=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_linewidth(0.5)


def limits_of(values: NDArray[Any]) -> tuple[float, float]:
    """Least and greatest value of a lane with some room; a level channel lies in the middle."""
    low, high = float(values.min()), float(values.max())
    room = 0.1 * (high - low) or max(abs(low) * 0.1, 1e-3)
    return low - room, high + room
