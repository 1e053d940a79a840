"""How much a gallery trains, and what of it decides whether a finished model still holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from xaae_core.errors import TrainingError

_STEPS = 1000
_QUICK_STEPS = 60
_BATCH = 100
_SMALL_BATCH = 32
_SMALL = 1000


@dataclass(frozen=True, kw_only=True)
class GallerySettings:
    """What all models of a gallery have in common.

    Attributes:
        dims: size of z, of every model that lets it be chosen, so that they compare.
        n_train: cases to train on and to choose weights by, at most.
        n_test: cases to measure, at most.
        epochs: of each model; None: as many as make about 1,000 steps.
        lr_max: peak of the learning rate's one cycle.
        beta: weight of the KL divergence in every model that has it; None: the model's own, of signals 0.002.
        seed: of everything random.
        is_quick: some 60 steps instead, to see that all works: the numbers mean little.

    Raises:
        TrainingError: a number below 1.
    """

    dims: int = 10
    n_train: int = 10_000
    n_test: int = 2000
    epochs: int | None = None
    lr_max: float = 2e-3
    beta: float | None = None
    seed: int = 0
    is_quick: bool = False

    def __post_init__(self) -> None:
        low = min(self.dims, self.n_train, self.n_test, self.epochs or 1)
        if low < 1 or not 0 < self.lr_max < math.inf:
            raise TrainingError(
                f"dims={self.dims}, n_train={self.n_train}, n_test={self.n_test}, epochs={self.epochs}, "
                f"lr_max={self.lr_max}; expected at least 1 of each, and a rate above 0"
            )

    def batch_size(self, n_cases: int) -> int:
        """Cases a step: 100, of fewer than a thousand cases 32, and never more than there are."""
        return min(_BATCH if n_cases >= _SMALL else _SMALL_BATCH, n_cases)

    def n_epochs(self, n_cases: int) -> int:
        """Epochs of each model."""
        if self.epochs is not None:
            return self.epochs
        steps = _QUICK_STEPS if self.is_quick else _STEPS
        return math.ceil(steps / max(1, n_cases // self.batch_size(n_cases)))

    def identity(self, n_cases: int) -> dict[str, Any]:
        """What a training hangs on: equal ones need not be repeated."""
        return {
            "dims": self.dims,
            "epochs": self.n_epochs(n_cases),
            "batch_size": self.batch_size(n_cases),
            "lr_max": self.lr_max,
            "seed": self.seed,
            "n_cases": n_cases,
            **({} if self.beta is None else {"beta": self.beta}),
        }
