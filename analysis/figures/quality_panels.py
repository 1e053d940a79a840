"""The panels of a classifier's held-out figures: ROC curve, AUROC of each class, calibration, confusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.roc_curve import RocCurve
from analysis.figures.curve_looks import LOOKS
from analysis.figures.formats import plain
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, QUIET = "#1b1b1b", "#6a6a6a"
SAID = LOOKS[1].colour
"""What the model says; the truth, and what to compare with, is grey or black."""
CALLED, TRUTH = "called", "truth"
PREDICTED, OBSERVED = "predicted probability", "observed share"
"""Titles of axes."""
UNDER_TEXT: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
"""What is behind text that lies over points."""
_MOST_CELLS = 12
_LONGEST_NAME = 18


def draw_roc(axes: Axes, curve: RocCurve, quality: ClassifierQuality, style: FigureStyle) -> None:
    """The curve, with its area in words and the chosen threshold as a ring with its intervals."""
    axes.plot((0, 1), (0, 1), color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.plot(curve.false_positive, curve.true_positive, color=SAID, linewidth=1.2, clip_on=False, zorder=3)
    found = quality.operation
    x, y = 1 - found.specificity, found.sensitivity
    if np.isfinite([x, y]).all():
        low, high = found.sensitivity_interval
        left, right = 1 - found.specificity_interval[1], 1 - found.specificity_interval[0]
        axes.plot((x, x), (low, high), color=INK, linewidth=0.7, zorder=4)
        axes.plot((left, right), (y, y), color=INK, linewidth=0.7, zorder=4)
        axes.plot(x, y, marker="o", markersize=5, markerfacecolor="white", markeredgecolor=INK, markeredgewidth=0.9,
                  linestyle="", zorder=5, clip_on=False)  # fmt: skip
    low, high = curve.held_out.auroc_interval
    words = f"AUROC {curve.held_out.auroc:.3f}\n[{low:.3f}, {high:.3f}]\nthreshold {found.threshold:.2f}:"
    words += f"\nsensitivity {found.sensitivity:.2f}\nspecificity {found.specificity:.2f}"
    if not np.isfinite(curve.held_out.auroc):
        words = "no curve: cases of\none class only"
    write_facts(axes, words, style)
    axes.set(xlabel="1 − specificity", ylabel="sensitivity", title=_title("ROC", curve.target))
    frame_shares(axes)


def draw_areas(axes: Axes, curves: Sequence[RocCurve], style: FigureStyle) -> None:
    """The AUROC of each class against the rest as a bar from chance, with its interval; cases in brackets."""
    areas = np.array([curve.held_out.auroc for curve in curves])
    ends = np.array([curve.held_out.auroc_interval for curve in curves])
    places = np.arange(len(curves))
    axes.barh(places, areas - 0.5, left=0.5, height=0.62, color=SAID, alpha=0.35, linewidth=0)
    axes.hlines(places, ends[:, 0], ends[:, 1], color=INK, linewidth=0.8)
    axes.plot(areas, places, linestyle="", marker="o", markersize=3, color=INK, clip_on=False)
    for place, (area, high) in enumerate(zip(areas, ends[:, 1], strict=True)):
        if np.isfinite(area):
            start = max(area, high) if np.isfinite(high) else area
            axes.annotate(f"{area:.3f}", (start, place), xytext=(4, 0), textcoords="offset points", va="center",
                          fontsize=style.size("tiny"), annotation_clip=False)  # fmt: skip
    names = [f"{_name(curve.target)} ({curve.held_out.n_target:,})" for curve in curves]
    axes.set_yticks(places, names)
    axes.set_ylim(len(curves) - 0.5, -0.5)
    least = np.nanmin([0.5, *areas, *ends[:, 0]])
    axes.set_xlim(max(0, least - 0.02), 1.0)
    axes.axvline(0.5, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set(xlabel="AUROC, 95 % interval", title="Each class against the rest", box_aspect=1)
    axes.tick_params(axis="y", length=0)
    open_frame(axes)


def draw_calibration(axes: Axes, quality: ClassifierQuality, style: FigureStyle) -> None:
    """Observed against predicted shares with their intervals; how many cases each bin has, in the emptier corner."""
    bins = quality.calibration
    axes.plot((0, 1), (0, 1), color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.vlines(bins.predicted, bins.low, bins.high, color=SAID, linewidth=0.8, alpha=0.7)
    axes.plot(bins.predicted, bins.observed, color=SAID, marker="s", markersize=3, clip_on=False, zorder=3)
    counts = sorted(set(bins.counts.tolist()))
    several = f"{counts[0]:,}–{counts[-1]:,}" if len(counts) > 1 else f"{counts[0]:,}"
    words = f"off by {bins.error:.2f} on average\nBrier score {bins.brier:.3f}\n{several} cases a bin"
    is_crowded = (bins.predicted > 0.4) & (bins.low < 0.35)  # to the lower right
    is_free = (bins.predicted < 0.6) & (bins.high > 0.65)
    write_facts(axes, words, style, is_above=is_crowded.sum() > is_free.sum())
    axes.set(xlabel=PREDICTED, ylabel=OBSERVED, title=_title("Calibration", quality.target))
    frame_shares(axes)


def draw_confusion(axes: Axes, quality: ClassifierQuality, style: FigureStyle, *, box_aspect: float = 1) -> None:
    """Counts of what the cases are and what they were called, each with its share of the true class."""
    counts, names = quality.confusion, [_name(name) for name in quality.classes]
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axes.imshow(share_colours(shares), aspect="auto")
    for true, called in np.ndindex(*counts.shape) if len(names) <= _MOST_CELLS else ():
        count, share = counts[true, called], shares[true, called]
        words = f"{count:,}\n{100 * share:.0f} %" if len(names) <= 5 else f"{count:,}"
        axes.text(called, true, words, ha="center", va="center", fontsize=style.size("small"), color=INK)
    is_long = max(map(len, names)) * len(names) > 30
    axes.set_xticks(range(len(names)), names, rotation=45 if is_long else 0, ha="right" if is_long else "center",
                    rotation_mode="anchor")  # fmt: skip
    axes.set_yticks(range(len(names)), [f"{name}\n({total:,})" for name, total in zip(names, totals[:, 0], strict=True)]
                    if len(names) <= 5 else names)  # fmt: skip
    axes.tick_params(length=0)
    ylabel = f"{TRUTH} (cases)" if len(names) <= 5 else TRUTH
    axes.set(xlabel=CALLED, ylabel=ylabel, title="Confusion matrix", box_aspect=box_aspect)


def share_colours(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours [..., 3] in [0, 1] of shares [...] in [0, 1]: white of none, the colour of what the model says of all."""
    from matplotlib.colors import to_rgb

    return 1 - shares[..., None] * (1 - np.array(to_rgb(SAID)))


def frame_shares(axes: Axes) -> None:
    """Axes of two shares."""
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1), aspect="equal")
    open_frame(axes)


def write_facts(axes: Axes, words: str, style: FigureStyle, *, is_above: bool = False) -> None:
    """Lines in the lower right corner, or in the upper left one."""
    x, y, ha, va = (0.03, 0.98, "left", "top") if is_above else (0.98, 0.03, "right", "bottom")
    axes.text(
        x, y, words, transform=axes.transAxes, ha=ha, va=va, fontsize=style.size("tiny"), linespacing=1.25, zorder=6,
        bbox=UNDER_TEXT,
    )  # fmt: skip


def open_frame(axes: Axes) -> None:
    """Take away the upper and the right side of the frame."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _title(words: str, target: str) -> str:
    return f"{words}: {_name(target)}"


def _name(name: str) -> str:
    return plain(name, most=_LONGEST_NAME)
