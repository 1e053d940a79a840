"""Nearest rows by looking at all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NEARLY_SAME = 1e-4


def nearest_rows(
    queries: NDArray[np.float32], rows: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distances and places [M, k] of the rows [N, D] nearest to queries [M, D], nearest first; identical ones at 0.

    The distances come from |x|² + |y|² − 2xy, which leaves identical vectors a little apart; those that are nearly 0
    are computed anew from the difference.
    """
    from sklearn.neighbors import NearestNeighbors

    distances, places = NearestNeighbors(algorithm="brute").fit(rows).kneighbors(queries, n_neighbors=k)
    at, place = np.nonzero(distances < _NEARLY_SAME * np.linalg.norm(queries, axis=1)[:, None])
    if not len(at):
        return distances, places
    distances[at, place] = np.linalg.norm(queries[at] - rows[places[at, place]], axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(places, order, axis=1)
