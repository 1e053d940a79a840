"""Curves with bands, a figure that three of the experiments share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import OKABE_ITO, Format, plain, render

Style = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, eq=False)
class Curve:
    """One line with what surrounds it.

    Attributes:
        label: in the legend; "" for a line that another one's label stands for.
        x: [K].
        y: [K].
        low: lower end of the band [K]; None without one.
        high: upper end.
        colour: which of the colours for colour-blind eyes.
        style: "solid", "dashed" or "dotted".
    """

    label: str
    x: NDArray[Any]
    y: NDArray[Any]
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None
    colour: int = 0
    style: Style = "solid"


@dataclass(frozen=True, eq=False)
class CurveFigure:
    """What a figure of curves shows.

    Attributes:
        curves: in drawing order.
        x_label: below.
        y_label: at the left.
        title: above.
        level: height of a thin line across, such as what chance gives; None without one.
        level_name: of that line.
        styles: what the line styles mean, by name, in the legend.
        is_percent: the x axis is shares, written as per cent.
    """

    curves: Sequence[Curve]
    x_label: str
    y_label: str
    title: str = ""
    level: float | None = None
    level_name: str = ""
    styles: Mapping[str, Style] = field(default_factory=dict)
    is_percent: bool = True


def draw_curves(figure: CurveFigure, form: Format = "png", *, width_inches: float = 5.4, dpi: int = 200) -> bytes:
    """The figure as the bytes of a PNG, SVG or PDF."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(width_inches, 0.72 * width_inches), layout="constrained")
    axes = canvas.add_subplot()
    factor = 100 if figure.is_percent else 1
    for curve in figure.curves:
        colour = OKABE_ITO[curve.colour % len(OKABE_ITO)]
        x = factor * np.asarray(curve.x, np.float64)
        axes.plot(x, curve.y, color=colour, linestyle=curve.style, marker="o", markersize=3, linewidth=1.4,
                  label=plain(curve.label) or "_nolegend_")  # fmt: skip
        if curve.low is not None and curve.high is not None:
            axes.fill_between(x, curve.low, curve.high, color=colour, alpha=0.16, linewidth=0)
    if figure.level is not None:
        axes.axhline(figure.level, color="#555555", linewidth=0.8, label=plain(figure.level_name) or "_nolegend_")
    for name, style in figure.styles.items():
        axes.plot([], [], color="#555555", linestyle=style, linewidth=1.4, label=plain(name))
    axes.set_xlabel(plain(figure.x_label))
    axes.set_ylabel(plain(figure.y_label))
    axes.set_title(plain(figure.title), fontsize=10, loc="left")
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, framealpha=0.85, edgecolor="none")
    return render(canvas, form, dpi=dpi)
