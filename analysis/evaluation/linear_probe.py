"""What a model that learned no labels knows of them all the same: a linear probe on its z.

The probe learns on the training cases' z and is asked about all others. It is not part of the model: nothing that the
model draws or explains goes through it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable

PROBE = "linear probe on z"
_PREFIX = "probe_"
MOST_CASES = 5000
"""Training cases that a probe learns from, at most."""
_ROUNDS = 2000


def probe_latents(table: LatentTable, *, seed: int = 0) -> LatentTable:
    """The table with what a probe says of each case in the place of what the model says.

    For classes a logistic regression (L2, C = 1), for numbers a ridge regression with its weight chosen by
    cross-validation; both on standardised z of at most 5,000 training cases.

    Args:
        table: latents with labels, of the split train and others.
        seed: of the choice of training cases.

    Raises:
        LatentTableError: no training cases, or of one class only.
    """
    rows = np.flatnonzero(table.split == "train")
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_CASES])
    z = table.z.astype(np.float64)
    if table.target_name:
        return replace(table, predicted=_numbers(z, table.columns[table.target_name], rows))
    return replace(table, probabilities=_chances(z, table.labels, rows, len(table.classes)))


def probe_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """A probe's figures under names of their own: "test_auroc" becomes "test_probe_auroc"."""
    named = {}
    for name, value in metrics.items():
        split, _, figure = name.partition("_")
        named[f"{split}_{_PREFIX}{figure}"] = value
    return named


def fit_probe(z: NDArray[np.float64], labels: NDArray[np.int64]) -> Any:
    """A logistic regression (L2, C = 1) on standardised z [N, D] of classes [N], as scikit-learn's pipeline."""
    from sklearn.linear_model import LogisticRegression

    return _fitted(LogisticRegression(max_iter=_ROUNDS), z, labels)


def _chances(
    z: NDArray[np.float64], labels: NDArray[np.int64], rows: NDArray[np.int64], n_classes: int
) -> NDArray[np.float32]:
    """Probabilities of the classes [N, classes]."""
    if len(set(labels[rows].tolist())) < 2:
        raise LatentTableError(
            "a linear probe needs training cases of two classes at least: label some, or look at the model without it"
        )
    probe = fit_probe(z[rows], labels[rows])
    chances = np.zeros((len(z), n_classes), np.float32)
    chances[:, probe.classes_] = probe.predict_proba(z)
    return chances


def _numbers(z: NDArray[np.float64], values: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    from sklearn.linear_model import RidgeCV

    known = rows[np.isfinite(values[rows].astype(np.float64))]
    if not len(known):
        raise LatentTableError("a linear probe needs training cases with numbers: none of them has one")
    said: NDArray[np.float64] = _fitted(RidgeCV(np.logspace(-3, 4, 15)), z[known], values[known]).predict(z)
    return said


def _fitted(model: Any, z: NDArray[np.float64], goal: NDArray[Any]) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a collapsed z has nothing to converge to
        return make_pipeline(StandardScaler(), model).fit(z, goal)
