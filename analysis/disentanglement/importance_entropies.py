"""DCI: is each dimension needed for one factor, each factor read from one dimension, and can it be read at all?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.disentanglement.codes import CodedFactors
from analysis.disentanglement.separated_predictability import balanced_skill

Progress = Callable[[int, int], None]
N_TREES = 30
_LEAST_LEAF = 2


@dataclass(frozen=True, eq=False)
class ImportanceEntropies:
    """DCI and what it is made of.

    Attributes:
        disentanglement: 0 (dimensions are needed for all factors alike) to 1 (each for one factor).
        completeness: 0 (factors are read from all dimensions alike) to 1 (each from one dimension).
        informativeness: 0 (as by chance) to 1 (all factors can be read from z).
        importances: [D, K], the columns of which add up to 1 (or to 0, where nothing was learned).
        by_factor: informativeness of each factor [K].
    """

    disentanglement: float
    completeness: float
    informativeness: float
    importances: NDArray[np.float64]
    by_factor: NDArray[np.float64]


def measure_dci(
    coded: CodedFactors, *, n_trees: int = N_TREES, seed: int = 0, progress: Progress | None = None
) -> ImportanceEntropies:
    """Read each factor from all dimensions by a random forest, and see which dimensions it needs.

    Forests are learned on one half of the cases; informativeness is measured on the other: the share of the variance
    that is explained for ordered factors, the balanced accuracy with guessing at 0 for others (the paper has an error
    there: a root mean square over that of guessing).

    Args:
        coded: codes and factors.
        n_trees: trees of a forest.
        seed: of halves and forests.
        progress: called with (factors done, all).

    Source: Eastwood & Williams 2018, "A framework for the quantitative evaluation of disentangled representations";
    importances of random forests, as in its experiments.
    """
    learned, tested = coded.halves(seed)
    n_factors = len(coded.names)
    importances, skills = np.zeros((coded.z.shape[1], n_factors)), np.zeros(n_factors)
    for factor in range(n_factors):
        importances[:, factor], skills[factor] = _read_factor(learned, tested, factor, n_trees, seed)
        if progress is not None:
            progress(factor + 1, n_factors)
    return ImportanceEntropies(
        disentanglement=concentration(importances),
        completeness=concentration(importances.T),
        informativeness=float(skills.mean()),
        importances=importances,
        by_factor=skills,
    )


def concentration(importances: NDArray[np.float64]) -> float:
    """Mean of 1 − entropy (of base K) over the rows of importances [D, K], each weighed by its sum; 0 to 1.

    Of D rows it is the disentanglement of the dimensions; of the transposed, the completeness of the factors.
    """
    sums = importances.sum(axis=1)
    total, n = float(sums.sum()), importances.shape[1]
    if total == 0:
        return 0.0
    shares = importances / np.where(sums > 0, sums, 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, -shares * np.log(shares), 0.0)
    entropy = terms.sum(axis=1) / np.log(n) if n > 1 else np.zeros(len(sums))
    return float(np.clip((sums / total) @ (1 - entropy), 0.0, 1.0))


def _read_factor(
    learned: CodedFactors, tested: CodedFactors, factor: int, n_trees: int, seed: int
) -> tuple[NDArray[np.float64], float]:
    """Importances [D] and informativeness of one factor."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestRegressor if learned.is_ordered[factor] else RandomForestClassifier
    # Every split may choose among all dimensions: of a few drawn ones it would have to take one that says nothing.
    forest = kind(
        n_estimators=n_trees, max_features=None, min_samples_leaf=_LEAST_LEAF, random_state=seed % 2**32, n_jobs=1
    )
    forest.fit(learned.z, learned.factors[:, factor])
    told, truth = forest.predict(tested.z), tested.factors[:, factor]
    if not learned.is_ordered[factor]:
        return np.asarray(forest.feature_importances_), balanced_skill(truth, told)
    spread = float(np.square(truth - truth.mean()).sum())
    skill = 1 - float(np.square(truth - told).sum()) / spread if spread else 0.0
    return np.asarray(forest.feature_importances_), max(0.0, skill)
