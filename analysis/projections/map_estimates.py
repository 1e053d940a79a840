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
    quality = 3e-11 * min(n, 20_000) * n * d / 128
    if method in ("pca", "pls"):
        return 0.1 + 1e-8 * d * n + quality
    if method == "umap":
        return 4.0 + 4e-4 * n + 5e-4 * min(n, 10_000) + quality  # up to 10,000 cases it takes 500 epochs, above 200
    return (0.2 + 2.3e-3 * n if n < 10_000 else 13.0 + 1e-3 * n) + quality  # trees, then interpolation
