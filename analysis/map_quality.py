"""How far a map of latent vectors can be read: are neighbours on the map neighbours in z, and the other way round?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.neighbours import NeighbourGraph, find_neighbours

_ROWS, _COLUMNS = 256, 8192
"""Distances are computed in tiles of this size: 16 MiB."""
_MOST_WORK, _FEWEST_RATED = 10**11, 500
"""Numbers read to rate the drawn cases, some ten seconds' worth; and how many are rated whatever it takes."""
_SAME = 1 + 1e-6
"""Distances within this factor count as equal: float32 rounds."""


@dataclass(frozen=True, eq=False)
class MapQuality:
    """What a map kept of the neighbourhoods in z; the array is read-only.

    Attributes:
        trustworthiness: 1: every neighbour on the map is one in z; lower: the map shows neighbours that are none.
        continuity: 1: every neighbour in z is one on the map; lower: the map tears neighbours apart.
        kept: for each case [N], the share of its k nearest on the map that are as near in z as its k-th nearest
            there, in [0, 1]. Where no distances tie, this is also the share of its k nearest in z that are still
            among its k nearest on the map: both lists have k entries.
        k: neighbours looked at.
        n_rated: cases that trustworthiness and continuity were averaged over, drawn at random where there are many.
        recall: share of the true neighbours in z that the search found; 1 where it was exact.
    """

    trustworthiness: float
    continuity: float
    kept: NDArray[np.float32]
    k: int
    n_rated: int
    recall: float = 1.0

    def __post_init__(self) -> None:
        frozen = self.kept.view()  # the caller's own array stays as it is
        frozen.setflags(write=False)
        object.__setattr__(self, "kept", frozen)

    def sentence(self) -> str:
        """The figures in plain words."""
        search = "" if self.recall >= 0.995 else f"; {self.recall:.0%} of the neighbours in z were found"
        return (
            f"{float(self.kept.mean()):.0%} of the neighbours on this map are real: of each case's {self.k} nearest, "
            f"that share are among its {self.k} nearest in z (trustworthiness {self.trustworthiness:.3f}, "
            f"continuity {self.continuity:.3f}{search})."
        )


