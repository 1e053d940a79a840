"""The linear maps: the plane of the largest variance, and the plane of a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.direction_goal import find_goal
from analysis.directions import fit_direction
from analysis.projections.layout import Layout
from analysis.projections.projection import LinearPlane
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable

_ROWS = 65_536
_NOTHING = 1e-12
"""A covariance below this share of what it could be is rounding."""

Matrix = NDArray[np.float64]


def lay_out_pca(z: NDArray[Any]) -> Layout:
    """The plane of the largest variance of z [N, D].

    Source: Pearson 1901; eigenvectors of the covariance, each with the sign that makes its largest entry positive.
    """
    moments = _Moments.of(z, np.ones((len(z), 1)))
    variances, vectors = np.linalg.eigh(moments.within / len(z))
    weights = _upright(vectors[:, ::-1][:, :2])  # the largest variance first
    shares = np.maximum(variances[::-1][:2], 0) / variances.sum()
    if weights.shape[1] < 2:  # z of one dimension
        weights, shares = np.pad(weights, ((0, 0), (0, 1))), np.pad(shares, (0, 1))
    first, second = (f"PC {number} ({share:.0%} of the variance)" for number, share in enumerate(shares, start=1))
    plane = LinearPlane(moments.centre, weights)
    return Layout(plane.points(z), {}, (first, second), plane=plane)


def lay_out_pls(table: LatentTable, target: str | None, seed: int) -> Layout:
    """The plane of a target, or of all classes where there are more than two and none is named.

    Raises:
        DirectionError: a target that no direction can be fitted to.

    Source: Wold et al. 2001.
    """
    if target is None and len(table.classes) > 2:
        return _plane_of_classes(table)
    return _plane_of_target(table, target, seed)


def _plane_of_target(table: LatentTable, target: str | None, seed: int) -> Layout:
    """First axis: the score along the direction; second: PLS's next component, both in SD of the fitted cases."""
    direction = fit_direction(table, target, folds=1, n_bootstrap=0, seed=seed)
    goal = find_goal(table, direction.target)
    fitted = _in_training(table, np.isfinite(goal.values))
    response = goal.response(fitted)
    moments = _Moments.of(table.z[fitted], response[:, None])
    second = _next_component(moments, direction.vector)
    weights = np.stack([direction.vector / direction.scale, _scaled(second, moments)], axis=1)
    plane = LinearPlane(np.asarray(direction.centre), weights)
    axes = (f"towards {direction.target} (SD)", "second PLS component (SD)")
    parameters: dict[str, float | int | str] = {"target": direction.target, "fitted_cases": direction.n_cases}
    return Layout(plane.points(table.z), parameters, axes, plane=plane)


def _plane_of_classes(table: LatentTable) -> Layout:
    """The two components of z that covary most with the classes, one column a class, in SD of the fitted cases."""
    fitted = _in_training(table, table.labels >= 0)
    present = np.unique(table.labels[fitted])
    if len(present) < 2:
        raise DirectionError(
            f"the fitted cases have {len(present)} of the {len(table.classes)} classes; a plane needs at least 2"
        )
    moments = _Moments.of(table.z[fitted], (table.labels[fitted, None] == present).astype(np.float64))
    first = _strongest(moments, moments.between)
    if first is None:
        raise DirectionError("the classes do not covary with any latent dimension: there is no plane of them")
    first = _upright(first[:, None])[:, 0]
    second = _next_component(moments, first)
    weights = np.stack([_scaled(first, moments), _scaled(second, moments)], axis=1)
    plane = LinearPlane(moments.centre, weights)
    axes = (f"first PLS component of {len(present)} classes (SD)", "second PLS component (SD)")
    parameters: dict[str, float | int | str] = {"classes": len(present), "fitted_cases": int(fitted.sum())}
    return Layout(plane.points(table.z), parameters, axes, plane=plane)


def _in_training(table: LatentTable, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cases [N] that are fitted: those of the training part where the table has one."""
    is_training = table.split == "train"
    return known & is_training if is_training.any() else known


@dataclass(frozen=True, eq=False)
class _Moments:
    """All that PLS needs of z [N, D] and the responses Y [N, C].

    Attributes:
        centre: mean of z [D].
        within: Zᵀ Z of the centred z [D, D].
        between: Zᵀ Y of the centred z and Y [D, C].
        n_cases: N.
        size: of Y, centred.
    """

    centre: Matrix
    within: Matrix
    between: Matrix
    n_cases: int
    size: float

    @classmethod
    def of(cls, z: NDArray[Any], y: Matrix) -> _Moments:
        centre, y = z.mean(axis=0, dtype=np.float64), y - y.mean(axis=0)
        within, between = np.zeros((z.shape[1], z.shape[1])), np.zeros((z.shape[1], y.shape[1]))
        for start in range(0, len(z), _ROWS):
            part = z[start : start + _ROWS].astype(np.float64) - centre
            within += part.T @ part
            between += part.T @ y[start : start + _ROWS]
        return cls(centre, within, between, len(z), float(np.linalg.norm(y)))


def _strongest(moments: _Moments, covariance: Matrix) -> Matrix | None:
    """Unit vector [D] that covaries most with the responses; None where none does."""
    if not np.linalg.norm(covariance) > _NOTHING * np.sqrt(np.trace(moments.within)) * moments.size:
        return None
    vectors: Matrix = np.linalg.svd(covariance, full_matrices=False)[0]
    return vectors[:, 0]


def _next_component(moments: _Moments, first: Matrix) -> Matrix:
    """Weights [D] of the second component, given those of the first; zeros where nothing is left to explain.

    With t = Z w the loadings are p = Zᵀ t / tᵀ t, and what the first component leaves is Z − t pᵀ. Its own weights v
    are at right angles to w. The axis is Z v and not PLS's score (Z − t pᵀ) v: both show the same plane, but there a
    step along w alone would also be a step along the second axis, by −pᵀ v, and the direction would lie askew.
    """
    along = moments.within @ first
    spread = float(first @ along)  # tᵀ t
    loadings = along / spread
    left = moments.between - np.outer(loadings, first @ moments.between)
    vector = _strongest(moments, left)
    if vector is None:  # z of one dimension, or nothing left to explain
        return np.zeros_like(first)
    vector = _towards(vector, left)
    return vector - first * (first @ vector)


def _towards(vector: Matrix, covariance: Matrix) -> Matrix:
    """The vector with a definite sign: towards more of a single response, else with its largest entry positive."""
    if covariance.shape[1] == 1:
        return vector if vector @ covariance[:, 0] > 0 else -vector
    return _upright(vector[:, None])[:, 0]


def _scaled(weights: Matrix, moments: _Moments) -> Matrix:
    """Weights [D] whose component has a standard deviation of 1 among the fitted cases."""
    variance = float(weights @ moments.within @ weights) / moments.n_cases
    spread = max(variance, 0.0) ** 0.5
    return weights / spread if spread > 0 else weights


def _upright(vectors: Matrix) -> Matrix:
    """Columns [D, K] with the sign that makes each one's largest entry positive, so that maps do not flip."""
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(largest < 0, -1.0, 1.0)
