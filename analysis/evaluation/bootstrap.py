"""How sure a figure is, by drawing the cases again."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_LEAST_RESAMPLES = 20


def bootstrap_interval(
    measure: Callable[[Values, Values], float], first: Values, second: Values, *, n: int, seed: int
) -> tuple[float, float]:
    """95 % percentile interval of a measure of paired values over resampled cases.

    Args:
        measure: of two arrays [N]; NaN where a resample cannot be measured, which is then left out.
        first: values [N].
        second: values [N], the n-th beside the n-th.
        n: resamples.
        seed: of the draws.

    Returns:
        Its ends; NaN where fewer than 20 resamples could be measured.

    Source: Efron 1979.
    """
    drawn = np.random.default_rng(seed).integers(len(first), size=(n, len(first)))
    values = np.array([measure(first[rows], second[rows]) for rows in drawn])
    values = values[np.isfinite(values)]
    if len(values) < _LEAST_RESAMPLES:
        return math.nan, math.nan
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
