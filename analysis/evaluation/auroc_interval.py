"""How sure an AUROC is, also where the order is perfect, of which every resample says the same."""

from __future__ import annotations

import math

_Z = 1.959964
_HALVINGS = 60


def newcombe_interval(area: float, n_positive: int, n_negative: int) -> tuple[float, float]:
    """95 % score interval of an area under the ROC curve.

    Unlike that of a bootstrap it has a width where the area is 1, and covers what it promises near there.

    Args:
        area: measured, 0 to 1.
        n_positive: cases of the class that scores high.
        n_negative: all others.

    Returns:
        Its ends; NaN without an area.

    Source: Newcombe 2006, "Confidence intervals for an effect size measure based on the Mann–Whitney statistic.
    Part 2", method 5: the areas from which the measured one lies no farther than 1.96 of their own standard errors.
    """
    if not math.isfinite(area) or min(n_positive, n_negative) < 1:
        return math.nan, math.nan
    return _farthest(area, 0.0, n_positive, n_negative), _farthest(area, 1.0, n_positive, n_negative)


def _farthest(area: float, end: float, n_positive: int, n_negative: int) -> float:
    """The farthest area towards an end that is still likely enough, by halving."""
    inside, outside = area, end
    if abs(area - end) < 1e-12:
        return end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if (area - middle) ** 2 <= _Z**2 * _variance(middle, n_positive, n_negative):
            inside = middle
        else:
            outside = middle
    return inside


def _variance(area: float, n_positive: int, n_negative: int) -> float:
    """Of a measured area where this is the true one, of exponential scores (Hanley & McNeil 1982), sizes averaged."""
    more = (n_positive + n_negative) / 2 - 1
    inner = 1 + more * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * inner / (n_positive * n_negative)
