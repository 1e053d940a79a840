"""Maps of the same cases laid over each other, whatever way they are turned, mirrored or scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CLOSE = 0.05
"""Points fit where they meet within about this share of the map's size."""
_N_PARTS, _N_STEPS, _MOST_FITTED = 8, 40, 5000


@dataclass(frozen=True, eq=False)
class Similarity:
    """Turns, mirrors, scales and shifts points: `points @ matrix + shift`.

    Attributes:
        matrix: an orthogonal matrix times a scale [2, 2].
        shift: [2].
    """

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    def moved(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Points [N, 2] where the similarity puts them."""
        return points.astype(np.float64) @ self.matrix + self.shift


def map_size(points: NDArray[Any]) -> float:
    """Diameter of the circle around a map's middle (its median point) that holds 99 % of the points [N, 2]."""
    middle = np.median(points, axis=0)
    return 2 * float(np.quantile(np.linalg.norm(points - middle, axis=1), 0.99))


def fit_similarity(points: NDArray[Any], reference: NDArray[Any]) -> Similarity:
    """The similarity that brings as many points [N, 2] as possible close to where they are on the reference [N, 2].

    Ordinary Procrustes alignment spreads the blame: one cluster that jumps tilts and shrinks the whole map. Here points
    that do not fit lose their say (weights of the Geman–McClure kernel, iterated), from several starts: all points, and
    the neighbourhoods of eight spread over the reference. The start that ends with the most points in place wins.

    Source: Gower 1975 (Procrustes); Geman & McClure 1987 (the kernel); Holland & Welsch 1977 (iterated weights).
    """
    drawn = np.arange(len(points))
    if len(points) > _MOST_FITTED:  # a similarity has four numbers; more points would not tell it better
        drawn = np.sort(np.random.default_rng(0).choice(len(points), _MOST_FITTED, replace=False))
    x, y = points[drawn].astype(np.float64), reference[drawn].astype(np.float64)
    width = _CLOSE * map_size(y)
    fits = [_refined(x, y, weights, width) for weights in _starts(y)]
    return max(fits, key=lambda fit: float(_agreement(fit.moved(x) - y, width).sum()))


def _starts(y: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Weights [N] to begin with: all points alike, and the surroundings of points far from each other."""
    starts = [np.ones(len(y))]
    nearest = np.full(len(y), np.inf)
    anchor = int(np.linalg.norm(y - np.median(y, axis=0), axis=1).argmin())
    n_around = max(5, len(y) // _N_PARTS)
    for _ in range(_N_PARTS):
        away = np.linalg.norm(y - y[anchor], axis=1)
        starts.append((away <= np.sort(away)[min(n_around, len(y) - 1)]).astype(np.float64))
        nearest = np.minimum(nearest, away)
        anchor = int(nearest.argmax())
    return starts


def _refined(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], width: float) -> Similarity:
    fit = _weighted(x, y, weights)
    for _ in range(_N_STEPS):
        weights = _agreement(fit.moved(x) - y, width) ** 2  # points that do not fit lose their say
        before, fit = fit, _weighted(x, y, weights)
        if np.abs(fit.matrix - before.matrix).max() < 1e-12:
            break
    return fit


def _agreement(apart: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """1 where two positions meet, towards 0 where they are far more than `width` apart [N]."""
    return 1 / (1 + np.square(apart).sum(axis=1) / max(width, 1e-300) ** 2)


def _weighted(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Similarity:
    """The similarity of least weighted squares; its scale is the ratio of the spreads, the same both ways."""
    share = weights / max(weights.sum(), 1e-300)
    x_middle, y_middle = share @ x, share @ y
    x_rest, y_rest = x - x_middle, y - y_middle
    left, _, right = np.linalg.svd((share[:, None] * x_rest).T @ y_rest)
    spread = share @ np.square(x_rest).sum(axis=1)
    scale = float(np.sqrt(share @ np.square(y_rest).sum(axis=1) / spread)) if spread > 0 else 1.0
    matrix = scale * (left @ right)
    return Similarity(matrix, y_middle - x_middle @ matrix)
