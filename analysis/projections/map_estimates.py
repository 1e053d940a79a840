"""How long a map and its parts take, from measurements on two cores; the busier the machine, the longer."""

from __future__ import annotations

from math import log, sqrt

from analysis.projections.projection import METHODS, Method

_EXACT_PAIRS = 20_000**2
_CELLS_UP_TO = 300_000


def estimate_seconds(n: int, d: int, method: Method, *, cores: int | None = None) -> float:
    """Seconds that `project` takes for n cases of d dimensions in a process that has made a map before.

    The search for neighbours and the quality are counted; UMAP's first map of a process takes some ten seconds more.

    Args:
        n: cases.
        d: dimensions of z.
        method: how the map is made.
        cores: that the computation may use; the two it was measured on if None. Only the search uses them.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    search = neighbour_seconds(n, d) * 2 / max(cores or 2, 1)
    return 0.1 + search + layout_seconds(n, method, d) + quality_seconds(n, d)


def neighbour_seconds(n: int, d: int) -> float:
    """Finding the nearest neighbours of n cases of d dimensions, see `find_neighbours`."""
    if n <= _CELLS_UP_TO:
        return search_seconds(n, n, d)
    return 25.0 + 7e-5 * n * (0.5 + d / 256)  # NN-descent, compiled anew in each process


def search_seconds(n_queries: int, n: int, d: int) -> float:
    """Finding the nearest of n rows of d dimensions to as many queries, see `nearest_among`."""
    if n_queries * n <= _EXACT_PAIRS:
        return 0.02 + n_queries * n * (1e-9 + 2.2e-11 * d)
    return 0.5 + 1e-4 * sqrt(n / 2e5) * (0.4 + d / 213) * (n_queries + 0.2 * n)


def layout_seconds(n: int, method: Method, d: int = 128) -> float:
    """Laying n cases out, their neighbours being known."""
    if method == "umap":
        return 1.0 + 7.5e-4 * min(n, 10_000) + 4e-4 * max(n - 10_000, 0)  # up to 10,000 cases 500 epochs, above 200
    if method == "tsne":
        return 0.2 + 2.3e-3 * n if n < 10_000 else 13.0 + 1e-3 * n  # trees, then interpolation
    return 1e-8 * d * n


def place_seconds(n: int, method: Method) -> float:
    """Placing n cases on a finished map, their neighbours being known."""
    return 0.5 + {"umap": 8e-5, "tsne": 1e-4, "pca": 1e-6, "pls": 1e-6}[method] * n


def quality_seconds(n: int, d: int, *, n_rated: int = 2000) -> float:
    """Measuring what a map of n cases of d dimensions kept, their neighbours being known."""
    return 0.05 + 4e-10 * min(n, n_rated) * n * d + 1e-6 * n * log(n + 1)
