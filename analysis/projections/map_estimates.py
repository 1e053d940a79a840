"""How long a map and its parts take, from measurements on two cores; the busier the machine, the longer."""

from __future__ import annotations

from math import log2, sqrt

from analysis.neighbours import most_in_cells
from analysis.projections.projection import METHODS, Method

_EXACT_PAIRS = 20_000**2


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
    in_cells = min(n, most_in_cells(d))
    descent = 25.0 + 3.5e-5 * n * (0.5 + d / 256) if n > in_cells else 0.0  # compiled anew in each process
    return max(search_seconds(in_cells, in_cells, d), descent)


def search_seconds(n_queries: int, n: int, d: int) -> float:
    """Finding the nearest of n rows of d dimensions to as many queries, see `nearest_among`."""
    exact = 0.02 + min(n_queries * n, _EXACT_PAIRS) * (1e-9 + 2.2e-11 * d)
    if n_queries * n <= _EXACT_PAIRS:
        return exact
    return max(exact, 0.5 + n_queries * sqrt(n) * (2.5e-8 + 7.5e-10 * d))


def layout_seconds(n: int, method: Method, d: int = 128) -> float:
    """Laying n cases out, their neighbours being known."""
    if method == "umap":  # 500 epochs up to 10,000 cases, 200 beyond: 20,000 take no longer
        return 0.2 + max(8e-4 * min(n, 10_000), 0.5 + 3.4e-4 * n)
    if method == "tsne":  # trees, then interpolation
        return 0.2 + 2.3e-4 * n * log2(n + 1) if n < 7_000 else 14.0 + 1e-3 * n
    return 1e-8 * d * n


def place_seconds(n: int, method: Method) -> float:
    """Placing n cases on a finished map, their neighbours being known."""
    return 0.2 + {"umap": 6e-5, "tsne": 8e-5, "pca": 1e-6, "pls": 1e-6}[method] * n


def quality_seconds(n: int, d: int, *, n_rated: int = 2000) -> float:
    """Measuring what a map of n cases of d dimensions kept, their neighbours being known."""
    return 0.05 + 9e-11 * min(n, n_rated) * n * d + 1e-5 * n
