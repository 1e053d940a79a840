"""Teach a trained model that a move in z must be seen: what is drawn after a move reads back as that move.

An autoencoder is only ever asked to draw what it has read. Moved along a direction it draws about half of the move,
and past the end of a factor's range it draws anything. Here the classifier phase goes on for an epoch or two, and
half of every batch is also moved: each z by a random part of the difference between two other images of the
batch. Such moves are the ones the data make; a random direction hardly touches the few along which the data vary.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from xaae_core.batch_share import batch_weight
from xaae_core.errors import TrainingError
from xaae_core.models.aae import XaaeBlocks
from xaae_core.training.cycle import cycle_loss, move_between_images
from xaae_core.training.processes import Processes, join_processes
from xaae_core.training.progress import BatchProgress, OnBatch, TrainingProgress
from xaae_core.training.randomness import randomness_kept
from xaae_core.training.seeds import seed_for

PHASE = "consistency"
NOISE = 0.02
"""Standard deviation of the noise laid on the drawn pictures, so that no move is told in what nobody can see."""


def make_moves_consistent(
    model: XaaeBlocks,
    dls: Any,
    *,
    weights: Mapping[str, Any],
    epochs: int = 2,
    lr: float = 5e-4,
    move_weight: float = 0.2,
    seed: int = 0,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_batch: OnBatch | None = None,
) -> XaaeBlocks:
    """Train on with the classifier phase's loss plus `move_weight` times the cycle loss of `move_between_images`.

    It takes a fraction of the training and is not resumed: a kill repeats it.

    Args:
        model: trained; changed in place, left in eval mode.
        dls: fastai `DataLoaders`, pixels in [0, 1].
        weights: of the classifier phase: `ADV_WEIGHT`, `RECONS_WEIGHT`, `CLASS_WEIGHT`; and `weight` of the
            classes, if it had them.
        epochs: passes over the training images.
        lr: peak learning rate of a one-cycle schedule.
        move_weight: weight of the moves' term.
        seed: of order and moves.
        on_progress: called after each epoch with train_loss, recons_loss and move_loss.
        on_batch: called after each batch.

    Returns:
        The model.

    Raises:
        TrainingError: a loss that is not finite.
    """
    if epochs < 1:
        return model.eval()
    processes = join_processes(next(model.parameters()).device)
    with processes.guarded(), randomness_kept(dls):
        processes.give_weights(model)
        on_progress, on_batch = processes.listener(on_progress), processes.listener(on_batch)
        shards = processes.shard(dls.train)
        optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, epochs=epochs, steps_per_epoch=len(dls.train))
        for epoch in range(1, epochs + 1):
            start = time.monotonic()
            _seed(dls, seed_for(seed, PHASE, epoch))
            model.train()
            parts = []
            for number, (images, targets) in enumerate(shards):
                model.gen_train = number % 2 == 0  # encoder and discriminator take turns
                x, y = images.as_subclass(Tensor), targets.as_subclass(Tensor)
                with processes.batch(shards, number):
                    parts.append(_step(model, x, y, weights, move_weight, optimizer, processes))
                schedule.step()
                if on_batch is not None:
                    on_batch(BatchProgress(PHASE, epoch, epochs, number + 1, len(dls.train)))
            means = torch.tensor(parts).mean(dim=0).tolist()
            losses = dict(zip(("train_loss", "recons_loss", "move_loss"), means, strict=True))
            if on_progress is not None:
                on_progress(TrainingProgress(PHASE, epoch, epochs, losses, True, time.monotonic() - start))
    model.gen_train = True
    return model.eval()


def _step(
    model: XaaeBlocks,
    images: Tensor,
    targets: Tensor,
    weights: Mapping[str, Any],
    move_weight: float,
    optimizer: torch.optim.Optimizer,
    processes: Processes,
) -> list[float]:
    """One step; returns the loss, its reconstruction and its moves' term, of the whole batch."""
    output = model(images)
    moves = cycle_loss(model, model.z, move_between_images, noise=NOISE)
    loss = model.classif_loss_func(output, targets, **weights) + move_weight * moves
    means: list[float] = processes.batch_means(torch.stack([loss.detach(), model.recons_loss, moves.detach()])).tolist()
    if not math.isfinite(means[0]):
        raise TrainingError("the consistency loss is not finite: the model diverged before, or lr is too high")
    optimizer.zero_grad()
    (batch_weight() * loss).backward()  # type: ignore[no-untyped-call]
    processes.add_up_gradients(model.parameters(), 1.0)
    optimizer.step()
    return means


def _seed(dls: Any, number: int) -> None:
    torch.manual_seed(number)
    dls.train.rng = random.Random(number)
