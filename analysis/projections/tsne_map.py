"""t-SNE: laid out by openTSNE from a graph of neighbours that is known already."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.neighbours import NeighbourGraph, Report
from analysis.projections.layout import Layout
from analysis.projections.planes import lay_out_pca

_AXES = ("t-SNE 1", "t-SNE 2")
_EARLY, _LATE = 250, 500
_EXAGGERATION = 12.0
_START_SPREAD = 1e-4
_TOLD_EVERY = 10
_BARNES_HUT_BELOW = 7_000
"""Fewer cases are quicker by trees than by interpolation: 1,200 in 2 s instead of 15."""
_GRADIENTS = {"bh": "Barnes-Hut", "fft": "FFT interpolation"}
_PLACING_PERPLEXITY = 5.0
_PLACING_STEPS = 250


def neighbours_for(perplexity: float, n: int) -> int:
    """Neighbours of each of n cases that t-SNE looks at."""
    return min(n - 1, math.ceil(3 * perplexity))


def lay_out_tsne(z: NDArray[Any], graph: NeighbourGraph, perplexity: float, seed: int, report: Report) -> Layout:
    """t-SNE of z [N, D].

    Args:
        z: latent vectors.
        graph: their nearest neighbours, from `neighbours_for` of them.
        perplexity: the effective number of neighbours; lowered to (N − 1) / 3 with a note.
        seed: of where the points start.
        report: told of the iterations; what it raises ends the layout.

    Source: van der Maaten & Hinton 2008; Linderman et al. 2019 (FFT); Poličar et al. 2024 (openTSNE).
    """
    from openTSNE import TSNEEmbedding

    largest = (len(z) - 1) / 3
    used = min(perplexity, largest)
    notes = (
        f"perplexity {perplexity:g} needs at least {3 * perplexity + 1:.0f} cases; {used:.3g}, the largest value that "
        f"works, is used for these {len(z)}",
    )
    gradient = "bh" if len(z) < _BARNES_HUT_BELOW else "fft"
    embedding = TSNEEmbedding(
        _start(z, seed),
        affinities_of(graph, used),
        negative_gradient_method=gradient,
        n_jobs=1,  # two gain a quarter where the machine is idle, and lose tenfold where it is not
    )
    for exaggeration, momentum, begin, n_iter in ((_EXAGGERATION, 0.5, 0, _EARLY), (1, 0.8, _EARLY, _LATE)):
        embedding.optimize(
            n_iter,
            exaggeration=exaggeration,
            momentum=momentum,
            inplace=True,
            callbacks=[_callback(report, begin, _EARLY + _LATE)],
            callbacks_every_iters=_TOLD_EVERY,
        )
    parameters: dict[str, float | int | str] = {
        "perplexity": used,
        "implementation": f"openTSNE {metadata.version('openTSNE')}, {_GRADIENTS[gradient]}",
    }
    return Layout(np.asarray(embedding), parameters, _AXES, notes if used < perplexity else ())


def place_by_tsne(
    points: NDArray[np.float32], near: NDArray[np.int32], distances: NDArray[np.float32], report: Report
) -> NDArray[np.float32]:
    """New cases between those of a finished t-SNE map [N, 2], which do not move.

    Args:
        points: the map.
        near: rows of the map's cases nearest to each new one [M, k].
        distances: to them in z [M, k].
        report: told of the steps; what it raises ends the work.

    Source: Poličar et al. 2021 (openTSNE's transform: start at the median of the neighbours, then a few gentle steps).
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PrecomputedAffinities, joint_probabilities_nn
    from openTSNE.initialization import median
    from openTSNE.tsne import PartialTSNEEmbedding
    from scipy.sparse import identity

    middle = (points.max(axis=0).astype(np.float64) + points.min(axis=0)) / 2
    reference = points.astype(np.float64) - middle  # where openTSNE would move it, but not the new cases with it
    perplexity = min(_PLACING_PERPLEXITY, max(1.0, near.shape[1] / 3))
    affinities = joint_probabilities_nn(
        near.astype(np.int64),
        distances.astype(np.float64),
        [perplexity],
        symmetrize=False,
        normalization="point-wise",
        n_reference_samples=len(reference),
    )
    start = median(reference, near)
    ground = TSNEEmbedding(reference, PrecomputedAffinities(identity(len(reference), format="csr"), normalize=False))
    embedding = PartialTSNEEmbedding(start, ground, affinities, negative_gradient_method="fft", n_jobs=1)
    embedding.optimize(
        _PLACING_STEPS,
        inplace=True,
        learning_rate=0.1,
        exaggeration=1.5,
        momentum=0.8,
        max_grad_norm=0.25,
        callbacks=[_callback(report, 0, _PLACING_STEPS)],
        callbacks_every_iters=_TOLD_EVERY,
    )
    return (np.asarray(embedding) + middle).astype(np.float32)


def _callback(report: Report, begin: int, everything: int) -> Callable[[int, float, Any], None]:
    """What openTSNE calls with (iteration, error, embedding)."""

    def tell(iteration: int, error: float, embedding: Any) -> None:
        report(begin + iteration, everything)

    return tell


def affinities_of(graph: NeighbourGraph, perplexity: float) -> Any:
    """OpenTSNE's affinities of the cases of a graph."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    near = graph.nearest(neighbours_for(perplexity, len(graph)))
    index = PrecomputedNeighbors(np.array(near.indices), np.array(near.distances, np.float64))
    return PerplexityBasedNN(knn_index=index, perplexity=perplexity, n_jobs=1)


def _start(z: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Where the points start [N, 2]: the plane of the largest variance, with a little noise."""
    rng = np.random.default_rng(seed)
    points = lay_out_pca(z).points.astype(np.float64)
    points /= points[:, 0].std()
    noise = rng.normal(scale=_NOISE if z.shape[1] > 1 else 1.0, size=points.shape)
    return (points + noise) * _START_SPREAD


_NOISE = 0.01