def measure_map(
    z: NDArray[Any],
    points: NDArray[Any],
    *,
    k: int = 10,
    neighbours: NeighbourGraph | None = None,
    most_rated: int = 2000,
    seed: int = 0,
) -> MapQuality:
    """Compare neighbourhoods in z [N, D] with those on the map [N, 2].

    Up to `most_rated` cases the figures are those of `sklearn.manifold.trustworthiness` (continuity: with the spaces
    exchanged). Where distances tie, scikit-learn takes the order in which it happens to sort; here all cases at the
    same distance share the better rank, and a neighbour on the map counts as kept if it is no farther in z than the
    k-th nearest there: identical cases do not make a map look worse than it is.

    Args:
        z: latent vectors.
        points: where the map puts them.
        k: neighbours looked at; lowered to the largest number below N / 2.
        neighbours: nearest neighbours in z where they are known already; searched for if None, or fewer than k.
        most_rated: trustworthiness and continuity are averaged over at most this many cases; over fewer, but at least
            500, where N·D is beyond fifty million.
        seed: of the drawn cases.

    Raises:
        ValueError: fewer than 3 cases, other lengths, numbers that are not finite, or k below 1.

    Source: Venna & Kaski 2001.
    """
    n = len(z)
    if n < 3 or len(points) != n or k < 1 or (neighbours is not None and len(neighbours) != n):
        known = "" if neighbours is None else f", neighbours of {len(neighbours)}"
        raise ValueError(
            f"{n} latent vectors, {len(points)} points{known}, k={k}; expected equal numbers from 3, k from 1"
        )
    if not (np.isfinite(z).all() and np.isfinite(points).all()):
        raise ValueError("z or the points of the map hold numbers that are not finite; expected finite ones")
    k = min(k, (n - 1) // 2)
    is_small = n <= most_rated
    in_z, recall = _nearest_in_z(z, k, neighbours, is_small=is_small)
    on_map = _nearest(points, k) if is_small else find_neighbours(points, k).indices
    is_real = _is_as_near(z, np.arange(n), on_map, in_z[:, -1])
    rated = np.arange(n) if is_small else _draw(z, most_rated, seed)
    is_shown = _is_as_near(points, rated, in_z[rated], on_map[rated, -1])
    return MapQuality(
        trustworthiness=_share_of_true(z, rated, on_map[rated], ~is_real[rated]),
        continuity=_share_of_true(points, rated, in_z[rated], ~is_shown),
        kept=is_real.mean(axis=1, dtype=np.float32),
        k=k,
        n_rated=len(rated),
        recall=recall,
    )


def measure_kept(
    z: NDArray[Any], points: NDArray[Any], *, k: int = 10, neighbours: NeighbourGraph | None = None
) -> NDArray[np.float32]:
    """Only `MapQuality.kept` [N], as `measure_map` measures it; in far less time where N·D is large."""
    return measure_map(z, points, k=k, neighbours=neighbours, most_rated=1).kept


def _nearest_in_z(
    z: NDArray[Any], k: int, known: NeighbourGraph | None, *, is_small: bool
) -> tuple[NDArray[Any], float]:
    """The k nearest in z [N, k], and the share of them that the search found."""
    if known is not None and known.k >= k:
        return known.indices[:, :k], known.recall
    if is_small:
        return _nearest(z, k), 1.0
    found = find_neighbours(z, k)
    return found.indices, found.recall


def _nearest(rows: NDArray[Any], k: int) -> NDArray[Any]:
    """The k nearest other rows of each, in double precision."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k).fit(rows.astype(np.float64)).kneighbors(return_distance=False)


def _draw(z: NDArray[Any], most: int, seed: int) -> NDArray[np.int64]:
    """The rows to rate, in order: fewer of very large tables, so that it takes seconds."""
    most = min(most, max(_FEWEST_RATED, _MOST_WORK // z.size))
    return np.sort(np.random.default_rng(seed).choice(len(z), most, replace=False))


def _is_as_near(
    rows: NDArray[Any], asked: NDArray[np.int64], named: NDArray[Any], farthest: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether the named rows [M, k] are no farther from the asked ones [M] than one other row of each is; [M, k]."""
    answer = np.empty(named.shape, dtype=np.bool_)
    for start in range(0, len(asked), 4096):
        part = slice(start, start + 4096)
        own = rows[asked[part]]
        limit = np.square(own - rows[farthest[part]]).sum(axis=1)
        away = np.square(own[:, None] - rows[named[part]]).sum(axis=2)  # [part, k]
        answer[part] = away <= limit[:, None] * _SAME**2
    return answer


def _share_of_true(
    rows: NDArray[Any], rated: NDArray[np.int64], named: NDArray[Any], is_beyond: NDArray[np.bool_]
) -> float:
    """1 − the normalised sum of how far the named neighbours of the rated rows [M, k] rank beyond k."""
    n, k = len(rows), named.shape[1]
    at, place = np.nonzero(is_beyond)  # the others rank within k
    ranks = 1 + _count_nearer(rows, rated, at, named[at, place])
    beyond = float(np.maximum(ranks - k, 0).sum())
    return 1 - 2 * beyond / (len(rated) * k * (2 * n - 3 * k - 1))


def _count_nearer(
    rows: NDArray[Any], rated: NDArray[np.int64], at: NDArray[np.int64], named: NDArray[Any]
) -> NDArray[np.int64]:
    """How many rows lie nearer to rated[at[p]] than the row named[p] does, for every pair p; `at` ascending."""
    centre = rows.mean(axis=0, dtype=np.float64)
    asked, others = (rows[some].astype(np.float64) - centre for some in (rated, named))
    squares = np.einsum("nd,nd->n", asked, asked)
    limits = np.square(asked[at] - others).sum(axis=1) - squares[at]  # on |y|² − 2xy, which is |x − y|² − |x|²
    factors = np.concatenate([-2 * asked, np.ones((len(asked), 1))], axis=1)
    counts = np.zeros(len(at), dtype=np.int64)
    for column in range(0, len(rows), _COLUMNS):
        tile = rows[column : column + _COLUMNS].astype(np.float64) - centre
        sizes = np.einsum("nd,nd->n", tile, tile)
        tile = np.concatenate([tile, sizes[:, None]], axis=1).T
        rounding = 1e-13 * max(sizes.max(), squares.max())  # of |y|² − 2xy in double precision
        for start in range(0, len(rated), _ROWS):
            chunk = slice(start, start + _ROWS)
            away = factors[chunk] @ tile  # [chunk, tile]
            away[_own_places(rated[chunk], column, away.shape[1])] = np.inf  # a case is not its own neighbour
            first, last = np.searchsorted(at, [start, start + len(away)])
            for pair in range(first, last):
                counts[pair] += np.count_nonzero(away[at[pair] - start] < limits[pair] - rounding)
    return counts


def _own_places(chunk: NDArray[np.int64], column: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where a tile that begins at `column` holds the distances of the chunk's rows to themselves."""
    inside = np.flatnonzero((chunk >= column) & (chunk < column + width))
    return inside, chunk[inside] - column
