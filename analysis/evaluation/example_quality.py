"""Whether training cases that are called important are so: by leaving them out, by subsets, by wrong labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import ExamplesError

Floats = NDArray[np.float64]
TrainAndMeasure = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Trains anew on some training rows and gives each explained case's loss [N_test]."""
_FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class LeaveOneOutQuality:
    """Scores against what leaving each training case out really changed.

    Attributes:
        pearson: correlation over all pairs of cases, in [−1, 1]; NaN where either does not vary.
        spearman: of the ranks, mean over the explained cases.
        slope: real change for each unit of score, by least squares; 1: the scores are the changes.
        n_pairs: pairs compared.
    """

    pearson: float
    spearman: float
    slope: float
    n_pairs: int


@dataclass(frozen=True, eq=False)
class DatamodellingQuality:
    """How well sums of scores foretell models that were trained on subsets.

    Attributes:
        score: mean over the explained cases of the rank correlation, in [−1, 1] (LDS).
        by_case: of each explained case [N_test]; NaN where nothing varied.
        n_subsets: models that were trained.
    """

    score: float
    by_case: Floats
    n_subsets: int


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """How often the most and the least important training cases have the explained case's label.

    Attributes:
        fractions: of the training cases that were looked at [K].
        counts: the same in cases [K].
        most: share of equal labels among the most important [K].
        least: among the least important [K].
        expected: what any order would give: the share of equal labels among all pairs.
    """

    fractions: Floats
    counts: NDArray[np.int64]
    most: Floats
    least: Floats
    expected: float


def leave_one_out(train: TrainAndMeasure, n_train: int) -> Floats:
    """What each training case did to each explained case's loss [N_test, N_train], by training without it.

    Args:
        train: trains on the given rows from the same start and measures the losses.
        n_train: training cases; so many models are trained, and one more.

    Returns:
        Loss without the case, minus loss with all: above 0 where the case helped.
    """
    _require(n_train, 2)
    everything = np.arange(n_train)
    before = np.asarray(train(everything), np.float64)
    without = [np.asarray(train(np.delete(everything, row)), np.float64) for row in range(n_train)]
    return np.stack(without, axis=1) - before[:, None]


def compare_leave_one_out(scores: NDArray[Any], changes: NDArray[Any]) -> LeaveOneOutQuality:
    """Compare scores [N_test, N_train] with real changes of the same shape.

    Raises:
        ValueError: other shapes, or fewer than 2 training cases.

    Source: Koh & Liang 2017, section 4.2.
    """
    said, real = np.asarray(scores, np.float64), np.asarray(changes, np.float64)
    if said.shape != real.shape or said.ndim != 2 or said.shape[1] < 2:
        raise ValueError(
            f"scores {said.shape}, changes {real.shape}: expected the same [N_test, N_train of at least 2]"
        )
    spread = float(np.square(said - said.mean()).sum())
    covariance = float(((said - said.mean()) * (real - real.mean())).sum())
    return LeaveOneOutQuality(
        pearson=_correlation(said.ravel(), real.ravel()),
        spearman=_mean([_rank_correlation(a, b) for a, b in zip(said, real, strict=True)]),
        slope=covariance / spread if spread > 0 else float("nan"),
        n_pairs=said.size,
    )


def draw_subsets(n_train: int, n_subsets: int, *, share: float = 0.5, seed: int = 0) -> NDArray[np.bool_]:
    """Random subsets [n_subsets, n_train] of `share` of the training cases each."""
    size = round(share * n_train)
    if not 0 < size < n_train or n_subsets < 2:
        raise ValueError(
            f"{n_subsets} subsets of {size} of {n_train} cases: expected at least 2, neither empty nor all"
        )
    rng = np.random.default_rng(seed)
    return np.argsort(rng.random((n_subsets, n_train)), axis=1) < size


def measure_datamodelling(
    scores: NDArray[Any], train: TrainAndMeasure, *, n_subsets: int = 32, share: float = 0.5, seed: int = 0
) -> DatamodellingQuality:
    """Train on subsets and compare; see `compare_subsets`. Trains `n_subsets` models."""
    subsets = draw_subsets(np.shape(scores)[1], n_subsets, share=share, seed=seed)
    losses = np.stack([np.asarray(train(np.flatnonzero(rows)), np.float64) for rows in subsets])
    return compare_subsets(scores, subsets, losses)


