"""What a training tells the one who waits for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrainingProgress:
    """An epoch that has ended.

    Attributes:
        phase: "adversarial", "autoencoder" or "classifier".
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
