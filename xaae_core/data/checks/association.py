"""How much one column says about another: Cramér's V, its chance level, and what can be predicted from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

_PERMUTATIONS = 500
_RESAMPLES = 300
_FOLDS = 5


@dataclass(frozen=True)
class Association:
    """How two columns go together.

    Attributes:
        strength: Cramér's V of two columns of names, or the correlation ratio η of names and numbers; in [0, 1].
        low: lower end of its 95 % bootstrap interval.
        high: upper end.
        p: share of random orders in which it is at least as strong (permutation test); at least 1/501.
        score: of predicting the target from the column alone, on cases not used for it: AUROC (mean of one against the
            rest; 0.5 is chance) for classes, correlation of prediction and number (0 is chance) for numbers.
    """

    strength: float
    low: float
    high: float
    p: float
    score: float


def associate(column: Codes, target: NDArray[Any], *, seed: int = 0) -> Association:
    """The association of a column of names with a target of the same rows.

    Args:
        column: [N], each name as a number from 0.
        target: int64 [N] classes from 0, or float64 [N] numbers.
        seed: of permutations, resamples and folds.

    Source: Bergsma 2013 for the correction of V; the correlation ratio is Pearson's.
    """
    rng = np.random.default_rng(seed)
    is_numeric = target.dtype.kind == "f"
    strength_of = correlation_ratio if is_numeric else cramers_v
    strength = strength_of(column, target)
    # Uncorrected V and η order permutations alike and need no correction: the chance level is what is permuted.
    beaten = sum(strength_of(column, rng.permutation(target)) >= strength for _ in range(_PERMUTATIONS))
    resamples = []
    for _ in range(_RESAMPLES):
        rows = rng.integers(len(column), size=len(column))
        resamples.append(strength_of(column[rows], target[rows]))
    low, high = np.percentile(resamples, [2.5, 97.5])
    score = _predicted_numbers(column, target, rng) if is_numeric else _predicted_classes(column, target, rng)
    return Association(strength, float(low), float(high), (beaten + 1) / (_PERMUTATIONS + 1), score)


def cramers_v(first: Codes, second: Codes) -> float:
    """Cramér's V of two columns, corrected for its bias; 0 where one of them is constant."""
    table = crosstab(first, second)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (rows, columns) = table.sum(), table.shape
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = max(0.0, float(((table - expected) ** 2 / expected).sum() / n) - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else 0.0


def correlation_ratio(names: Codes, values: NDArray[np.float64]) -> float:
    """The share of the numbers' spread that lies between the names, as a root (η), corrected for chance."""
    counts = np.bincount(names)
    sums = np.bincount(names, values)
    used = counts > 0
    total = ((values - values.mean()) ** 2).sum()
    n_groups = int(used.sum())
    if total == 0 or n_groups < 2 or len(values) <= n_groups:
        return 0.0
    between = (counts[used] * (sums[used] / counts[used] - values.mean()) ** 2).sum()
    within = (total - between) / (len(values) - n_groups)
    return float(np.sqrt(max(0.0, (between - (n_groups - 1) * within) / (total + within))))


def crosstab(first: Codes, second: Codes) -> NDArray[np.float64]:
    """Counts [names of the first, names of the second]."""
    shape = int(first.max()) + 1, int(second.max()) + 1
    return np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def auroc(is_case: NDArray[np.bool_], scores: NDArray[Any]) -> float:
    """Area under the ROC curve; equal scores count half. NaN where there is only one kind."""
    from scipy.stats import rankdata

    n_cases = int(is_case.sum())
    n_others = len(is_case) - n_cases
    if not n_cases or not n_others:
        return float("nan")
    return float((rankdata(scores)[is_case].sum() - n_cases * (n_cases + 1) / 2) / (n_cases * n_others))


def fold_of(target: NDArray[Any], rng: np.random.Generator) -> Codes:
    """A fold 0…4 for each row [N], each class spread evenly over them."""
    folds = np.empty(len(target), np.int64)
    for value in np.unique(target):
        rows = rng.permutation(np.flatnonzero(target == value))
        folds[rows] = (np.arange(len(rows)) + rng.integers(_FOLDS)) % _FOLDS
    return folds


def _predicted_classes(column: Codes, target: Codes, rng: np.random.Generator) -> float:
    """Mean AUROC over folds and classes of each class's share among equal names of the other folds."""
    folds, found = fold_of(target, rng), []
    for fold in range(_FOLDS):
        train, test = folds != fold, folds == fold
        if not train.any() or not test.any():
            continue
        shares = _shares(column, target, train)
        found += [auroc(target[test] == label, shares[column[test], label]) for label in np.unique(target)]
    found = [value for value in found if np.isfinite(value)]
    return float(np.mean(found)) if found else float("nan")


def _shares(column: Codes, target: Codes, train: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of each class [names, classes] for each name, drawn a little to the overall shares."""
    shape = int(column.max()) + 1, int(target.max()) + 1
    counts = np.bincount(column[train] * shape[1] + target[train], minlength=shape[0] * shape[1]).reshape(shape)
    overall = counts.sum(axis=0) / counts.sum()
    return (counts + overall) / (counts.sum(axis=1, keepdims=True) + 1)


def _predicted_numbers(column: Codes, values: NDArray[np.float64], rng: np.random.Generator) -> float:
    """Correlation of the numbers with the mean of equal names in the other folds."""
    folds = rng.integers(_FOLDS, size=len(values))
    predicted = np.empty(len(values))
    for fold in range(_FOLDS):
        train, test = folds != fold, folds == fold
        if not train.any():
            return float("nan")
        counts = np.bincount(column[train], minlength=int(column.max()) + 1)
        sums = np.bincount(column[train], values[train], minlength=int(column.max()) + 1)
        means = (sums + values[train].mean()) / (counts + 1)
        predicted[test] = means[column[test]] - values[train].mean()
    if predicted.std() == 0 or values.std() == 0:
        return 0.0
    return float(np.corrcoef(predicted, values)[0, 1])
