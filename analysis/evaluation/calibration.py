"""Whether probabilities mean what they say: of the cases called 0.8, are 80 % cases of the target?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Predicted against observed frequencies in bins of as many cases each; arrays [bins], read-only.

    Attributes:
        predicted: mean predicted probability of each bin, in [0, 1].
        observed: share of cases of the target in it, in [0, 1].
        low: lower end of the 95 % Wilson interval of `observed`.
        high: its upper end.
        counts: cases in it.
        brier: mean squared difference of probability and truth over all cases; 0 is perfect.
        error: expected calibration error: mean |predicted − observed| over the bins, weighed by their cases.
    """

    predicted: Values
    observed: Values
    low: Values
    high: Values
    counts: NDArray[np.int64]
    brier: float
    error: float

    def __post_init__(self) -> None:
        for name in ("predicted", "observed", "low", "high", "counts"):
            view = getattr(self, name).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)


def measure_calibration(is_target: NDArray[Any], probabilities: NDArray[Any], *, n_bins: int = 10) -> Calibration:
    """Compare probabilities with what is true.

    Args:
        is_target: 1 for cases of the target, 0 for others [N], N at least 1.
        probabilities: of the target [N], in [0, 1].
        n_bins: bins at most; fewer where that leaves fewer than 5 cases in each.

    Source: reliability diagram of DeGroot and Fienberg 1983; bins of equal counts as in Nguyen and O'Connor 2015.
    """
    truth, chances = np.asarray(is_target, np.float64), np.asarray(probabilities, np.float64)
    if len(truth) == 0 or truth.shape != chances.shape:
        raise ValueError(
            f"{truth.shape} labels and {chances.shape} probabilities; expected as many of each, one or more"
        )
    n_bins = max(1, min(n_bins, len(truth) // 5))
    bins = np.array_split(np.argsort(chances, kind="stable"), n_bins)
    predicted = np.array([chances[rows].mean() for rows in bins])
    observed = np.array([truth[rows].mean() for rows in bins])
    counts = np.array([len(rows) for rows in bins], np.int64)
    low, high = wilson_interval(observed, counts)
    return Calibration(
        predicted,
        observed,
        low,
        high,
        counts,
        brier=float(np.square(chances - truth).mean()),
        error=float((np.abs(predicted - observed) * counts).sum() / counts.sum()),
    )


def wilson_interval(shares: Values | float, counts: NDArray[np.int64] | int) -> tuple[Values, Values]:
    """95 % interval of shares observed in so many cases; (0, 1) of none.

    Source: Wilson 1927, equation for the score interval.
    """
    share, n = np.asarray(shares, np.float64), np.asarray(counts, np.float64)
    z = 1.959964
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    none = n == 0
    return np.where(none, 0.0, np.clip(middle - half, 0, 1)), np.where(none, 1.0, np.clip(middle + half, 0, 1))
