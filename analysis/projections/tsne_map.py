"""t-SNE: laid out by openTSNE from a graph of neighbours that is known already."""

from __future__ import annotations

import math
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
    embedding = TSNEEmbedding(
        _start(z, seed),
        affinities_of(graph, used),
        negative_gradient_method="fft",
        n_jobs=1,
    )
    for exaggeration, momentum, begin, n_iter in ((_EXAGGERATION, 0.5, 0, _EARLY), (1, 0.8, _EARLY, _LATE)):

        def tell(iteration: int, error: float, embedding: Any, begin: int = begin) -> None:
            report(begin + iteration, _EARLY + _LATE)

        embedding.optimize(
            n_iter,
            exaggeration=exaggeration,
            momentum=momentum,
            inplace=True,
            callbacks=[tell],
            callbacks_every_iters=_TOLD_EVERY,
        )
    parameters: dict[str, float | int | str] = {
        "perplexity": used,
        "implementation": f"openTSNE {metadata.version('openTSNE')}",
    }
    return Layout(np.asarray(embedding), parameters, _AXES, notes if used < perplexity else ())


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
