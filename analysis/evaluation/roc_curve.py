"""The ROC curve of a class: what every threshold would find, and what it would take for it by mistake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.held_out import HeldOut, measure_held_out
from xaae_core.latents import LatentTable

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The curve from (0, 0) to (1, 1), corners only.

    Attributes:
        held_out: AUROC with its interval, split and counts.
        false_positive: share of the other cases called the target [K], rising from 0 to 1.
        true_positive: share of the target's cases called so [K], rising from 0 to 1.
    """

    held_out: HeldOut
    false_positive: Values
    true_positive: Values

    @property
    def target(self) -> str:
        """The class that is told from the others."""
        return self.held_out.target

    @property
    def area(self) -> float:
        """Area under the corners, by the trapezoid rule: the AUROC."""
        return float(np.trapezoid(self.true_positive, self.false_positive))


def roc_curve_of(table: LatentTable, target: str, *, split: str, seed: int = 0) -> RocCurve:
    """The curve of a class's probability on the labelled cases of a split.

    Args:
        table: latents with probabilities and labels.
        target: a class of the table.
        split: "test", "valid" or "train".
        seed: of the resamples of the interval.

    Raises:
        LatentTableError: no such class, no probabilities, or no labelled case in the split.
    """
    held_out = measure_held_out(table, target, split=split, seed=seed)
    rows = (table.split == split) & (table.labels >= 0)
    index = table.classes.index(target)
    corners = roc_corners(table.labels[rows] == index, table.probabilities[rows, index].astype(np.float64))
    return RocCurve(held_out, *corners)


def roc_corners(is_target: NDArray[np.bool_], scores: Values) -> tuple[Values, Values]:
    """Shares of the others and of the target's cases at or above every score [K each]; NaN of a class without cases.

    Cases of one score are passed together, so that a tie is a slope; points within a straight line are left out.
    Source: Fawcett 2006, algorithm 1.
    """
    order = np.argsort(-scores, kind="stable")
    truth = is_target[order]
    is_last = np.append(np.diff(scores[order]) != 0, True)
    found = np.append(0, np.cumsum(truth)[is_last])
    wrong = np.append(0, np.cumsum(~truth)[is_last])
    turns = np.diff(found[:-1]) * np.diff(wrong[1:]) != np.diff(found[1:]) * np.diff(wrong[:-1])
    is_corner = np.concatenate([[True], turns, [True]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return wrong[is_corner] / wrong[-1], found[is_corner] / found[-1]
