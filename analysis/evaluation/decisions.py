"""What a classifier decides: a threshold chosen where it may be chosen, and what it costs on held-out cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.calibration import wilson_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class Operation:
    """A threshold on the target's probability, and what it finds.

    Attributes:
        threshold: at or above it a case is called the target, in [0, 1].
        sensitivity: share of the target's cases that are called so, in [0, 1]; NaN without any.
        sensitivity_interval: its 95 % Wilson interval.
        specificity: share of the other cases that are not, in [0, 1]; NaN without any.
        specificity_interval: its 95 % Wilson interval.
    """

    threshold: float
    sensitivity: float
    sensitivity_interval: Interval
    specificity: float
    specificity_interval: Interval


def choose_threshold(is_target: NDArray[Any], scores: NDArray[Any]) -> float:
    """The threshold with the largest sum of sensitivity and specificity; 0.5 where one class is missing.

    Midway between the two neighbouring scores, so that it does not hang on one case's last digit. Choose it on
    cases that are not reported on.

    Args:
        is_target: 1 for cases of the target, 0 for others [N].
        scores: the target's probabilities [N].

    Source: Youden 1950.
    """
    truth, values = np.asarray(is_target, bool), np.asarray(scores, np.float64)
    if truth.all() or not truth.any():
        return 0.5
    levels = np.unique(values)
    cuts = np.concatenate([levels[:1], (levels[:-1] + levels[1:]) / 2])
    found = values[None, :] >= cuts[:, None]  # [cuts, N]
    youden = found[:, truth].mean(axis=1) - found[:, ~truth].mean(axis=1)
    best = np.flatnonzero(youden >= youden.max() - 1e-12)
    return float(cuts[best[len(best) // 2]])


def operate(is_target: NDArray[Any], scores: NDArray[Any], threshold: float) -> Operation:
    """Apply a threshold to cases [N]."""
    truth, found = np.asarray(is_target, bool), np.asarray(scores) >= threshold
    sensitivity, high_low = _share(found[truth])
    specificity, others = _share(~found[~truth])
    return Operation(threshold, sensitivity, high_low, specificity, others)


def confusion_matrix(labels: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Counts [classes, classes]: rows are the true classes, columns what they were called."""
    matrix = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(matrix, (np.asarray(labels), np.asarray(predictions)), 1)
    return matrix


def _share(hits: NDArray[np.bool_]) -> tuple[float, Interval]:
    if len(hits) == 0:
        return float("nan"), (float("nan"), float("nan"))
    low, high = wilson_interval(float(hits.mean()), len(hits))
    return float(hits.mean()), (float(low), float(high))
