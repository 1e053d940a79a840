"""Matrices of correlations with their numbers written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import Format, plain, render

_DARK = 0.55


@dataclass(frozen=True, eq=False)
class Matrix:
    """One panel.

    Attributes:
        title: above it.
        values: [T, T] in [−1, 1]; NaN is left empty.
        spread: [T, T], written after ±; NaN is left out.
    """

    title: str
    values: NDArray[Any]
    spread: NDArray[Any]


def draw_matrices(
    matrices: Sequence[Matrix],
    names: Sequence[str],
    form: Format = "png",
    *,
    title: str = "",
    width_inches: float = 7.6,
    dpi: int = 200,
) -> bytes:
    """Panels two a row with one colour scale from −1 to 1; the bytes of a PNG, SVG or PDF."""
    from matplotlib.figure import Figure

    n_rows = (len(matrices) + 1) // 2
    canvas = Figure(figsize=(width_inches, 0.38 * width_inches * n_rows + 0.6), layout="compressed")
    axes = canvas.subplots(n_rows, 2, squeeze=False).ravel()
    for panel in axes[len(matrices) :]:
        panel.set_axis_off()
    for number, (panel, matrix) in enumerate(zip(axes, matrices, strict=False)):
        picture = panel.imshow(matrix.values, cmap="PuOr", vmin=-1, vmax=1)
        below = names if number >= len(matrices) - 2 else [""] * len(names)  # the names once, at the left and below
        beside = names if number % 2 == 0 else [""] * len(names)
        panel.set_xticks(range(len(names)), [plain(name) for name in below], rotation=30, ha="right", fontsize=8)
        panel.set_yticks(range(len(names)), [plain(name) for name in beside], fontsize=8)
        panel.set_title(plain(matrix.title), fontsize=9)
        for row, column in np.ndindex(matrix.values.shape):
            value, spread = matrix.values[row, column], matrix.spread[row, column]
            if np.isfinite(value):
                text = f"{value:.2f}" + (f"\n±{spread:.2f}" if np.isfinite(spread) else "")
                colour = "white" if abs(value) > _DARK else "black"
                panel.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    canvas.colorbar(picture, ax=axes.tolist(), shrink=0.6, label="correlation")
    canvas.suptitle(plain(title), fontsize=10)
    return render(canvas, form, dpi=dpi)
