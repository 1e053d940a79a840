"""The supervised direction in latent space along which a target grows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Direction:
    """A unit vector in latent space; "+" along it means more of the target.

    Attributes:
        vector: unit vector [D].
        centre: mean latent vector of the fitted cases [D]; score 0.
        scale: standard deviation of the fitted cases' scores; one step of 1 SD has this length in z.
        method: how it was fitted.
        target: name of the class or column that "+" means.
        counterpart: name of what "−" means.
        quality_name: what `quality` measures, "AUROC" or "Spearman".
        quality: cross-validated, each case scored by a direction fitted without it; NaN: too few cases.
        quality_interval: its 95 % bootstrap interval.
        held_out: the same measure on cases of other splits than the fitted one; NaN without any.
        cone_degrees: angle that holds 95 % of the bootstrapped directions.
        n_cases: cases fitted.
    """

    vector: Vector
    centre: Vector
    scale: float
    method: str
    target: str
    counterpart: str
    quality_name: str
    quality: float
    quality_interval: tuple[float, float]
    held_out: float
    cone_degrees: float
    n_cases: int

    def __post_init__(self) -> None:
        for name in ("vector", "centre"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def score(self, z: NDArray[Any]) -> Vector:
        """Where latent vectors [N, D] lie along the direction [N], in standard deviations from the centre."""
        scores: Vector = (np.asarray(z, dtype=np.float64) - self.centre) @ self.vector / self.scale
        return scores

    def move(self, z: NDArray[Any], steps: NDArray[Any]) -> Vector:
        """Latent vectors [K, D] reached from one z [D] by steps [K] in standard deviations."""
        moves: Vector = np.outer(np.asarray(steps, dtype=np.float64) * self.scale, self.vector)
        return np.asarray(z, dtype=np.float64) + moves


def fit_direction(
    table: LatentTable,
    target: str | None = None,
    *,
    n_components: int = 1,
    folds: int = 5,
    n_bootstrap: int = 200,
    fit_split: str | None = "train",
    seed: int = 0,
) -> Direction:
    """Fit the direction of a target by partial least squares.

    Args:
        table: latents with labels, or with the target as a column of numbers.
        target: a class name (that class against the rest) or a column; the second class, or the number that the
            model has learned, if None.
        n_components: PLS components that the direction is made of.
        folds: folds of the cross-validation (fewer where a class has fewer cases).
        n_bootstrap: resamples for the intervals.
        fit_split: the split that is fitted, where the table has it; the others give `held_out`. None: all.
        seed: of folds and resamples.

    Raises:
        DirectionError: an unknown target, one class only, latents that are not finite (which cases), too few cases.
        ValueError: `n_components` below 1 or `n_bootstrap` below 0.

    Source: Wold et al. 2001 (PLS); sign so that the target scores higher.
    """
    if n_components < 1 or n_bootstrap < 0:
        raise ValueError(f"n_components={n_components}, n_bootstrap={n_bootstrap}; expected at least 1 and 0")
    goal = _Goal.find(table, target)
    known = np.isfinite(goal.values)
    is_fitted = known & (table.split == fit_split) if fit_split and np.any(table.split == fit_split) else known
    z, y = _checked(table, goal, is_fitted)
    n_components = min(n_components, len(z) - 1, z.shape[1])
    weights = _pls_direction(z, y, n_components)
    if weights is None:
        raise DirectionError(f"{goal.name} does not covary with any latent dimension: there is no direction to it")
    centre = z.mean(axis=0)
    scale = float(((z - centre) @ weights).std())
    others = known & ~is_fitted
    rng = np.random.default_rng(seed)
    quality, interval = _cross_validated(z, y, goal, n_components, folds, n_bootstrap, rng)
    return Direction(
        vector=weights,
        centre=centre,
        scale=scale,
        method=f"PLS, {n_components} component{'s' if n_components > 1 else ''}",
        target=goal.name,
        counterpart=goal.counterpart,
        quality_name=goal.measure_name,
        quality=quality,
        quality_interval=interval,
        held_out=goal.measure(goal.values[others], table.z[others] @ weights),
        cone_degrees=_cone(z, y, weights, n_components, n_bootstrap, rng),
        n_cases=len(z),
    )


@dataclass(frozen=True, eq=False)
class _Goal:
    """What the direction is fitted to: y per case (NaN: not known) and how to measure success."""

    name: str
    counterpart: str
    values: Vector
    is_binary: bool

    @classmethod
    def find(cls, table: LatentTable, target: str | None) -> _Goal:
        if target is None:
            target = table.classes[min(1, len(table.classes) - 1)] if table.classes else table.target_name
        if target in table.classes:
            index = table.classes.index(target)
            values = np.where(table.labels < 0, np.nan, table.labels == index).astype(np.float64)
            others = [name for name in table.classes if name != target]
            return cls(target, others[0] if len(others) == 1 else f"not {target}", values, True)
        column = table.columns.get(target)
        if column is None or not np.issubdtype(column.dtype, np.number):
            numeric = [name for name, values in table.columns.items() if np.issubdtype(values.dtype, np.number)]
            raise DirectionError(
                f'there is no target "{target}"; expected a class ({", ".join(table.classes) or "none"}) '
                f"or a column of numbers ({', '.join(numeric) or 'none'})"
            )
        return cls(target, f"less {target}", column.astype(np.float64), False)

    @property
    def measure_name(self) -> str:
        return "AUROC" if self.is_binary else "Spearman"

    @property
    def measure(self) -> Callable[[Vector, Vector], float]:
        return auroc if self.is_binary else spearman


def target_values(table: LatentTable, target: str | None = None) -> Vector:
    """What a direction is fitted to [N]: 1 and 0 for a class and the rest, a column's numbers; NaN: not known.

    Raises:
        DirectionError: an unknown target.
    """
    return _Goal.find(table, target).values


def auroc(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    """Area under the ROC curve of 0/1 labels [N] by scores [N]; NaN with one class."""
    from scipy.stats import rankdata

    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if n_positive == 0 or n_negative == 0:
        return math.nan
    ranks = rankdata(scores)
    return float((ranks[labels > 0].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def spearman(values: NDArray[Any], scores: NDArray[Any]) -> float:
    """Rank correlation of values [N] and scores [N]; NaN below 3 cases or when one is constant."""
    from scipy.stats import rankdata

    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(scores) == 0:
        return math.nan
    return float(np.corrcoef(rankdata(values), rankdata(scores))[0, 1])


def _checked(table: LatentTable, goal: _Goal, mask: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """The fitted rows; raises DirectionError where nothing can be fitted."""
    bad = ~np.isfinite(table.z).all(axis=1)
    if bad.any():
        raise DirectionError(f"z is not finite for {int(bad.sum())} cases, the first: {', '.join(table.ids[bad][:5])}")
    z, y = table.z[mask].astype(np.float64), goal.values[mask]
    if len(z) < 3:
        raise DirectionError(f"{len(z)} labelled cases; a direction needs at least 3")
    if np.ptp(y) == 0:
        raise DirectionError(f"every case has the same {goal.name}: a direction needs cases with and without it")
    return z, y


def _pls_direction(z: Vector, y: Vector, n_components: int) -> Vector | None:
    """Unit vector [D] along which the PLS prediction of y grows fastest; None where z and y do not covary."""
    from sklearn.cross_decomposition import PLSRegression

    covariance = (y - y.mean()) @ (z - z.mean(axis=0))
    spread = np.linalg.norm(y - y.mean()) * np.linalg.norm(z - z.mean(axis=0))
    if not float(np.linalg.norm(covariance)) > 1e-12 * spread:
        return None
    n_components = min(n_components, len(z) - 1, z.shape[1])
    if n_components == 1:  # the first PLS weight of one target is its covariance with z
        weights = covariance
    else:
        weights = np.ravel(PLSRegression(n_components=n_components, scale=False).fit(z, y).coef_)
    unit: Vector = weights / np.linalg.norm(weights)
    return unit


def _cross_validated(
    z: Vector, y: Vector, goal: _Goal, n_components: int, folds: int, n_bootstrap: int, rng: np.random.Generator
) -> tuple[float, tuple[float, float]]:
    """The measure over out-of-fold scores and its 95 % bootstrap interval."""
    from sklearn.model_selection import KFold, StratifiedKFold

    smallest = int(min(y.sum(), len(y) - y.sum())) if goal.is_binary else len(y)
    folds = min(folds, smallest)
    if folds < 2:
        return math.nan, (math.nan, math.nan)
    splitter = (StratifiedKFold if goal.is_binary else KFold)(
        folds, shuffle=True, random_state=int(rng.integers(2**31))
    )
    scores = np.empty(len(y))
    for fitted, left_out in splitter.split(z, y):
        weights = _pls_direction(z[fitted], y[fitted], n_components)
        if weights is None:  # nothing to learn from these folds: their cases tell nothing
            scores[left_out] = 0.0
            continue
        along = (z[fitted] - z[fitted].mean(axis=0)) @ weights
        scores[left_out] = ((z[left_out] - z[fitted].mean(axis=0)) @ weights) / max(float(along.std()), 1e-12)
    drawn = rng.integers(len(y), size=(n_bootstrap, len(y)))
    spread = np.array([goal.measure(y[rows], scores[rows]) for rows in drawn])
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, [2.5, 97.5]) if len(spread) else (math.nan, math.nan)
    return goal.measure(y, scores), (float(low), float(high))


def _cone(z: Vector, y: Vector, weights: Vector, n_components: int, n: int, rng: np.random.Generator) -> float:
    """Angle in degrees that holds 95 % of the directions fitted to bootstrap samples."""
    angles = []
    for rows in rng.integers(len(y), size=(n, len(y))):
        drawn = _pls_direction(z[rows], y[rows], n_components)
        if drawn is not None:
            cosine = float(drawn @ weights)
            angles.append(math.degrees(math.acos(min(1.0, max(-1.0, cosine)))))
    return float(np.percentile(angles, 95)) if angles else math.nan
