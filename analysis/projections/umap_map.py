"""UMAP: laid out from a graph of neighbours that is known already, which spares its own search and its compilation."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.neighbours import NeighbourGraph, Report
from analysis.projections.layout import Layout

_AXES = ("UMAP 1", "UMAP 2")
_MANY = 10_000


def lay_out_umap(
    z: NDArray[Any], graph: NeighbourGraph, n_neighbors: int, min_dist: float, seed: int, report: Report
) -> Layout:
    """UMAP of z [N, D].

    Args:
        z: latent vectors.
        graph: their nearest neighbours, from n_neighbors − 1 (UMAP counts the case itself).
        n_neighbors: neighbours that are kept near; lowered to N − 1 with a note.
        min_dist: how near points may lie.
        seed: of everything random.
        report: told of the epochs; what it raises ends the layout.

    Source: McInnes et al. 2018 (umap-learn).
    """
    used = min(n_neighbors, len(z) - 1)
    notes = (
        f"n_neighbors {n_neighbors} needs more than {n_neighbors} cases; {used}, the largest value that works, is used "
        f"for these {len(z)}",
    )
    indices, distances = with_self(graph, used)
    with _threads_as_they_were(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")  # it only serves its own transform
        made = umap_class()(
            n_neighbors=used,
            min_dist=min_dist,
            random_state=seed,
            n_jobs=1,  # with more threads it is not reproducible
            precomputed_knn=(indices, distances),
            force_approximation_algorithm=True,
            tqdm_kwds=_bar(report),
        )
        points = made.fit_transform(z)
    parameters: dict[str, float | int | str] = {"n_neighbors": used, "min_dist": min_dist}
    return Layout(points, parameters, _AXES, notes if used < n_neighbors else ())


def place_by_umap(
    points: NDArray[np.float32],
    near: NDArray[np.int32],
    distances: NDArray[np.float32],
    *,
    min_dist: float,
    seed: int,
    report: Report,
) -> NDArray[np.float32]:
    """New cases between those of a finished UMAP map [N, 2], which do not move.

    The steps of UMAP's own transform, given the neighbours: it would search for them by an index whose compilation
    takes longer than the map.

    Args:
        points: the map.
        near: rows of the map's cases nearest to each new one [M, k].
        distances: to them in z [M, k].
        min_dist: of the map.
        seed: of the negative samples, which UMAP's transform draws alike, except that they also depend on the last
            bits of where a case starts.
        report: told of the epochs; what it raises ends the work.

    Source: McInnes et al. 2018 (umap-learn).
    """
    import scipy.sparse

    umap_class()  # imports umap without its remark
    from umap import umap_
    from umap.layouts import optimize_layout_euclidean

    near, far = np.array(near, dtype=np.int32), np.array(distances, dtype=np.float32)  # compiled for writable arrays
    sigmas, rhos = umap_.smooth_knn_dist(far, float(near.shape[1]), local_connectivity=0.0)
    rows, columns, strengths, _ = umap_.compute_membership_strengths(near, far, sigmas, rhos, bipartite=True)
    graph = scipy.sparse.coo_matrix((strengths, (rows, columns)), shape=(len(near), len(points)))
    start = _between(points, near, far, strengths.reshape(near.shape))
    n_epochs = 100 if len(near) <= _MANY else 30
    graph.data[graph.data < graph.data.max() / n_epochs] = 0.0
    graph.eliminate_zeros()
    a, b = umap_.find_ab_params(1.0, min_dist)
    placed = optimize_layout_euclidean(
        start,
        points.astype(np.float32, copy=True),  # it would write into what it is given
        graph.row,
        graph.col,
        n_epochs,
        graph.shape[1],
        umap_.make_epochs_per_sample(graph.data, n_epochs),
        a,
        b,
        np.random.RandomState(seed).randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64),  # as UMAP draws them
        initial_alpha=0.25,
        tqdm_kwds=_bar(report),
        move_other=False,
    )
    return np.asarray(placed, dtype=np.float32)


def _between(
    points: NDArray[np.float32], near: NDArray[np.int32], distances: NDArray[np.float32], strengths: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where new cases start [M, 2]: at the mean of their neighbours, weighted, or at the point of an identical case."""
    start = np.empty((len(near), 2), dtype=np.float32)
    for begin in range(0, len(near), _MANY):
        part = slice(begin, begin + _MANY)
        weights = strengths[part] / strengths[part].sum(axis=1, keepdims=True)
        start[part] = (weights[:, :, None] * points[near[part]]).sum(axis=1)
    is_known = distances[:, 0] == 0
    start[is_known] = points[near[is_known, 0]]
    return start


def umap_class() -> Any:
    """umap-learn's UMAP, imported without its remark that Tensorflow is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # only its parametric kind needs it
        from umap import UMAP
    return UMAP


def with_self(graph: NeighbourGraph, n_neighbors: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Indices and distances [N, n_neighbors] as UMAP counts them: each case is its own first neighbour."""
    own = np.arange(len(graph), dtype=np.int32)[:, None]
    indices = np.concatenate([own, graph.indices[:, : n_neighbors - 1]], axis=1)
    distances = np.concatenate([np.zeros(own.shape, np.float32), graph.distances[:, : n_neighbors - 1]], axis=1)
    return indices, distances


@contextmanager
def _threads_as_they_were() -> Iterator[None]:
    """UMAP sets numba's number of threads, and leaves it so when it is interrupted."""
    import numba

    before = numba.get_num_threads()
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _bar(report: Report) -> dict[str, Any]:
    """What UMAP is to hand to its progress bar."""
    form = {"bar_format": "{n_fmt}/{total_fmt}", "desc": ""}
    return {"disable": False, "file": _Bar(report), "mininterval": 0, "miniters": 1, **form}


class _Bar:
    """What tqdm takes for a terminal: reads "epoch/epochs" and tells it on."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def write(self, text: str) -> None:
        found = re.search(r"(\d+)/(\d+)", text)
        if found:
            self._report(int(found[1]), int(found[2]))

    def flush(self) -> None:
        """Nothing waits."""
