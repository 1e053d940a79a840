"""What a straight line can read from z: a linear probe, learned on training cases and measured on others."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.linear_probe import MOST_CASES, fit_probe
from analysis.gallery.class_figures import ClassFigures


@dataclass(frozen=True)
class LinearProbe(ClassFigures):
    """How well a linear classifier of z tells the classes, on held-out cases.

    Attributes:
        chance: accuracy of always naming the most frequent class.
        n_train: cases that it was learned from.
    """

    chance: float
    n_train: int


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
        y_train: their classes, 0 to one less than there are.
        z_test: codes of others [M, D].
        y_test: their classes.
        seed: of the choice.
    """
    rows = np.random.default_rng(seed).permutation(len(z_train))[:MOST_CASES]
    probe = fit_probe(z_train[rows].astype(np.float64), y_train[rows])
    said = probe.decision_function(z_test.astype(np.float64))
    if said.ndim == 1:  # of two classes one score, the second's
        said = np.column_stack((np.zeros_like(said), said))
    scores = np.full((len(y_test), int(max(y_train.max(), y_test.max())) + 1), -np.inf)
    scores[:, probe.classes_] = said
    found = ClassFigures.of(scores, y_test)
    return LinearProbe(**asdict(found), chance=float(np.bincount(y_test).max() / len(y_test)), n_train=len(rows))