def compare_subsets(scores: NDArray[Any], subsets: NDArray[np.bool_], losses: NDArray[Any]) -> DatamodellingQuality:
    """Linear datamodelling score: ranks of Σ scores of a subset against ranks of what training on it reached.

    Args:
        scores: [N_test, N_train]; higher means more helpful.
        subsets: which training cases each model saw [S, N_train].
        losses: of each model on the explained cases [S, N_test].

    Raises:
        ValueError: shapes that do not fit.

    Source: Park et al. 2023, "TRAK", definition of LDS.
    """
    said, real = np.asarray(scores, np.float64), np.asarray(losses, np.float64)
    expected = (len(subsets), len(said))
    if subsets.shape[1] != said.shape[1] or real.shape != expected:
        raise ValueError(
            f"scores {said.shape}, subsets {subsets.shape}, losses {real.shape}: expected losses {expected}"
        )
    foretold = subsets.astype(np.float64) @ said.T  # [S, N_test]
    by_case = np.array([_rank_correlation(a, -b) for a, b in zip(foretold.T, real.T, strict=True)])
    return DatamodellingQuality(_mean(by_case.tolist()), by_case, len(subsets))


def mislabel_auc(suspicion: NDArray[Any], is_flipped: NDArray[Any]) -> float:
    """Chance that a wrongly labelled case is more suspicious than a rightly labelled one, in [0, 1]; 0.5 is guessing.

    Raises:
        ValueError: other lengths, or not both kinds.
    """
    from sklearn.metrics import roc_auc_score

    flipped = np.asarray(is_flipped, bool)
    if np.shape(suspicion) != flipped.shape or flipped.all() or not flipped.any():
        raise ValueError(
            f"{int(flipped.sum())} of {flipped.size} labels are wrong: expected some, not all, and one score each"
        )
    return float(roc_auc_score(flipped, np.asarray(suspicion, np.float64)))


def measure_label_agreement(
    scores: NDArray[Any],
    test_labels: NDArray[Any],
    train_labels: NDArray[Any],
    *,
    fractions: Sequence[float] = _FRACTIONS,
) -> LabelAgreement:
    """How far important training cases share the explained cases' labels.

    Args:
        scores: [N_test, N_train].
        test_labels: [N_test].
        train_labels: [N_train].
        fractions: of the training cases, each in (0, 1]; at least one case is looked at.

    Raises:
        ValueError: lengths that do not fit, or fractions outside.

    Source: Crabbé & van der Schaar 2022, consistency of example importance.
    """
    said, own, others = np.asarray(scores), np.asarray(test_labels), np.asarray(train_labels)
    shares = np.asarray(fractions, np.float64)
    if said.shape != (len(own), len(others)) or not said.size:
        raise ValueError(f"scores {said.shape} for {len(own)} and {len(others)} labels: expected one for each pair")
    if not ((shares > 0) & (shares <= 1)).all():
        raise ValueError(f"fractions are {list(fractions)}; expected numbers above 0, at most 1")
    order = np.argsort(-said, axis=1, kind="stable")
    same = others[order] == own[:, None]  # [N_test, N_train], the most important first
    counts = np.maximum(1, np.round(shares * len(others)).astype(np.int64))
    among = np.cumsum(same.mean(axis=0))
    return LabelAgreement(
        fractions=shares,
        counts=counts,
        most=among[counts - 1] / counts,
        least=(among[-1] - np.concatenate([[0.0], among])[len(others) - counts]) / counts,
        expected=float(same.mean()),
    )


def _correlation(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else float("nan")


def _rank_correlation(first: Floats, second: Floats) -> float:
    from scipy.stats import rankdata

    return _correlation(rankdata(first), rankdata(second))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _require(n_train: int, least: int) -> None:
    if n_train < least:
        raise ExamplesError(f"{n_train} training case: leaving one out needs at least {least}")
