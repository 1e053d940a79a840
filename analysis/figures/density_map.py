"""Many points as a picture of their density: what a map shows where single points would cover one another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.point_colours import PointColours

MOST_POINTS = 10_000
"""Points drawn one by one; more become a picture under the axes, which stay vectors."""
_FAINTEST = 0.4
_GREY = (0.86, 0.86, 0.86)
Extent = tuple[float, float, float, float]


def extent_of(points: NDArray[Any], margin: float = 0.02) -> Extent:
    """Left, right, bottom and top of a square around points [N, 2], with a margin of its side."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    half = (0.5 + margin) * (float((high - low).max()) or 1.0)
    x, y = (low + high) / 2
    return float(x - half), float(x + half), float(y - half), float(y + half)


def pixels_for(n_points: int) -> int:
    """Pixels along the picture's side: finer for more points, so that a pixel holds more than one."""
    return int(np.clip(2.2 * np.sqrt(n_points), 200, 640))


def density_image(
    points: NDArray[Any],
    colours: PointColours,
    extent: Extent,
    *,
    n_pixels: int | None = None,
    is_selected: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """The picture of a map: the colour of a pixel is the mean of its points', its strength their number.

    Args:
        points: the map [N, 2].
        colours: of the points.
        extent: left, right, bottom and top of the picture; points outside are not drawn.
        n_pixels: along each side; chosen by the number of points if None.
        is_selected: cases [N] that keep their colour; all others are light grey below them. None: all.

    Returns:
        Red, green, blue and opacity [n_pixels, n_pixels, 4], uint8, the lowest row first. A pixel of one point has at
        least 40 % of full opacity, so that single points stay visible; the logarithm of the number runs up to
        the 99th percentile of pixels with points.
    """
    n_pixels = n_pixels or pixels_for(len(points))
    place, is_inside = _pixels(points, extent, n_pixels)
    rgb = colours.rgb()
    if is_selected is None:
        colour, opacity = _blend(place[is_inside], rgb[is_inside], n_pixels)
        return _bytes(colour, opacity)
    chosen, others = is_inside & is_selected, is_inside & ~is_selected
    below = np.broadcast_to(np.array(_GREY), rgb.shape)
    grey, grey_opacity = _blend(place[others], below[others], n_pixels)
    colour, opacity = _blend(place[chosen], rgb[chosen], n_pixels)
    opacity = np.where(opacity > 0, np.maximum(opacity, 0.6), 0.0)  # a few among thousands must be seen
    together = opacity + grey_opacity * (1 - opacity)
    mixed = colour * opacity[:, None] + grey * (grey_opacity * (1 - opacity))[:, None]
    return _bytes(mixed / np.maximum(together, 1e-9)[:, None], together)


def share_image(
    points: NDArray[Any], is_marked: NDArray[np.bool_], extent: Extent, *, n_pixels: int = 60
) -> NDArray[np.float64]:
    """Share of marked points in each pixel [n_pixels, n_pixels], the lowest row first; 0 where there are none."""
    place, is_inside = _pixels(points, extent, n_pixels)
    counts = np.bincount(place[is_inside], minlength=n_pixels**2)
    marked = np.bincount(place[is_inside & is_marked], minlength=n_pixels**2)
    return (marked / np.maximum(counts, 1)).reshape(n_pixels, n_pixels)


def _pixels(points: NDArray[Any], extent: Extent, n_pixels: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number of the pixel that each point falls into [N], and whether it falls into the picture."""
    left, right, bottom, top = extent
    across = np.floor((points[:, 0].astype(np.float64) - left) / (right - left) * n_pixels).astype(np.int64)
    up = np.floor((points[:, 1].astype(np.float64) - bottom) / (top - bottom) * n_pixels).astype(np.int64)
    is_inside = (across >= 0) & (across < n_pixels) & (up >= 0) & (up < n_pixels)
    return np.where(is_inside, up * n_pixels + across, 0), is_inside


def _blend(
    place: NDArray[np.int64], rgb: NDArray[np.float64], n_pixels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean colour [P, 3] and opacity [P] of each pixel."""
    size = n_pixels**2
    counts = np.bincount(place, minlength=size)
    sums = np.stack([np.bincount(place, weights=rgb[:, channel], minlength=size) for channel in range(3)], axis=1)
    filled = counts[counts > 0]
    most = float(np.percentile(filled, 99)) if len(filled) else 1.0
    strength = np.minimum(np.log1p(counts) / np.log1p(max(most, 3.0)), 1.0)
    opacity = np.where(counts > 0, _FAINTEST + (1 - _FAINTEST) * strength, 0.0)
    return sums / np.maximum(counts, 1)[:, None], opacity


def _bytes(rgb: NDArray[np.float64], opacity: NDArray[np.float64]) -> NDArray[np.uint8]:
    side = int(np.sqrt(len(opacity)))
    image = np.rint(255 * np.concatenate([rgb, opacity[:, None]], axis=1)).astype(np.uint8)
    return image.reshape(side, side, 4)
