"""One panel of a training's curves: the phases behind, the lines, what to compare them with, the legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.formats import plain
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analysis.figures.training_curves import Curve, CurvePanel, PhaseSpan

_SHADE = "#f0f0f0"
_BAND = "#dfe7d6"
_QUIET = "#6a6a6a"
_LETTER = 0.58  # width of a letter in font sizes, about
_MOST_MARKED = 45
_LANES = 2


def draw_curve_panel(
    axes: Axes,
    panel: CurvePanel,
    phases: Sequence[PhaseSpan],
    names: Sequence[str],
    style: FigureStyle,
    size: tuple[float, float],
    *,
    has_rings: bool,
) -> None:
    """Draw a panel.

    Args:
        axes: to draw on.
        panel: what to draw.
        phases: that the panel shows, one or more.
        names: of them, to be written; [] for none.
        style: text sizes.
        size: (width, height) in inches that the panel takes with its labels, about.
        has_rings: whether kept epochs are ringed on the last line.
    """
    width = max(0.6, size[0] - 0.55)
    axes.set_xlim(phases[0].first - 0.5, phases[-1].last + 0.5)
    if panel.is_log:
        axes.set_yscale("log")
    for curve in panel.curves:
        _draw_curve(axes, curve, phases)
    if has_rings:
        _draw_rings(axes, panel.curves[-1], phases)
    if panel.limits:
        axes.set_ylim(*panel.limits)
    _draw_level(axes, panel, phases, style)
    written = _written(phases, names, width, style)
    lines = 1 + max((lane for _, _, lane in written), default=-1)
    _make_room(axes, lines * style.line("tiny") / max(0.4, size[1] - style.line("small", 4)))
    _draw_phases(axes, phases)
    for x, name, lane in written:
        axes.annotate(
            plain(name), (x, 1), xycoords=("data", "axes fraction"), xytext=(2, -2 - 72 * style.line("tiny") * lane),
            textcoords="offset points", va="top", ha="left", fontsize=style.size("tiny"), color=_QUIET,
        )  # fmt: skip
    _finish(axes, panel, style, width)


def _draw_curve(axes: Axes, curve: Curve, phases: Sequence[PhaseSpan]) -> None:
    """A line for each phase: the loss of one is not the loss of the next."""
    look, is_marked = curve.look, phases[-1].last <= _MOST_MARKED
    for number, phase in enumerate(phases):
        epochs = np.arange(phase.first, phase.last + 1)
        values = curve.values[phase.first - 1 : phase.last]
        if not np.isfinite(values).any():
            continue
        axes.plot(
            epochs,
            values,
            color=look.colour,
            linestyle=(0, look.dashes) if look.dashes else "-",
            marker=look.marker if is_marked or len(epochs) == 1 else "",
            markersize=2.6,
            markeredgewidth=0,
            label=plain(curve.name) if number == _first_measured(curve, phases) else "_",
            zorder=3,
        )


def _first_measured(curve: Curve, phases: Sequence[PhaseSpan]) -> int:
    measured = (np.isfinite(curve.values[phase.first - 1 : phase.last]).any() for phase in phases)
    return next((number for number, found in enumerate(measured) if found), 0)


def _draw_rings(axes: Axes, curve: Curve, phases: Sequence[PhaseSpan]) -> None:
    """Rings around the kept epochs of a line."""
    kept = [phase.kept for phase in phases if phase.kept]
    if kept:
        axes.plot(
            kept, [curve.values[epoch - 1] for epoch in kept], linestyle="", marker="o", markersize=6.5,
            markerfacecolor="none", markeredgecolor="#1b1b1b", markeredgewidth=0.8, label="weights kept", zorder=4,
        )  # fmt: skip


def _draw_level(axes: Axes, panel: CurvePanel, phases: Sequence[PhaseSpan], style: FigureStyle) -> None:
    """The band in its phase, and the level with its words at the right end."""
    for phase in phases:
        if panel.band and phase.name == panel.band_phase:
            ends, (low, high) = (phase.first - 0.5, phase.last + 0.5), panel.band
            axes.fill_between(ends, low, high, color=_BAND, linewidth=0, zorder=0.6, label=plain(panel.band_words))
    if math.isfinite(panel.level):
        axes.axhline(panel.level, color=_QUIET, linewidth=0.8, linestyle="-.", zorder=2)
        axes.annotate(
            plain(panel.level_words), (1, panel.level), xycoords=("axes fraction", "data"), xytext=(-2, 2),
            textcoords="offset points", ha="right", va="bottom", fontsize=style.size("tiny"), color=_QUIET,
        )  # fmt: skip


def _draw_phases(axes: Axes, phases: Sequence[PhaseSpan]) -> None:
    """Every second phase shaded; a dotted line at every kept epoch."""
    for phase in phases:
        if phase.number % 2 == 0:
            axes.axvspan(phase.first - 0.5, phase.last + 0.5, color=_SHADE, linewidth=0, zorder=0.5)
        if phase.kept:
            axes.axvline(phase.kept, color=_QUIET, linewidth=0.6, linestyle=":", zorder=1)


def _written(
    phases: Sequence[PhaseSpan], names: Sequence[str], inches: float, style: FigureStyle
) -> list[tuple[float, str, int]]:
    """(left end, name, lane from the top) of the phases' names; numbers where names have no room."""
    if not names:
        return []
    letter = style.size("tiny") * _LETTER / 72 / inches * (phases[-1].last - phases[0].first + 1)  # in epochs
    for words in (names, [str(phase.number) for phase in phases]):
        for n_lanes in range(1, _LANES + 1):
            placed = _placed(phases, words, letter, n_lanes)
            if placed:
                return placed
    return []


def _placed(
    phases: Sequence[PhaseSpan], words: Sequence[str], letter: float, n_lanes: int
) -> list[tuple[float, str, int]]:
    """Names from the left ends of their phases on, in turn on each lane; [] where two would meet."""
    ends = [phases[0].first - 0.5] * n_lanes
    placed = []
    for number, (phase, name) in enumerate(zip(phases, words, strict=True)):
        lane, width = number % n_lanes, (len(name) + 1) * letter
        left = min(phase.first - 0.5, phases[-1].last + 0.5 - width)
        if left < ends[lane] - 1e-9:
            return []
        ends[lane] = left + width
        placed.append((left, name, lane))
    return placed


def _make_room(axes: Axes, share: float) -> None:
    """Room for the names above the lines."""
    low, high = axes.get_ylim()
    share = min(0.4, share)
    if axes.get_yscale() == "log":
        axes.set_ylim(low, high * (high / low) ** (share / (1 - share)))
    else:
        axes.set_ylim(low, high + (high - low) * share / (1 - share))


def _finish(axes: Axes, panel: CurvePanel, style: FigureStyle, width: float) -> None:
    """Axes, ticks and legend."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes.set(xlabel="epoch", ylabel=plain(panel.title))
    axes.xaxis.set_major_locator(MaxNLocator(min(8, max(2, int(width / 0.28))), integer=True))
    if panel.is_log:  # matplotlib's own labels are powers, whose exponents are too small to read
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1e4 * low else (1,), numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", linewidth=0.3, alpha=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    if len(handles) > 1 or (labels and labels[0] != panel.title):
        longest = max(len(label) for label in labels)
        fitting = int(width / ((longest + 5) * style.size("tiny") * _LETTER / 72))
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, borderpad=0.1, handlelength=2.6,
            columnspacing=1.0, labelspacing=0.2, ncols=max(1, min(fitting, len(labels))), fontsize=style.size("tiny"),
        )  # fmt: skip
