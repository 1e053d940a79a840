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
            tqdm_kwds={"disable": False, "file": _Bar(report), "bar_format": "{n_fmt}/{total_fmt}", "desc": ""},
        )
        points = made.fit_transform(z)
    parameters: dict[str, float | int | str] = {"n_neighbors": used, "min_dist": min_dist}
    return Layout(points, parameters, _AXES, notes if used < n_neighbors else ())


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
