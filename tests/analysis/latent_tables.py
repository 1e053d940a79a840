"""Tables of latents with a known make-up, for tests of maps, examples and reports."""

import numpy as np

from xaae_core.latents import LatentTable


def table_of(z: np.ndarray, labels: np.ndarray | None = None, **columns: np.ndarray) -> LatentTable:
    """A table of classes "no" and "yes"; three quarters of the cases are in the split train, the rest in test."""
    n = len(z)
    known = np.zeros(n, np.int64) if labels is None else np.asarray(labels, np.int64)
    second = np.clip(known.astype(np.float32), 0.1, 0.9)
    return LatentTable(
        z=np.asarray(z, np.float32),
        ids=np.array([f"case {row}" for row in range(n)], dtype=np.str_),
        paths=np.array([""] * n, dtype=np.str_),
        split=np.array(["test" if row % 4 == 3 else "train" for row in range(n)], dtype=np.str_),
        labels=known,
        probabilities=np.stack([1 - second, second], axis=1),
        classes=("no", "yes"),
        columns=columns,
    )


def two_clouds(n: int = 60, dims: int = 6, *, gap: float = 6.0, seed: int = 0) -> LatentTable:
    """Two round clouds in z, `gap` standard deviations apart along the first dimension; one class each."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    z = rng.normal(size=(n, dims))
    z[:, 0] += gap * labels
    return table_of(z, labels, severity=z[:, 0] + 0.1 * rng.normal(size=n))


def numbers_table(n: int = 40, dims: int = 5) -> LatentTable:
    """A table as a model of numbers makes it: no classes, no probabilities, a column that was learned."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(n, dims)).astype(np.float32)
    grade = z[:, 1].astype(np.float64) * 2 + 5
    return LatentTable(
        z=z,
        ids=np.array([f"case {row}" for row in range(n)], dtype=np.str_),
        paths=np.array([""] * n, dtype=np.str_),
        split=np.array(["test" if row % 4 == 3 else "train" for row in range(n)], dtype=np.str_),
        labels=np.full(n, -1, np.int64),
        probabilities=np.empty((n, 0), np.float32),
        classes=(),
        columns={"grade": grade},
        target_name="grade",
        predicted=grade + 0.1 * rng.normal(size=n),
    )
