"""The points both scatter pages of the benchmark draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GROUPS = ("no finding", "effusion", "pneumonia", "nodule")
COLOURS = ("#4f9a82", "#d9730d", "#2f7bbf", "#a8579a")


def clustered_points(n: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Nine clusters, float32 [n, 2], and the group of each point, uint8 [n]."""
    random = np.random.default_rng(0)
    cluster = random.integers(0, 9, n)
    middles = random.uniform(-10, 10, size=(9, 2))
    points = middles[cluster] + random.normal(size=(n, 2)) * random.uniform(0.6, 1.8, size=9)[cluster, None]
    return points.astype(np.float32), (cluster % len(GROUPS)).astype(np.uint8)
