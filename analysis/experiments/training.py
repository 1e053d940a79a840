"""Training the small networks of the experiments: the same loop for all of them, from a seed, without a test case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from analysis.examples.steps import Progress, Steps
from analysis.experiments.seeding import seeded

BatchLoss = Callable[[nn.Module, Tensor, Tensor | None], Tensor]
"""The loss of a batch: (network, inputs [B, …], labels [B] or None) → scalar."""
RATE = 1e-3
_WEIGHT_DECAY = 1e-5


@dataclass(frozen=True, eq=False)
class Training:
    """How a network is trained.

    Attributes:
        n_epochs: all of them; none is chosen by a test loss.
        batch_size: cases a step.
        seed: of the weights, the order and the noise.
        device: where to compute.
        checkpoint_every: epochs between kept states; 0: none is kept.
        progress: called with (steps done, all).
    """

    n_epochs: int
    batch_size: int = 200
    seed: int = 0
    device: torch.device | str = "cpu"
    checkpoint_every: int = 0
    progress: Progress | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network after training, in evaluation mode.

    Attributes:
        model: on the device of the training.
        losses: mean training loss of each epoch.
        checkpoints: kept states, by name of the tensor, on the CPU.
    """

    model: nn.Module
    losses: tuple[float, ...]
    checkpoints: tuple[Mapping[str, Tensor], ...]

    @property
    def encoder(self) -> Any:
        """The part that gives representations."""
        return self.model.encoder


def train_network(
    build: Callable[[], nn.Module], loss: BatchLoss, x: Tensor, y: Tensor | None, training: Training
) -> TrainedNetwork:
    """Build a network and train it by Adam (rate 0.001, weight decay 1e-5, as in the published experiments).

    The same seed gives the same weights on the same machine; torch's and NumPy's own generators are left as they were.

    Args:
        build: makes the network; called inside the seed.
        loss: of a batch.
        x: training inputs [N, …], on the CPU.
        y: their labels [N]; None where the loss needs none.
        training: the settings.
    """
    n_batches = -(-len(x) // training.batch_size)
    steps = Steps(training.progress, n_batches * training.n_epochs)
    losses, checkpoints = [], []
    with seeded(training.seed):
        order = torch.Generator().manual_seed(training.seed)
        model = build().to(training.device)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, weight_decay=_WEIGHT_DECAY)
        for epoch in range(training.n_epochs):
            model.train()
            total = 0.0
            for rows in torch.split(torch.randperm(len(x), generator=order), training.batch_size):
                value = loss(model, x[rows].to(training.device), None if y is None else y[rows].to(training.device))
                optimizer.zero_grad()
                value.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total += float(value.detach()) * len(rows)
                steps.advance(1)
            losses.append(total / len(x))
            if training.checkpoint_every and (epoch + 1) % training.checkpoint_every == 0:
                checkpoints.append(_state(model))
    return TrainedNetwork(model.eval(), tuple(losses), tuple(checkpoints))


def measure_loss(model: nn.Module, loss: BatchLoss, x: Tensor, device: torch.device | str = "cpu") -> float:
    """Mean loss of the inputs [N, …] in evaluation mode, each counting alike whatever the batches."""
    total = 0.0
    with torch.inference_mode():
        for batch in torch.split(x, 500):
            total += float(loss(model, batch.to(device), None)) * len(batch)
    return total / len(x)


def _state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
