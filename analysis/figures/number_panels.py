"""The panels of a model of numbers: predicted beside true ones, and how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.figures.formats import plain
from analysis.figures.quality_panels import INK, SAID, UNDER_TEXT, open_frame, write_facts
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RASTERISED_ABOVE = 2000
"""Points that a vector figure draws one by one; more become a picture inside it."""
_NAME = 26


def draw_predictions(axes: Axes, quality: RegressorQuality, style: FigureStyle) -> None:
    """Predicted against true numbers, with the line on which they are equal."""
    true, predicted = quality.true, quality.predicted
    low, high = float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))
    room = 0.04 * (high - low or 1)
    ends = (low - room, high + room)
    axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=4)
    axes.plot(true, predicted, **_points(len(true)))
    interval = quality.spearman_interval
    words = f"ρ {quality.spearman:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]\nmean absolute error {quality.mae:.3g}"
    write_facts(axes, words, style)
    name = plain(quality.target, most=_NAME)
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel=f"true {name}", ylabel=f"predicted {name}")
    open_frame(axes)


def draw_differences(axes: Axes, quality: RegressorQuality, style: FigureStyle) -> None:
    """Differences against means, with the limits of agreement.

    Source: Bland and Altman 1986.
    """
    difference = quality.predicted - quality.true
    middle = (quality.predicted + quality.true) / 2
    mean = float(difference.mean())
    spread = 1.96 * float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    axes.plot(middle, difference, **_points(len(middle)))
    dots = (0, (1.5, 1.5))
    for value, words, dashes in (
        (mean + spread, "+1.96 SD", dots),
        (mean, "mean", "-"),
        (mean - spread, "−1.96 SD", dots),
    ):
        axes.axhline(value, color=INK, linewidth=0.8, linestyle=dashes, zorder=4)
        axes.annotate(
            f"{words}: {signed(value)}", (1, value), xycoords=("axes fraction", "data"),
            xytext=(0, 2.5), textcoords="offset points", ha="right", va="bottom", fontsize=style.size("tiny"),
            zorder=6, bbox=UNDER_TEXT,
        )  # fmt: skip
    axes.set(xlabel="mean of predicted and true", ylabel="predicted − true", box_aspect=1)
    axes.margins(x=0.08, y=0.12)
    open_frame(axes)


def signed(value: float) -> str:
    """A number with three digits and the sign of print."""
    return f"{value:.3g}".replace("-", "−")


def _points(n_points: int) -> dict[str, Any]:
    return {
        "linestyle": "",
        "marker": "o",
        "markersize": 2.4 if n_points > 300 else 3.2,
        "markeredgewidth": 0,
        "color": SAID,
        "alpha": float(np.clip(14 / max(1, n_points) ** 0.5, 0.06, 0.65)),
        "rasterized": n_points > RASTERISED_ABOVE,
        "zorder": 3,
    }
