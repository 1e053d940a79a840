"""How long a map takes to make, from measurements on two cores."""

from __future__ import annotations

from analysis.projections.projection import METHODS, Method


def estimate_seconds(n: int, d: int, method: Method, *, cores: int | None = None) -> float:
    """Seconds that `project` takes for n cases of d dimensions, its quality included.

    Args:
        n: cases.
        d: dimensions of z.
        method: how the map is made.
        cores: that the computation may use; the two it was measured on if None.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    per_case = {"umap": 4e-4, "tsne": 1e-3, "pca": 1e-8 * d, "pls": 1e-8 * d}[method]
    first = {"umap": 4.0, "tsne": 5.0, "pca": 0.1, "pls": 0.1}[method]
    return first + per_case * n + 3e-11 * min(n, 20_000) * n * d / 128
