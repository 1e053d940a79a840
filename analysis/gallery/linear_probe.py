"""What a straight line can read from z: a linear probe, learned on training cases and measured on others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.directions import auroc
from analysis.evaluation.bootstrap import bootstrap_interval
from analysis.evaluation.calibration import wilson_interval
from analysis.evaluation.linear_probe import MOST_CASES, fit_probe

_N_RESAMPLES = 1000


@dataclass(frozen=True)
class LinearProbe:
    """How well a linear classifier of z tells the classes, on held-out cases.

    Attributes:
        accuracy: share of cases that are told rightly.
        accuracy_interval: its 95 % Wilson interval over the cases.
        chance: accuracy of always naming the most frequent class.
        auroc: of two classes, area under the ROC curve of the second; NaN of more.
        auroc_interval: its 95 % bootstrap interval; of a perfect order it has no width, however few the cases.
        n_train: cases that it was learned from.
        n_test: cases that it was measured on.
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    chance: float
    auroc: float
    auroc_interval: tuple[float, float]
    n_train: int
    n_test: int

    @property
    def figure(self) -> tuple[float, tuple[float, float]]:
        """The figure to compare by, with its interval: AUROC of two classes, else accuracy."""
        if math.isfinite(self.auroc):
            return self.auroc, self.auroc_interval
        return self.accuracy, self.accuracy_interval


def probe_classes(
    z_train: NDArray[np.float32],
    y_train: NDArray[np.int64],
    z_test: NDArray[np.float32],
    y_test: NDArray[np.int64],
    *,
    seed: int = 0,
) -> LinearProbe:
    """Fit the linear probe of `analysis.evaluation.linear_probe` and measure it.

    The intervals know of the held-out cases' chance alone, not of that of the training.

    Args:
        z_train: codes of training cases [N, D]; of more than 5,000 as many, by chance.
        y_train: their classes.
        z_test: codes of others [M, D].
        y_test: their classes.
        seed: of the choice and the resamples.
    """
    rows = np.random.default_rng(seed).permutation(len(z_train))[:MOST_CASES]
    probe = fit_probe(z_train[rows].astype(np.float64), y_train[rows])
    is_right = probe.predict(z_test.astype(np.float64)) == y_test
    low, high = wilson_interval(float(is_right.mean()), len(is_right))
    area, area_interval = math.nan, (math.nan, math.nan)
    if len(probe.classes_) == 2:
        scores = probe.decision_function(z_test.astype(np.float64))
        is_second = (y_test == probe.classes_[1]).astype(np.float64)
        area = auroc(is_second, scores)
        area_interval = bootstrap_interval(auroc, is_second, scores, n=_N_RESAMPLES, seed=seed)
    return LinearProbe(
        accuracy=float(is_right.mean()),
        accuracy_interval=(float(low), float(high)),
        chance=float(np.bincount(y_test).max() / len(y_test)),
        auroc=area,
        auroc_interval=area_interval,
        n_train=len(rows),
        n_test=len(y_test),
    )
