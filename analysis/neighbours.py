"""Nearest neighbours of every case, exact where that is quick, else by NN-descent with its recall measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Report = Callable[[int, int], None]
"""Called with (done, all); an exception that it raises cancels."""

_CHUNK = 4096
_FEW_DIMENSIONS = 3
"""Up to here a KD-tree answers exactly, however many cases there are."""
_N_RATED = 500
_SAME = 1 + 1e-5
"""Distances within this factor count as equal: the two ways round differently."""


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """The k nearest other cases of each case, nearest first; arrays read-only.

    A case is never its own neighbour, not even among cases that are identical to it.

    Attributes:
        indices: rows of the neighbours [N, k].
        distances: Euclidean distances to them [N, k].
        method: how they were found.
        recall: share of the true k nearest that were found, over `n_rated` drawn cases; another case at the same
            distance counts as found. 1 where the method is exact.
        n_rated: cases that the recall was measured on; all N where the method is exact.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    method: Literal["exact", "NN-descent"]
    recall: float
    n_rated: int

    def __post_init__(self) -> None:
        for name in ("indices", "distances"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def k(self) -> int:
        """Neighbours of each case."""
        return self.indices.shape[1]

    def nearest(self, k: int) -> NeighbourGraph:
        """The same graph with only the `k` nearest of each case.

        Raises:
            ValueError: the graph does not hold that many.
        """
        if not 1 <= k <= self.k:
            raise ValueError(f"k={k}; expected 1 to {self.k}, the neighbours that the graph holds")
        return NeighbourGraph(
            np.ascontiguousarray(self.indices[:, :k]),
            np.ascontiguousarray(self.distances[:, :k]),
            self.method,
            self.recall,
            self.n_rated,
        )


def find_neighbours(
    rows: NDArray[Any],
    k: int = 15,
    *,
    seed: int = 0,
    exact_up_to: int = 20_000,
    report: Report | None = None,
) -> NeighbourGraph:
    """Find the nearest other cases of each case.

    Args:
        rows: the cases [N, D], N from 2; taken as float32.
        k: neighbours of each; lowered to N − 1.
        seed: of NN-descent and of the cases that its recall is measured on.
        exact_up_to: beyond this many cases of more than 3 dimensions NN-descent is used.
        report: told of progress, in cases.

    Raises:
        ValueError: fewer than 2 cases, numbers that are not finite, or k below 1.

    Source: Dong et al. 2011 (NN-descent; pynndescent); brute force of scikit-learn; KD-tree of SciPy.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    if rows.ndim != 2 or len(rows) < 2 or k < 1 or not np.isfinite(rows).all():
        raise ValueError(f"rows {rows.shape}, k={k}; expected finite numbers [N from 2, D] and k from 1")
    k = min(k, len(rows) - 1)
    told = report or _ignore
    told(0, len(rows))
    if rows.shape[1] <= _FEW_DIMENSIONS or len(rows) <= exact_up_to:
        return NeighbourGraph(*_exact(rows, np.arange(len(rows)), k, told), "exact", 1.0, len(rows))
    found = _descend(rows, k, seed)
    drawn = np.sort(np.random.default_rng(seed).choice(len(rows), size=min(_N_RATED, len(rows)), replace=False))
    recall = _recall(found[1][drawn], _exact(rows, drawn, k, _ignore)[1])
    told(len(rows), len(rows))
    return NeighbourGraph(*found, "NN-descent", recall, len(drawn))


def nearest_among(
    queries: NDArray[Any], rows: NDArray[Any], k: int, *, report: Report | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows [N, D] nearest to each of other vectors [M, D]: their indices and distances [M, k], exact, nearest first.

    Unlike in `find_neighbours` a row that equals the query counts: it is another case.

    Raises:
        ValueError: k is not in 1 to N.
    """
    rows, queries = (np.ascontiguousarray(array, dtype=np.float32) for array in (rows, queries))
    if not 1 <= k <= len(rows):
        raise ValueError(f"k={k}; expected 1 to {len(rows)}, the rows there are")
    search, told = _search(rows), report or _ignore
    indices, distances = np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _CHUNK):
        chunk = queries[start : start + _CHUNK]
        distances[start : start + _CHUNK], indices[start : start + _CHUNK] = search(chunk, k)
        told(start + len(chunk), len(queries))
    return indices, distances


def _ignore(done: int, everything: int) -> None:
    """Nobody wants to know."""


def _search(rows: NDArray[np.float32]) -> Callable[[NDArray[np.float32], int], tuple[NDArray[Any], NDArray[Any]]]:
    """A function of (vectors [M, D], k) that gives the distances and indices [M, k] of the nearest rows."""
    if rows.shape[1] <= _FEW_DIMENSIONS:
        from scipy.spatial import cKDTree

        tree = cKDTree(rows)

        def search(queries: NDArray[np.float32], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
            distances, indices = tree.query(queries, k=np.arange(1, k + 1), workers=-1)
            return distances, indices

        return search
    from sklearn.neighbors import NearestNeighbors

    fitted = NearestNeighbors(algorithm="brute").fit(rows)

    def search_all(queries: NDArray[np.float32], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
        distances, indices = fitted.kneighbors(queries, n_neighbors=k)
        return _mended(queries, rows, distances, indices)

    return search_all


def _mended(
    queries: NDArray[np.float32], rows: NDArray[np.float32], distances: NDArray[Any], indices: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distances that are nearly 0 computed anew: |x|² + |y|² − 2xy leaves identical cases a little apart."""
    sizes = np.linalg.norm(queries, axis=1)[:, None]
    at, place = np.nonzero(distances < 1e-5 * sizes)
    if not len(at):
        return distances, indices
    distances[at, place] = np.linalg.norm(queries[at] - rows[indices[at, place]], axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(indices, order, axis=1)


def _exact(
    rows: NDArray[np.float32], wanted: NDArray[np.int64], k: int, report: Report
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest other rows of the wanted ones [M]: indices and distances [M, k]."""
    search = _search(rows)
    indices, distances = np.empty((len(wanted), k), np.int32), np.empty((len(wanted), k), np.float32)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        far, near = search(rows[chunk], k + 1)
        others = _others(near, chunk)
        indices[start : start + len(chunk)] = near[others].reshape(-1, k)
        distances[start : start + len(chunk)] = far[others].reshape(-1, k)
        report(start + len(chunk), len(wanted))
    return indices, distances


def _others(neighbours: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """All but one entry of each line [M, k + 1]: the case itself or, where identical ones hide it, the farthest."""
    is_self = neighbours == rows[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return ~is_self


def _descend(rows: NDArray[np.float32], k: int, seed: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """NN-descent's answer, what it could not find filled in from the exact one."""
    import warnings

    from pynndescent import NNDescent

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to correctly find n_neighbors")  # they are filled in below
        near, far = NNDescent(rows, n_neighbors=k + 1, random_state=seed).neighbor_graph
    missing = np.flatnonzero((near < 0).any(axis=1))
    others = _others(near, np.arange(len(rows)))
    indices = near[others].reshape(-1, k).astype(np.int32)
    distances = far[others].reshape(-1, k).astype(np.float32)
    if len(missing):
        indices[missing], distances[missing] = _exact(rows, missing, k, _ignore)
    return indices, distances


def _recall(found: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    """Share of the found distances [M, k] that are no larger than the true k-th."""
    return float((found <= true[:, -1:] * _SAME).mean())
