"""Chance that is the same in every call: for libraries that draw from the global generators only."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, torch's and NumPy's global generators start from `seed`; afterwards they are as they were.

    Captum's GradientShap draws from NumPy's, its noise and the initial weights of layers from torch's: neither takes
    a generator.
    """
    before = np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            np.random.set_state(before)


def seed_for(seed: int, *words: object) -> int:
    """A seed [0, 2³²) of its own for a named purpose, so that one more purpose changes none of the others."""
    return zlib.crc32("\n".join(map(str, (seed, *words))).encode())
