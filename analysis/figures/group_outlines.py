"""Outlines of groups on a picture of their density: what tells them apart where no colour can."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.density_map import extent_of
from analysis.figures.point_colours import PointColours

_HELD = 0.75
"""Share of a group's cases that lie within its outline."""
_CELLS = 96
_BLUR = 2.0  # cells
_DASHES: tuple[Any, ...] = (
    "solid",
    (0, (4, 1.5)),
    (0, (1, 1)),
    (0, (5, 1.2, 1, 1.2)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
_WIDTHS = (0.9, 1.6)
INK = "#111111"
OUTLINE_WORDS = "Lines: three quarters of a group's cases lie within."


def outline_of(code: int) -> dict[str, Any]:
    """Dashes and width of the line around a group, as matplotlib's Line2D takes them; no two of 12 are alike."""
    return {"linestyle": _DASHES[code % len(_DASHES)], "linewidth": _WIDTHS[code // len(_DASHES) % len(_WIDTHS)]}


def draw_outlines(
    axes: Any, points: NDArray[np.float32], colours: PointColours, is_selected: NDArray[np.bool_] | None
) -> None:
    """Draw a line around the densest places of each group; three quarters of its (selected) cases lie within."""
    extent = extent_of(points)
    for code in range(len(colours.groups)):
        rows = colours.codes == code if is_selected is None else (colours.codes == code) & is_selected
        if not rows.any():
            continue
        density = _density(points[rows], extent)
        x, y = ((np.arange(_CELLS) + 0.5) / _CELLS * (high - low) + low for low, high in (extent[:2], extent[2:]))
        look = outline_of(code)
        axes.contour(
            x, y, density, levels=[level_of(density)], colors=INK, linestyles=[look["linestyle"]],
            linewidths=look["linewidth"], zorder=3.5,
        )  # fmt: skip


def level_of(density: NDArray[np.float64]) -> float:
    """The density above which three quarters of the mass lie."""
    ordered = np.sort(density, axis=None)[::-1]
    held = np.cumsum(ordered)
    return float(ordered[np.searchsorted(held, _HELD * held[-1])])


def _density(points: NDArray[np.float32], extent: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Smoothed number of points in each cell of the map, the lowest row first."""
    from scipy.ndimage import gaussian_filter

    ranges = [[extent[2], extent[3]], [extent[0], extent[1]]]
    counts = np.histogram2d(points[:, 1], points[:, 0], bins=_CELLS, range=ranges)[0]
    smooth: NDArray[np.float64] = gaussian_filter(counts, _BLUR)
    return smooth
