"""What a training tells the one who waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BatchProgress:
    """A training batch that has ended.

    Attributes:
        phase: name of the phase.
        epoch: number of the epoch within its phase, from 1.
        n_epochs: how many epochs the phase has at most.
        batch: number of the batch within its epoch, from 1.
        n_batches: batches of an epoch.
    """

    phase: str
    epoch: int
    n_epochs: int
    batch: int
    n_batches: int


OnBatch = Callable[[BatchProgress], None]
"""Called after each training batch; it may wait (a pause), and an exception it raises ends the training.

The exception must carry a text: fastai fails on one without arguments."""


@dataclass(frozen=True)
class TrainingProgress:
    """An epoch that has ended.

    Attributes:
        phase: "adversarial", "autoencoder", "classifier", "consistency" or "sharpening".
        epoch: the epoch's number within its phase, from 1.
        n_epochs: how many epochs the phase has at most.
        losses: the epoch's losses and metrics by name (train_loss, valid_loss, adv_loss, …).
        is_best: whether these are the best weights of the phase so far.
        seconds: how long the epoch took.
    """

    phase: str
    epoch: int
    n_epochs: int
    losses: dict[str, float] = field(default_factory=dict)
    is_best: bool = False
    seconds: float = 0.0
