"""Whether the gaps that a map shows between groups of points are there in z too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.border_links import count_border_links
from analysis.map_groups import MapGroups, find_groups
from analysis.neighbours import NeighbourGraph, Report

Verdict = Literal["real", "not real", "unclear"]

_REAL, _NOT_REAL = 0.25, 0.4
"""Shares of the expected links: below the first a gap is real, from the second on it is not."""
_FEWEST_LINKS = 10
_MUCH_LINKED = 0.01
_MOSTLY = 0.6
_MOST_NAMED = 3


@dataclass(frozen=True)
class Gap:
    """Two groups of points that a map shows apart.

    Attributes:
        first: number of one group; the lower, so the larger one.
        second: number of the other.
        first_size: its cases.
        second_size: the other's cases.
        crossing: links between nearest neighbours in z that run from one group to the other.
        expected: links that would cross without a gap, see `analysis.border_links`.
        verdict: "real" below a quarter of the expected links, "not real" from 40 % of them on; "unclear" between, or
            where fewer than 10 are expected.
        is_facing: no third group lies between the two on the map.
    """

    first: int
    second: int
    first_size: int
    second_size: int
    crossing: int
    expected: float
    verdict: Verdict
    is_facing: bool

    @property
    def is_real(self) -> bool:
        """Whether z has the gap too."""
        return self.verdict == "real"

    @property
    def ratio(self) -> float:
        """Links that cross as a share of those expected without a gap; NaN where none are expected."""
        return self.crossing / self.expected if self.expected > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class MapGaps:
    """The groups that a map shows, and which of the gaps between them are real.

    Attributes:
        cluster: the group of each case [N], 0 for the largest; −1: of none. Read-only.
        names: of the groups, "the group of 120 (mostly effusion)".
        gaps: between groups that face each other on the map, and of the others those that are not real.
    """

    cluster: NDArray[np.int32]
    names: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def sentence(self) -> str:
        """What it means for reading the map, in plain words."""
        if len(self.names) < 2:
            return "The map shows one crowd: there is no gap to judge."
        if not self.gaps:
            return "No groups face each other on this map: there is no gap to judge."
        false, unclear, real = (self.of(verdict) for verdict in ("not real", "unclear", "real"))
        if false:
            gap, plural = ("gap", "is") if len(false) == 1 else ("gaps", "are")
            rest = _rest(len(real), len(unclear))
            return f"The {gap} {_listed([self._between(gap) for gap in false])} {plural} not real in z{rest}."
        if len(self.gaps) == 1:
            between = self._between(self.gaps[0])
            return (
                f"The gap {between} is real in z." if real else f"It is unclear whether the gap {between} is real in z."
            )
        if not unclear:
            count = "Both" if len(real) == 2 else f"All {len(real)}"
            return f"{count} gaps between the {len(self.names)} groups on this map are real in z."
        plural = "is" if len(real) == 1 else "are"
        return f"{len(real)} of the {len(self.gaps)} gaps on this map {plural} real in z; the others are unclear."

    def of(self, verdict: Verdict) -> tuple[Gap, ...]:
        """The gaps of one verdict, between the largest groups first."""
        found = [gap for gap in self.gaps if gap.verdict == verdict]
        return tuple(sorted(found, key=lambda gap: -gap.second_size))

    def _between(self, gap: Gap) -> str:
        return f"between {self.names[gap.first]} and {self.names[gap.second]}"


def judge_gaps(
    points: NDArray[Any],
    graph: NeighbourGraph,
    z: NDArray[Any],
    *,
    labels: Sequence[str] | NDArray[np.str_] | None = None,
    groups: MapGroups | None = None,
    report: Report | None = None,
) -> MapGaps:
    """Find the groups that a map shows, and judge for each pair of neighbouring ones whether z has the gap too.

    A gap is judged by the links between nearest neighbours in z: those that cross it against those that would cross if
    there were none, which is counted by moving the border a little into either group (`analysis.border_links`). Links
    between identical cases do not count. Round
    clouds of 600 cases whose middles are 5 standard deviations apart have 10 to 20 % of the expected links in 2 to 30
    dimensions, and 2 to 7 % at 6; crowds that were torn have 55 to 150 %, and a strip that UMAP tore, which it does
    where cases happen to be few, 30 to 110 %. What 15 links cannot see is not
    seen: in 128 dimensions the clouds must be 8 standard deviations apart.

    Args:
        points: of the map [N, 2].
        graph: nearest neighbours in z; up to 15 of each case count.
        z: the latent vectors [N, D].
        labels: a word for each case [N], "" where there is none; groups are named by the word that most cases have.
        groups: where they are known already; found by `find_groups` if None.
        report: told of progress, in pairs of groups.

    Raises:
        ValueError: arrays of different lengths.
    """
    lengths = {len(points), len(graph), len(z)} | (set() if labels is None else {len(labels)})
    if len(lengths) != 1:
        raise ValueError(f"{len(points)} points, neighbours of {len(graph)}, {len(z)} latent vectors, "
                         f"{'no' if labels is None else len(labels)} labels: expected equal numbers")  # fmt: skip
    found = find_groups(points) if groups is None else groups
    pairs = sorted({*found.facing, *_linked(found, graph)})
    gaps = []
    for done, pair in enumerate(pairs):
        gap = _judge(pair, found, graph, z)
        if gap.is_facing or gap.verdict == "not real":
            gaps.append(gap)
        if report is not None:
            report(done + 1, len(pairs))
    return MapGaps(found.member, _names(found, labels), tuple(gaps))


def _linked(groups: MapGroups, graph: NeighbourGraph) -> set[tuple[int, int]]:
    """Pairs of groups with so many links that the map may have torn them apart and put them far from each other."""
    n = len(groups)
    start, end = groups.member[:, None], groups.member[graph.indices[:, :5]]
    between = (start >= 0) & (end >= 0)
    links = np.bincount((start * n + end)[between], minlength=n * n).reshape(n, n)
    links = links + links.T
    lesser = np.minimum.outer(links.sum(axis=1), links.sum(axis=1))
    first, second = np.nonzero(np.triu(links >= np.maximum(_MUCH_LINKED * lesser, _FEWEST_LINKS), 1))
    return set(zip(first.tolist(), second.tolist(), strict=True))


def _judge(pair: tuple[int, int], groups: MapGroups, graph: NeighbourGraph, z: NDArray[Any]) -> Gap:
    rows = np.flatnonzero(np.isin(groups.member, pair))
    place = np.full(len(groups.member), -1, np.int64)
    place[rows] = np.arange(len(rows))
    near = np.where(graph.distances[rows] > 0, place[graph.indices[rows]], -1)  # copies of a case say nothing of others
    links = count_border_links(groups.member[rows] == pair[1], near, z[rows])
    verdict: Verdict = "unclear"
    if links.expected >= _FEWEST_LINKS:
        share = links.crossing / links.expected
        verdict = "real" if share < _REAL else "not real" if share >= _NOT_REAL else "unclear"
    sizes = (groups.sizes[pair[0]], groups.sizes[pair[1]])
    return Gap(*pair, *sizes, links.crossing, links.expected, verdict, pair in groups.facing)


def _names(groups: MapGroups, labels: Sequence[str] | NDArray[np.str_] | None) -> tuple[str, ...]:
    words = None if labels is None else np.asarray(labels, dtype=np.str_)
    names = []
    for group, size in enumerate(groups.sizes):
        inside = Counter() if words is None else Counter(words[groups.member == group].tolist())
        word, count = inside.most_common(1)[0] if inside else ("", 0)
        names.append(f"the group of {size:,}" + (f" (mostly {word})" if word and count >= _MOSTLY * size else ""))
    return tuple(names)


def _listed(between: list[str]) -> str:
    """The first gaps by name, the others counted."""
    more = len(between) - _MOST_NAMED
    named = between[:_MOST_NAMED] + ([f"{more} more"] if more > 0 else [])
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _rest(n_real: int, n_unclear: int) -> str:
    """How the other gaps were judged, as the end of a sentence; "" if there are none."""
    if n_real + n_unclear == 0:
        return ""
    if n_real + n_unclear == 1:
        return f"; the other one is {'real' if n_real else 'unclear'}"
    if n_real == 0 or n_unclear == 0:
        return f"; the other {n_real + n_unclear} are {'real' if n_real else 'unclear'}"
    return (
        f"; of the other {n_real + n_unclear}, {n_real} {'is' if n_real == 1 else 'are'} real and {n_unclear} unclear"
    )
