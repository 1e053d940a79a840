"""Nearest neighbours of every case: exact where that is quick, else approximate with the recall measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.brute_force import nearest_rows
from analysis.cell_search import build_cells

Report = Callable[[int, int], None]
"""Called with (done, all); an exception that it raises cancels."""

_CHUNK = 4096
_FEW_DIMENSIONS = 3
"""Up to here a KD-tree answers exactly, however many cases there are."""
_EXACT_PAIRS = 20_000**2
"""Up to so many pairs of a query and a row all are looked at."""
_CELLS_UP_TO = 500_000
"""Beyond this many cases of 128 dimensions NN-descent's compilation, half a minute in each process, is worth it."""
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
    method: Literal["exact", "inverted file", "NN-descent"]
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
        seed: of what is approximate, and of the cases that the recall is measured on.
        exact_up_to: up to this many cases, or 3 dimensions, the answer is exact; beyond, it comes from an inverted
            file, and beyond some 500,000 cases from NN-descent.
        report: told of progress, in cases; NN-descent tells none. What it raises ends the search.

    Returns:
        The graph. The same rows and seed give the same bits on one machine; NN-descent's answer depends on the number
        of numba's threads besides.

    Raises:
        ValueError: fewer than 2 cases, numbers that are not finite, or k below 1.

    Source: Jégou et al. 2011 (inverted file); Dong et al. 2011 (NN-descent, pynndescent); scikit-learn's brute force;
    SciPy's KD-tree.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    if rows.ndim != 2 or len(rows) < 2 or k < 1 or not np.isfinite(rows).all():
        raise ValueError(f"rows {rows.shape}, k={k}; expected finite numbers [N from 2, D] and k from 1")
    k = min(k, len(rows) - 1)
    told, every = report or _ignore, np.arange(len(rows))
    told(0, len(rows))
    if rows.shape[1] <= _FEW_DIMENSIONS or len(rows) <= exact_up_to:
        return NeighbourGraph(*_found(_search_all(rows), rows, every, k, told), "exact", 1.0, len(rows))
    is_descent = len(rows) > max(most_in_cells(rows.shape[1]), exact_up_to)
    if is_descent:
        found = _descend(rows, k, seed)
    else:
        far, near = build_cells(rows, k, seed=seed).query(rows, k + 1, told)
        found = _without_self(far, near, every)
    drawn = np.sort(np.random.default_rng(seed + 1).choice(len(rows), size=min(_N_RATED, len(rows)), replace=False))
    true = _found(_search_all(rows), rows, drawn, k, _ignore)[1]
    recall = float((found[1][drawn] <= true[:, -1:] * _SAME).mean())
    told(len(rows), len(rows))
    return NeighbourGraph(*found, "NN-descent" if is_descent else "inverted file", recall, len(drawn))


def most_in_cells(d: int) -> int:
    """Cases of d dimensions up to which an inverted file is quicker than NN-descent with its compilation."""
    return int(_CELLS_UP_TO * (128 / d) ** 0.5)


def nearest_among(
    queries: NDArray[Any], rows: NDArray[Any], k: int, *, seed: int = 0, report: Report | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows [N, D] nearest to each of other vectors [M, D]: their indices and distances [M, k], nearest first.

    Unlike in `find_neighbours` a row that equals the query counts: it is another case. Exact up to 400 million pairs
    of a query and a row; beyond, an inverted file finds some 99 % of them.

    Raises:
        ValueError: k is not in 1 to N.
    """
    rows, queries = (np.ascontiguousarray(array, dtype=np.float32) for array in (rows, queries))
    if not 1 <= k <= len(rows):
        raise ValueError(f"k={k}; expected 1 to {len(rows)}, the rows there are")
    told = report or _ignore
    if rows.shape[1] > _FEW_DIMENSIONS and len(rows) * len(queries) > _EXACT_PAIRS:
        distances, indices = build_cells(rows, k, seed=seed).query(queries, k, told)
        return indices, distances
    search = _search_all(rows)
    indices, distances = np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _CHUNK):
        chunk = queries[start : start + _CHUNK]
        distances[start : start + _CHUNK], indices[start : start + _CHUNK] = search(chunk, k)
        told(start + len(chunk), len(queries))
    return indices, distances


def _ignore(done: int, everything: int) -> None:
    """Nobody wants to know."""


_Search = Callable[[NDArray[np.float32], int], tuple[NDArray[Any], NDArray[Any]]]
"""Of (vectors [M, D], k): the distances and indices [M, k] of the nearest rows."""


def _search_all(rows: NDArray[np.float32]) -> _Search:
    """Exact search: a tree in few dimensions, else all rows."""
    if rows.shape[1] > _FEW_DIMENSIONS:
        return lambda queries, k: nearest_rows(queries, rows, k)
    from scipy.spatial import cKDTree

    tree = cKDTree(rows)
    return lambda queries, k: tree.query(queries, k=np.arange(1, k + 1), workers=-1)


def _found(
    search: _Search, rows: NDArray[np.float32], wanted: NDArray[np.int64], k: int, report: Report
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest other rows of the wanted ones [M]: indices and distances [M, k]."""
    indices, distances = np.empty((len(wanted), k), np.int32), np.empty((len(wanted), k), np.float32)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        part = slice(start, start + len(chunk))
        indices[part], distances[part] = _without_self(*search(rows[chunk], k + 1), chunk)
        report(start + len(chunk), len(wanted))
    return indices, distances


def _without_self(far: NDArray[Any], near: NDArray[Any], rows: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Indices and distances [M, k] of all but the case itself or, where identical ones hide it, the farthest."""
    is_self = near == rows[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return near[~is_self].reshape(len(rows), -1), far[~is_self].reshape(len(rows), -1)


def _descend(rows: NDArray[np.float32], k: int, seed: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """NN-descent's answer, what it could not find filled in from the exact one."""
    import warnings

    from pynndescent import NNDescent

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to correctly find n_neighbors")  # they are filled in below
        near, far = NNDescent(rows, n_neighbors=k + 1, random_state=seed).neighbor_graph
    missing = np.flatnonzero((near < 0).any(axis=1))
    found, away = _without_self(far, near, np.arange(len(rows)))
    indices, distances = found.astype(np.int32), away.astype(np.float32)
    if len(missing):
        indices[missing], distances[missing] = _found(_search_all(rows), rows, missing, k, _ignore)
    return indices, distances
