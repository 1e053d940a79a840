"""How long the parts of a map take: expected beforehand, corrected by what was measured since."""

from __future__ import annotations

import math
import os

from analysis.projections import estimate_seconds
from app.maps.requests import MapRequest, Part

_LEAST_SECONDS = 0.1
_EXACT_SECONDS = 2.8e-11  # a case, a case and a dimension: 50,000 × 128 take 8.9 s on two cores
_DESCENT_SECONDS = 1.2e-8  # a case, a dimension and a neighbour, and its recall
_EXACT_UP_TO = 20_000
_QUALITY_SECONDS = 2e-9  # a rated case, a case and a dimension
_RATED = 2000
_PLACING_SECONDS = 3e-6


def usable_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def worker_threads() -> int:
    """Threads of the process that computes maps: one core is left to the pages, where there are more than two."""
    return max(1, usable_cores() - 1)


def layout_neighbours(request: MapRequest, n: int) -> int:
    """Neighbours of each of n cases that a layout is computed from; 0: it takes none."""
    wanted = {"umap": request.n_neighbors, "tsne": math.ceil(3 * request.perplexity)}.get(request.method, 0)
    return min(wanted, n - 1)


def neighbour_seconds(n: int, d: int, k: int) -> float:
    """What finding k neighbours of n cases of d dimensions takes."""
    return _LEAST_SECONDS + (_EXACT_SECONDS * n * n * d if n <= _EXACT_UP_TO else _DESCENT_SECONDS * n * d * k)


def part_seconds(request: MapRequest, part: Part, n: int, d: int) -> float:
    """What a part of a map of n cases of d dimensions takes, without the parts that come before it."""
    if part == "layout":
        return _LEAST_SECONDS + estimate_seconds(n, d, request.method, cores=worker_threads())
    if part == "neighbours":
        return _LEAST_SECONDS
    if part == "quality":
        return _LEAST_SECONDS + _QUALITY_SECONDS * min(n, _RATED) * n * d
    return _LEAST_SECONDS + _PLACING_SECONDS * n
