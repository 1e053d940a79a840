"""Partial least squares of one target: its direction, how well left-out cases follow it, and how far it moves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.direction_goal import DirectionGoal, Vector

_CHUNK_ENTRIES = 4_000_000
_NOTHING = 1e-12


def pls_direction(z: Vector, y: Vector, n_components: int) -> Vector | None:
    """Unit vector [D] along which the PLS prediction of y [N] from z [N, D] grows fastest; None: they do not covary.

    Source: Wold et al. 2001; the first weight vector of one target is its covariance with z.
    """
    from sklearn.cross_decomposition import PLSRegression

    covariance = (y - y.mean()) @ (z - z.mean(axis=0))
    spread = np.linalg.norm(y - y.mean()) * np.linalg.norm(z - z.mean(axis=0))
    if not float(np.linalg.norm(covariance)) > _NOTHING * spread:
        return None
    n_components = min(n_components, len(z) - 1, z.shape[1])
    if n_components == 1:
        weights = covariance
    else:
        weights = np.ravel(PLSRegression(n_components=n_components, scale=False).fit(z, y).coef_)
    unit: Vector = weights / np.linalg.norm(weights)
    return unit


def out_of_fold_scores(
    z: Vector, y: Vector, goal: DirectionGoal, n_components: int, folds: int, rng: np.random.Generator
) -> Vector | None:
    """Score of each case [N] along a direction fitted without its fold; None where there are too few cases.

    Every fold has its share of each class or grade, where there are enough of them.
    """
    folds = min(folds, int(min(y.sum(), len(y) - y.sum())) if goal.kind == "binary" else len(y))
    if folds < 2:
        return None
    scores = np.empty(len(y))
    levels = np.unique(y, return_inverse=True)[1]
    for fitted, left_out in _splitter(levels, goal, folds, int(rng.integers(2**31))).split(z, levels):
        weights = pls_direction(z[fitted], y[fitted], n_components)
        if weights is None:  # nothing to learn from these folds: their cases tell nothing
            scores[left_out] = 0.0
            continue
        centre = z[fitted].mean(axis=0)
        along = (z[fitted] - centre) @ weights
        scores[left_out] = ((z[left_out] - centre) @ weights) / max(float(along.std()), _NOTHING)
    return scores


def measure_interval(
    y: Vector, scores: Vector, goal: DirectionGoal, n_bootstrap: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95 % bootstrap interval of the goal's measure of scores [N]; NaN without resamples."""
    drawn = (rng.integers(len(y), size=len(y)) for _ in range(n_bootstrap))
    spread = np.array([goal.measure(y[rows], scores[rows]) for rows in drawn])
    spread = spread[np.isfinite(spread)]
    if len(spread) == 0:
        return math.nan, math.nan
    low, high = np.percentile(spread, [2.5, 97.5])
    return float(low), float(high)


def resampled_directions(
    z: Vector, y: Vector, n_components: int, n_bootstrap: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """The directions [B, D] of bootstrap samples, unit vectors; those of samples without any are left out."""
    if min(n_components, len(z) - 1, z.shape[1]) > 1:
        drawn = (rng.integers(len(y), size=len(y)) for _ in range(n_bootstrap))
        found = [pls_direction(z[rows], y[rows], n_components) for rows in drawn]
        kept = [vector for vector in found if vector is not None]
        return np.array(kept, dtype=np.float32).reshape(len(kept), z.shape[1])
    centred, deviation = z - z.mean(axis=0), y - y.mean()
    spread = np.linalg.norm(deviation) * np.linalg.norm(centred)
    chunk = max(1, _CHUNK_ENTRIES // len(y))
    parts = [
        _weighted_covariances(centred, deviation, min(chunk, n_bootstrap - start), rng)
        for start in range(0, n_bootstrap, chunk)
    ]
    covariances = np.concatenate([*parts, np.empty((0, z.shape[1]))])
    lengths = np.linalg.norm(covariances, axis=1, keepdims=True)  # [B, 1]
    has_one = lengths[:, 0] > _NOTHING * spread
    return (covariances[has_one] / lengths[has_one]).astype(np.float32)


def cone_degrees(vector: Vector, resampled: NDArray[np.float32]) -> float:
    """Angle to a unit vector [D] within which 95 % of others [B, D] lie; NaN without any."""
    return float(np.percentile(angles_to(vector, resampled), 95)) if len(resampled) else math.nan


def angles_to(vector: Vector, others: NDArray[Any]) -> Vector:
    """Angles in degrees [B] between a unit vector [D] and others [B, D]."""
    angles: Vector = np.degrees(np.arccos(np.clip(others.astype(np.float64) @ vector, -1.0, 1.0)))
    return angles


def _splitter(levels: NDArray[np.intp], goal: DirectionGoal, folds: int, seed: int) -> Any:
    from sklearn.model_selection import KFold, StratifiedKFold

    is_graded = goal.kind == "ordinal" and int(np.bincount(levels).min()) >= folds
    kind = StratifiedKFold if goal.kind == "binary" or is_graded else KFold
    return kind(folds, shuffle=True, random_state=seed)


def _weighted_covariances(centred: Vector, deviation: Vector, n: int, rng: np.random.Generator) -> Vector:
    """Covariance of y with z [n, D] in n bootstrap samples, times N: how often a case is drawn is its weight."""
    n_cases = len(deviation)
    drawn = rng.integers(n_cases, size=(n, n_cases))
    drawn += n_cases * np.arange(n)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=n * n_cases).reshape(n, n_cases).astype(np.float64)
    means = weights @ deviation / n_cases  # [n]
    weights *= deviation - means[:, None]
    covariances: Vector = weights @ centred
    return covariances
