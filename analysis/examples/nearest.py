"""Nearest neighbours in z: which training cases does the model see as most like this one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.examples.importance import ExampleImportance
from xaae_core.errors import ExamplesError
from xaae_core.latents import LatentTable

Metric = Literal["euclidean", "cosine"]
METRICS: tuple[Metric, ...] = get_args(Metric)
_NEIGHBOURS = 5
_SAME = 1e-3
"""Nearer than this share of the usual spacing, two cases are the same picture."""
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class NearestExamples(ExampleImportance):
    """Importance by nearness in z; arrays read-only.

    `scores` are 1/‖h − H‖² for the Euclidean metric (lfxai's "DKNN") and the cosine for the cosine metric.

    Attributes:
        distances: in z [N_test, N_train]: Euclidean, or 1 − cosine.
        spacing: median over the training cases of the mean distance to their 5 nearest others: what is usual.
    """

    distances: NDArray[np.float64]
    spacing: float

    def __post_init__(self) -> None:
        super().__post_init__()
        frozen = self.distances.view()
        frozen.setflags(write=False)
        object.__setattr__(self, "distances", frozen)

    def relative(self, row: int) -> NDArray[np.float64]:
        """Distances of one explained case [N_train] in units of the usual spacing; 1: as near as cases usually lie."""
        return self.distances[row] / self.spacing

    def same(self, row: int) -> NDArray[np.int64]:
        """Columns of training cases that are the explained case itself, or a copy of it."""
        return np.flatnonzero(self.relative(row) < _SAME)


def find_nearest(
    z: NDArray[Any],
    train: LatentTable,
    *,
    metric: Metric = "euclidean",
    ids: Sequence[str] | None = None,
    spacing: float | None = None,
) -> NearestExamples:
    """Rank training cases by how near they lie to cases in z.

    Args:
        z: latent vectors of the cases to be explained [N_test, D].
        train: latents of the training cases; all rows are candidates, so hand over `table.rows(split == "train")`.
        metric: "euclidean", or "cosine", which looks at the direction of z alone.
        ids: names of the explained cases; numbers if None.
        spacing: `usual_spacing` of the same cases and metric where it is known already; measured if None.

    Raises:
        ExamplesError: fewer than 2 training cases, another length of z, numbers that are not finite, or training
            cases that all have the same z.
        ValueError: an unknown metric.

    Source: Crabbé & van der Schaar 2022, the nearest-neighbour baseline.
    """
    from scipy.spatial.distance import cdist

    if metric not in METRICS:
        raise ValueError(f'metric is "{metric}"; expected one of {", ".join(METRICS)}')
    wanted, known = np.atleast_2d(np.asarray(z, np.float64)), train.z.astype(np.float64)
    _check(wanted, train, metric)
    distances = cdist(wanted, known, metric)  # [N_test, N_train]
    spacing = _usual_spacing(known, metric) if spacing is None else spacing
    scores = 1 / np.maximum(distances**2, _LEAST) if metric == "euclidean" else 1 - distances
    return NearestExamples(
        scores=scores,
        test_ids=np.array([str(row) for row in range(len(wanted))] if ids is None else list(ids), dtype=np.str_),
        train_ids=train.ids,
        method="nearest neighbours in z",
        parameters={"metric": metric},
        distances=distances,
        spacing=spacing,
    )


def usual_spacing(train: LatentTable, *, metric: Metric = "euclidean") -> float:
    """Median over cases of the mean distance to their 5 nearest others in z; slow for many cases, so ask it once.

    Raises:
        ExamplesError: as `find_nearest`.
    """
    known = train.z.astype(np.float64)
    _check(known[:1], train, metric)
    return _usual_spacing(known, metric)


def _check(z: NDArray[np.float64], train: LatentTable, metric: Metric) -> None:
    if len(train) < 2:
        raise ExamplesError(
            f"{len(train)} training case{'' if len(train) == 1 else 's'}; neighbours need at least 2: "
            "extract the latents of the training data"
        )
    if z.shape[1] != train.z.shape[1]:
        raise ExamplesError(
            f"z has {z.shape[1]} dimensions, the training cases' {train.z.shape[1]}: use latents of the same model"
        )
    bad = ~np.isfinite(train.z).all(axis=1)
    if bad.any() or not np.isfinite(z).all():
        named = f"{int(bad.sum())} training cases, the first: {', '.join(train.ids[bad][:5])}"
        raise ExamplesError(f"z is not finite for {named if bad.any() else 'the explained case'}: extract it anew")
    if metric == "cosine" and not (train.z.any(axis=1).all() and z.any(axis=1).all()):
        raise ExamplesError("a z of zeros has no direction, so there is no cosine: use the Euclidean metric")


def _usual_spacing(z: NDArray[np.float64], metric: Metric) -> float:
    from sklearn.neighbors import NearestNeighbors

    count = min(_NEIGHBOURS, len(z) - 1)
    distances, _ = NearestNeighbors(n_neighbors=count, metric=metric).fit(z).kneighbors()
    spacing = float(np.median(distances.mean(axis=1)))
    if not spacing > _LEAST:
        raise ExamplesError(
            f"most of the {len(z)} training cases have the same z: there are no neighbours to tell apart"
        )
    return spacing
