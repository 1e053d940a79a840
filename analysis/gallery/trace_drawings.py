"""Signals as small drawings of lines, for cards of models of signals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import OKABE_ITO, plain, render
from xaae_core.signal_form import SignalForm

Limits = NDArray[np.float32]
_MOST_CHANNELS = 4
_ROOM, _LEAST_ROOM = 0.05, 1e-6
_DPI = 110
_AWAY, _TOWARDS = "#2f7bbf", "#d9730d"


def limits_of(paths: Iterable[NDArray[np.float32]]) -> Limits:
    """How far the axis of each channel must reach to show all paths [K, C, T]: [C, 2], with a little room."""
    every = np.concatenate(list(paths))
    low, high = every.min(axis=(0, 2)), every.max(axis=(0, 2))
    room = np.maximum(_ROOM * (high - low), _LEAST_ROOM)
    return np.stack((low - room, high + room), axis=1)


def draw_traces(
    values: NDArray[np.float32], form: SignalForm, over: NDArray[np.float32] | None = None, *, n_columns: int = 5
) -> bytes:
    """Signals [N, C, T] in their units as small panels on one PNG; others [N, C, T] over them, dashed and coloured.

    Of more than four channels the first four are drawn.
    """
    from matplotlib.figure import Figure

    n_rows = -(-len(values) // n_columns)
    canvas = Figure(figsize=(8.4, 1.1 * n_rows + 0.2), layout="constrained")
    panels = canvas.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
    times = form.times()
    for number, panel in enumerate(panels):
        _quiet(panel)
        if number >= len(values):
            panel.set_visible(False)
            continue
        for channel in range(min(form.n_channels, _MOST_CHANNELS)):
            panel.plot(times, values[number, channel], color=f"{0.1 + 0.15 * channel}", linewidth=1.0)
            if over is not None:
                colour = OKABE_ITO[1 + channel]
                panel.plot(times, over[number, channel], color=colour, linewidth=1.1, linestyle=(0, (3, 1)))
    return render(canvas, "png", dpi=_DPI)


def draw_moved_traces(
    path: NDArray[np.float32], form: SignalForm, steps: Sequence[float], *, limits: Limits | None = None
) -> bytes:
    """A path [K, C, T] in the signals' units, its steps from blue to orange over each other, a panel a channel.

    With `limits` [C, 2] the channels' axes reach as far in every drawing, so that they compare.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    n_channels = min(form.n_channels, _MOST_CHANNELS)
    canvas = Figure(figsize=(5.4, 1.3 * n_channels + 0.35), layout="constrained")
    panels = canvas.subplots(n_channels, 1, sharex=True, squeeze=False).ravel()
    colours = LinearSegmentedColormap.from_list("moved", (_AWAY, "#8a8a8a", _TOWARDS))(np.linspace(0, 1, len(path)))
    for channel, panel in enumerate(panels):
        for trace, colour, step in zip(path[:, channel], colours, steps, strict=True):
            panel.plot(form.times(), trace, color=colour, linewidth=1.8 if step == 0 else 1.0)
        if limits is not None:
            panel.set_ylim(*limits[channel])
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
        unit = form.units[channel]
        panel.set_ylabel(plain(f"{form.channel_names[channel]}{f' ({unit})' if unit else ''}"), fontsize=8)
    panels[-1].set_xlabel("seconds", fontsize=8)
    return render(canvas, "png", dpi=_DPI)


def _quiet(panel: Any) -> None:
    panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
    panel.set_xticks([])
    panel.set_yticks([])
