"""Maps that are to be judged: looked at before anything is computed from them, and put into words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import AttributionError

Heat = NDArray[np.float64]


def as_heat(heat: NDArray[Any], size: tuple[int, int] | None = None, *, name: str = "the map") -> Heat:
    """A copy of a map [H, W] as float64.

    Args:
        heat: the map.
        size: (height, width) that it must have; any if None.
        name: of the map, for the error.

    Raises:
        AttributionError: another shape, no pixel, or numbers that are not finite.
    """
    pixels = np.array(heat, np.float64)
    if pixels.ndim != 2 or not pixels.size:
        raise AttributionError(
            f"{name} has the shape {pixels.shape}; expected [height, width]: sum its channels, and give one picture's"
        )
    if size is not None and pixels.shape != size:
        raise AttributionError(
            f"{name} has the shape {pixels.shape}, the picture {size}: expected the same; "
            "make the map of this picture, or interpolate it to the picture's size"
        )
    n_bad = int((~np.isfinite(pixels)).sum())
    if n_bad:
        raise AttributionError(
            f"{name} has {n_bad} of {pixels.size} pixels that are not finite; expected numbers everywhere: "
            "make it again, or set them to 0 where nothing is known"
        )
    return pixels


def name_of_map(number: int, n_all: int) -> str:
    """What a map is called in an error: which of several it is, from 1."""
    return "the map" if n_all == 1 else f"map {number}"


def has_range(score: float, baseline_score: float) -> bool:
    """Whether a picture and its baseline score differently, by more than what single precision blurs."""
    return abs(score - baseline_score) > 1e-5 * max(abs(score), abs(baseline_score))


def figure_in_words(value: float, *, scale: float | None = None) -> str:
    """A number as a sentence shows it: two decimals, three where all numbers beside it are below 0.1.

    What single precision leaves of 0 (below 1e-6) is shown as 0.

    Args:
        value: the number.
        scale: the largest of the numbers beside it, by size; the number itself if None.
    """
    if not math.isfinite(value):
        return "not known"
    size = abs(value if scale is None else scale)
    if size >= 1000 or 1e-6 < size < 0.001:
        return f"{value:.2g}".replace("-", "−")
    return f"{value:.{3 if 1e-6 < size < 0.1 else 2}f}".replace("-", "−")


def interval_in_words(value: float, interval: tuple[float, float]) -> str:
    """As "0.12 [0.08, 0.15]"."""
    scale = max(abs(value), abs(interval[0]), abs(interval[1]))
    number, low, high = (figure_in_words(each, scale=scale) for each in (value, *interval))
    return f"{number} [{low}, {high}]"
