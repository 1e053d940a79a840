"""Tables of random latents for tests of the maps."""

import numpy as np

from xaae_core.latents import LatentTable


def random_table(n=80, d=6, *, seed=0, name="case"):
    """A table of n cases in two groups."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, d)).astype(np.float32)
    z[: n // 2, 0] += 8
    ids = np.array([f"{name} {row}" for row in range(n)])
    return LatentTable(
        z=z,
        ids=ids,
        paths=np.full(n, ""),
        split=np.full(n, "test"),
        labels=np.repeat([0, 1], [n // 2, n - n // 2]),
        probabilities=np.empty((n, 0), np.float32),
        classes=("a", "b"),
        checkpoint_sha256="model",
        data_fingerprint="data",
    )
