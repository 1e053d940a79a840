"""Randomness of a fit: a function of (seed, phase, epoch), and no trace of it afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback

from xaae_core.training.seeds import seed_for


class SeedEpochs(Callback):
    """Seed every source of randomness at the start of each epoch.

    An epoch's course then depends on nothing but the weights, the optimizer and (seed, phase, epoch),
    and a run can be resumed at any epoch.

    Args:
        seed: the run's seed.
        phase: the phase's name.
    """

    order = -50  # before anything draws

    def __init__(self, seed: int, phase: str) -> None:
        self.seed = seed
        self.phase = phase

    def before_epoch(self) -> None:
        """Seed Python, NumPy, torch and the shuffling of the loaders."""
        number = seed_for(self.seed, self.phase, self.epoch)
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        for loader in self.dls.loaders:
            if hasattr(loader, "rng"):
                loader.rng = random.Random(number)


@contextmanager
def randomness_kept(dls: Any) -> Iterator[None]:
    """Put every source of randomness back to where the caller had it."""
    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    loaders = [(loader, loader.rng, loader.rng.getstate()) for loader in dls.loaders if hasattr(loader, "rng")]
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)
        for loader, rng, state in loaders:
            rng.setstate(state)
            loader.rng = rng
