"""Links between neighbours in z that cross a border, held against those that would cross it a little to its side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHIFTS = (0.2, 0.35, 0.5)
"""Shares of a side by which the border is moved into it."""
_N_SPREADS = 20
_LEAST_REACHED = 0.2
_MOST_LINKS, _FEWEST_LINKS = 15, 3
"""Links of each case that count; fewer in small groups, whose nearest must be others."""


@dataclass(frozen=True)
class BorderLinks:
    """What crosses a border between two groups of cases.

    Attributes:
        crossing: links between a case of one group and a case of the other.
        expected: links that cross when the border is moved: the median over shifts into either group, the lesser of
            the two groups counts.
    """

    crossing: int
    expected: float


def count_border_links(side: NDArray[np.bool_], near: NDArray[Any], z: NDArray[Any]) -> BorderLinks:
    """Count the links across a border, and what to expect if nothing were special about where it runs.

    In a crowd without a gap, it does not matter much where one cuts: the links that cross here are about as many as
    those that cross after some of the nearest cases of one side are counted to the other. Through a gap hardly any
    links run, and every move of the border makes them many more. No shapes, densities or dimensions are assumed: the
    crowd itself says what to expect.

    A case whose neighbours are mostly of the other side is counted there, so that a few cases that the map has put in
    the wrong place do not close a gap; unless a group would lose half its cases by that. "Nearest" is what a random
    walk along the links, begun on the other side, reaches most.

    Args:
        side: which group each of the M cases is in [M].
        near: the cases' nearest neighbours among the M cases, nearest first [M, k]; −1: another case.
        z: their latent vectors [M, D]; they order the cases that no walk reaches.
    """
    k = max(_FEWEST_LINKS, min(_MOST_LINKS, int(min(side.sum(), (~side).sum())) // 3))
    start, end = _links(near[:, :k])
    matrix, degree = _symmetric(start, end, len(side))
    side = _by_vote(side, matrix)
    pull = np.where(side, 1.0, -1.0)
    for _ in range(_N_SPREADS):
        pull = 0.5 * pull + 0.5 * (matrix @ pull) / degree
    apart = z.astype(np.float64) @ (z[side].mean(axis=0, dtype=np.float64) - z[~side].mean(axis=0, dtype=np.float64))
    expected = []
    for here, towards in ((side, -pull), (~side, pull)):
        order = np.flatnonzero(here)
        order = order[np.lexsort((np.where(side, apart, -apart)[order], -towards[order]))]
        n_reached = int((np.abs(pull[order]) < 1 - 1e-12).sum())
        n_moved = n_reached if n_reached >= _LEAST_REACHED * len(order) else len(order)
        counts = [_crossing(_flipped(side, order[: int(share * n_moved)]), start, end) for share in _SHIFTS]
        expected.append(float(np.median(counts)))
    return BorderLinks(_crossing(side, start, end), min(expected))


def _links(near: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the links between the cases start and end [links]."""
    start, place = np.nonzero(near >= 0)
    return start, near[start, place].astype(np.int64)


def _symmetric(start: NDArray[np.int64], end: NDArray[np.int64], n: int) -> tuple[Any, NDArray[np.float64]]:
    """The links both ways round as a sparse matrix [M, M], and how many each case has [M], at least 1."""
    from scipy.sparse import csr_matrix

    ones = np.ones(2 * len(start))
    matrix = csr_matrix((ones, (np.concatenate([start, end]), np.concatenate([end, start]))), shape=(n, n))
    return matrix, np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1)


def _by_vote(side: NDArray[np.bool_], matrix: Any) -> NDArray[np.bool_]:
    """The side that most of each case's neighbours are on; the given sides where a group would not survive that."""
    vote = matrix @ np.where(side, 1.0, -1.0)
    voted = np.where(vote == 0, side, vote > 0)
    survives = min(voted[side].mean(), (~voted[~side]).mean()) >= 0.5
    return voted if survives else side


def _flipped(side: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    flipped = side.copy()
    flipped[rows] = ~flipped[rows]
    return flipped


def _crossing(side: NDArray[np.bool_], start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(side[start] != side[end]))
