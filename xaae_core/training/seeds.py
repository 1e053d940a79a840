"""Seeds of epochs, and randomness that leaves no trace."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def seed_for(seed: int, phase: str, epoch: int) -> int:
    """A seed of 32 bits for an epoch; different for every (seed, phase, epoch)."""
    digest = hashlib.sha256(f"{seed}/{phase}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


@contextmanager
def seeded(number: int) -> Iterator[None]:
    """Inside, Python, NumPy and torch draw from this seed; afterwards from where the caller had them."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
