"""Links between neighbours in z that cross a border, held against those that would cross it a little to its side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHIFTS = (0.2, 0.35, 0.5)
"""Shares of a side by which the border is moved into it."""
_N_SPREADS = 20
_LEAST_REACHED = 0.2
_Gather = Callable[[NDArray[np.float64]], NDArray[np.float64]]
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
    pull = np.where(side, 1.0, -1.0)
    if _crossing(side, start, end):  # else nothing is voted over and nothing spreads
        gather = _gathering(start, end, len(side))
        degree = np.maximum(gather(np.ones(len(side))), 1)
        side = _by_vote(side, gather)
        pull = np.where(side, 1.0, -1.0)
        for _ in range(_N_SPREADS):
            pull = 0.5 * pull + 0.5 * gather(pull) / degree
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


def _gathering(start: NDArray[np.int64], end: NDArray[np.int64], n: int) -> _Gather:
    """A function that sums what is at the other ends of each case's links, whichever way they run."""
    from scipy.sparse import csr_matrix

    begins = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=n))])  # `start` ascends
    links = csr_matrix((np.ones(len(end)), end, begins), shape=(n, n))
    back = links.T
    return lambda values: np.asarray(links @ values + back @ values)


def _by_vote(side: NDArray[np.bool_], gather: _Gather) -> NDArray[np.bool_]:
    """The side that most of each case's neighbours are on; the given sides where a group would not survive that."""
    vote = gather(np.where(side, 1.0, -1.0))
    voted = np.where(vote == 0, side, vote > 0)
    survives = min(voted[side].mean(), (~voted[~side]).mean()) >= 0.5
    return voted if survives else side


def _flipped(side: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    flipped = side.copy()
    flipped[rows] = ~flipped[rows]
    return flipped


def _crossing(side: NDArray[np.bool_], start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(side[start] != side[end]))
