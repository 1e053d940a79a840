"""How far a map of latent vectors can be read: are neighbours on the map neighbours in z, and the other way round?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 256


@dataclass(frozen=True, eq=False)
class MapQuality:
    """What a map kept of the neighbourhoods in z; the array is read-only.

    Attributes:
        trustworthiness: 1: every neighbour on the map is one in z; lower: the map shows neighbours that are none.
        continuity: 1: every neighbour in z is one on the map; lower: the map tears neighbours apart.
        kept: for each case [N], the share of its k nearest in z that are among its k nearest on the map, in [0, 1].
        k: neighbours looked at.
        n_rated: cases that trustworthiness and continuity were averaged over, drawn at random where there are many.
    """

    trustworthiness: float
    continuity: float
    kept: NDArray[np.float32]
    k: int
    n_rated: int

    def __post_init__(self) -> None:
        frozen = self.kept.view()  # the caller's own array stays as it is
        frozen.setflags(write=False)
        object.__setattr__(self, "kept", frozen)

    def sentence(self) -> str:
        """The figures in plain words."""
        return (
            f"Of each case's {self.k} nearest in z, {float(self.kept.mean()):.0%} are among its {self.k} nearest on "
            f"the map (trustworthiness {self.trustworthiness:.3f}, continuity {self.continuity:.3f})."
        )


def measure_map(
    z: NDArray[Any], points: NDArray[Any], *, k: int = 10, most_rated: int = 2000, seed: int = 0
) -> MapQuality:
    """Compare neighbourhoods in z [N, D] with those on the map [N, 2].

    Args:
        z: latent vectors.
        points: where the map puts them.
        k: neighbours looked at; lowered to the largest number below N / 2.
        most_rated: trustworthiness and continuity are averaged over at most this many cases; a case costs N·D.
        seed: of the drawn cases.

    Raises:
        ValueError: fewer than 3 cases, other lengths, or k below 1.

    Source: Venna & Kaski 2001. Equal distances share the better rank.
    """
    from sklearn.neighbors import NearestNeighbors

    n = len(z)
    if n < 3 or len(points) != n or k < 1:
        raise ValueError(f"{n} latent vectors, {len(points)} points, k={k}; expected equal numbers from 3, k from 1")
    k = min(k, (n - 1) // 2)
    in_z, on_map = (NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False) for rows in (z, points))
    rated = np.arange(n)
    if n > most_rated:
        rated = np.sort(np.random.default_rng(seed).choice(n, size=most_rated, replace=False))
    return MapQuality(
        trustworthiness=_share_of_true(z, on_map, rated, k),
        continuity=_share_of_true(points, in_z, rated, k),
        kept=_overlap(in_z, on_map),
        k=k,
        n_rated=len(rated),
    )


def _share_of_true(rows: NDArray[Any], neighbours: NDArray[np.int64], rated: NDArray[np.int64], k: int) -> float:
    """1 − the normalised sum of how far the given neighbours [N, k] rank beyond k among `rows` [N, D]."""
    from scipy.spatial.distance import cdist

    n = len(rows)
    beyond = 0.0
    for start in range(0, len(rated), _CHUNK):
        chunk = rated[start : start + _CHUNK]
        distances = cdist(rows[chunk], rows)  # [chunk, N]
        distances[np.arange(len(chunk)), chunk] = np.inf  # a case is not its own neighbour
        theirs = np.take_along_axis(distances, neighbours[chunk], axis=1)
        distances.sort(axis=1)
        for all_distances, wanted in zip(distances, theirs, strict=True):
            ranks = np.searchsorted(all_distances, wanted) + 1
            beyond += float(np.maximum(ranks - k, 0).sum())
    return 1 - 2 * beyond / (len(rated) * k * (2 * n - 3 * k - 1))


def _overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float32]:
    """Share of equal entries in each row of two [N, k] arrays, wherever in the row they stand."""
    shares = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), 4096):
        rows = slice(start, start + 4096)
        shares[rows] = (first[rows, :, None] == second[rows, None, :]).any(axis=2).mean(axis=1)
    return shares
