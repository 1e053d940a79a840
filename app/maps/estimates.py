"""How long the parts of a map take: expected beforehand, corrected by what was measured since."""

from __future__ import annotations

import math
import os

from analysis.projections import Method, map_estimates
from app.maps.requests import MapRequest, Part

_LEAST_SECONDS = 0.1
_MEASURED_ON = 2  # cores
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


def neighbour_seconds(n: int, d: int) -> float:
    """What finding the neighbours of n cases of d dimensions takes."""
    return _LEAST_SECONDS + map_estimates.neighbour_seconds(n, d) * _MEASURED_ON / worker_threads()


def part_seconds(request: MapRequest, part: Part, n: int, d: int) -> float:
    """What a part of a map of n cases of d dimensions takes, without the parts that come before it."""
    if part == "layout":
        return _LEAST_SECONDS + _layout_seconds(request, n, d)
    if part == "neighbours":
        return _LEAST_SECONDS if request.method == "umap" else neighbour_seconds(n, d)
    if part == "quality":
        return _LEAST_SECONDS + map_estimates.quality_seconds(n, d)
    return _LEAST_SECONDS + _STABILITY_SECONDS * n


def _layout_seconds(request: MapRequest, n: int, d: int) -> float:
    """Laying out, the neighbours being known; around a sample theirs must be found, and the others placed."""
    fitted = request.fitted
    if fitted is None or fitted >= n:
        return map_estimates.layout_seconds(n, request.method, d)
    searching = neighbour_seconds(fitted, d) + map_estimates.search_seconds(n - fitted, fitted, d)
    layout = map_estimates.layout_seconds(fitted, request.method, d)
    return searching + layout + map_estimates.place_seconds(n - fitted, request.method)


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
