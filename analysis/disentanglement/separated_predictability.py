"""SAP: can a factor be read from one dimension alone, and from no other one?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.disentanglement.codes import CodedFactors, gaps


@dataclass(frozen=True, eq=False)
class SeparatedPredictability:
    """SAP and what it is made of.

    Attributes:
        score: mean of `by_factor`, 0 to 1.
        by_factor: the gap of each factor [K].
        predictability: of each factor from each dimension alone [D, K]: 0 (as by chance) to 1.
    """

    score: float
    by_factor: NDArray[np.float64]
    predictability: NDArray[np.float64]


def measure_sap(coded: CodedFactors, *, seed: int = 0) -> SeparatedPredictability:
    """The gap in predictability between the dimension that a factor can best be read from and the next.

    Of an ordered factor it is the squared correlation. Of one without order it is the balanced accuracy, on the half
    of the cases that was not learned from, of thresholds on the dimension, one interval a level; here 0 is the
    accuracy of guessing (in the paper 1/levels is, so that its SAP cannot reach 1).

    Args:
        coded: codes and factors.
        seed: of the halves.

    Source: Kumar et al. 2018, "Variational inference of disentangled latent concepts from unlabeled observations",
    section 3.
    """
    found = _squared_correlations(coded.z, coded.factors.astype(np.float64))
    if not coded.is_ordered.all():
        learned, tested = coded.halves(seed)
        for factor in np.flatnonzero(~coded.is_ordered).tolist():
            for dim in np.flatnonzero(coded.varies).tolist():
                found[dim, factor] = _threshold_accuracy(learned, tested, dim, factor)
    by_factor = gaps(found)
    return SeparatedPredictability(float(by_factor.mean()), by_factor, found)


def balanced_skill(truth: NDArray[np.int64], told: NDArray[np.int64]) -> float:
    """Balanced accuracy of `told` [N], moved so that 0 is guessing and 1 is all right; not below 0."""
    levels = np.unique(truth)
    if len(levels) < 2:
        return 0.0
    accuracy = float(np.mean([(told[truth == level] == level).mean() for level in levels]))
    return max(0.0, (accuracy * len(levels) - 1) / (len(levels) - 1))


def _squared_correlations(z: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """[D, K]; 0 for a dimension that does not vary."""
    codes, levels = (_standardised(values) for values in (z, factors))
    found: NDArray[np.float64] = np.clip((codes.T @ levels / len(z)) ** 2, 0, 1)
    return found


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    is_constant = np.ptp(values, axis=0) == 0
    standardised: NDArray[np.float64] = np.where(is_constant, 0.0, centred / np.where(is_constant, 1.0, spread))
    return standardised


def _threshold_accuracy(learned: CodedFactors, tested: CodedFactors, dim: int, factor: int) -> float:
    """How well thresholds on one dimension, as many intervals as levels, tell the factor's levels."""
    from sklearn.tree import DecisionTreeClassifier

    n_levels = int(learned.factors[:, factor].max()) + 1
    tree = DecisionTreeClassifier(max_leaf_nodes=max(2, n_levels), class_weight="balanced", random_state=0)
    tree.fit(learned.z[:, [dim]], learned.factors[:, factor])
    return balanced_skill(tested.factors[:, factor], tree.predict(tested.z[:, [dim]]))
