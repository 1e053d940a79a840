"""How long the parts of a map take: expected beforehand, corrected by what was measured since."""

from __future__ import annotations

import math
import os

from analysis.projections import Method, estimate_seconds
from app.maps.requests import N_NEIGHBOURS, MapRequest, Part

_LEAST_SECONDS = 0.1
_EXACT_UP_TO = 20_000
_EXACT_SECONDS = 3e-11  # a case, a case and a dimension
_DESCENT_SECONDS = 2e-8  # a case, a dimension and a neighbour
_DESCENT_BEGINS = 5.0  # loading what is compiled, and measuring the recall
_QUALITY_SECONDS = 4e-10  # a rated case, a case and a dimension
_RATED = 2000
_PLACING_SECONDS = 2e-4  # a case
_LEAST_PACE, _MOST_PACE = 0.1, 20.0
_STABILITY_SECONDS = 3e-6  # a case


def usable_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def worker_threads() -> int:
    """Threads of the process that computes maps: one core is left to the pages, where there are more than two."""
    return max(1, usable_cores() - 1)


def layout_neighbours(request: MapRequest, n: int) -> int:
    """Neighbours of each of n cases that a layout is computed from; 0: it takes none, or finds those of a sample."""
    if request.fitted is not None and request.fitted < n:
        return 0
    wanted = {"umap": request.n_neighbors, "tsne": math.ceil(3 * request.perplexity)}.get(request.method, 0)
    return min(wanted, n - 1)


def neighbour_seconds(n: int, d: int, k: int) -> float:
    """What finding k neighbours of n cases of d dimensions takes."""
    if n <= _EXACT_UP_TO:
        return _LEAST_SECONDS + _EXACT_SECONDS * n * n * d
    return _DESCENT_BEGINS + _DESCENT_SECONDS * n * d * k


def part_seconds(request: MapRequest, part: Part, n: int, d: int) -> float:
    """What a part of a map of n cases of d dimensions takes, without the parts that come before it."""
    if part == "layout":
        fitted = min(n, request.fitted or n)
        placing = _PLACING_SECONDS * (n - fitted)
        return _LEAST_SECONDS + placing + estimate_seconds(fitted, d, request.method, cores=worker_threads())
    if part == "neighbours":
        return _LEAST_SECONDS if request.method == "umap" else neighbour_seconds(n, d, N_NEIGHBOURS)
    if part == "quality":
        return _LEAST_SECONDS + _QUALITY_SECONDS * min(n, _RATED) * n * d
    return _LEAST_SECONDS + _STABILITY_SECONDS * n


class Paces:
    """How much longer than expected the parts took on this computer; safe for many threads."""

    def __init__(self) -> None:
        self._paces: dict[tuple[Method, Part], float] = {}

    def expected(self, request: MapRequest, part: Part, seconds: float) -> float:
        """What a part will take, where `seconds` were expected without having measured any."""
        return seconds * self._paces.get((request.method, part), 1.0)

    def learn(self, request: MapRequest, part: Part, seconds: float, took: float) -> None:
        """A part took some seconds."""
        self._paces[request.method, part] = min(max(took / seconds, _LEAST_PACE), _MOST_PACE)
