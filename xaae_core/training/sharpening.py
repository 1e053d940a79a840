"""Teach the skip connections to sharpen a picture that z alone already draws.

A decoder that may use its skips while it learns to draw ignores z. So the model is trained with every skip dropped,
and only then, with everything else frozen, the skips' half of each convolution learns to add detail. The picture
from z alone stays what it was, bit for bit. With the skips on, what they copy covers most of what z does: how much is
left, `analysis.leakage` measures.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaae_core.batch_share import batch_weight, draw_rows
from xaae_core.errors import TrainingError
from xaae_core.losses import reconstruction_loss
from xaae_core.models.aae import XaaeBlocks
from xaae_core.models.skip_dropout import KeptSkips
from xaae_core.training.processes import Processes, join_processes
from xaae_core.training.progress import BatchProgress, OnBatch, TrainingProgress
from xaae_core.training.randomness import randomness_kept
from xaae_core.training.seeds import seed_for

PHASE = "sharpening"


def sharpen_skips(
    model: XaaeBlocks,
    dls: Any,
    *,
    epochs: int = 2,
    lr: float = 2e-3,
    seed: int = 0,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_batch: OnBatch | None = None,
) -> XaaeBlocks:
    """Train the skip convolutions of a trained model, and nothing else.

    Half of the images keep all their skips, the others a random share of the channels, so that every value of skip
    dropout at inference has been seen. It takes a fraction of the training and is not resumed: a kill repeats it.

    Args:
        model: trained with its skips dropped; changed in place, left in eval mode.
        dls: fastai `DataLoaders`, pixels in [0, 1].
        epochs: passes over the training images.
        lr: peak learning rate of a one-cycle schedule.
        seed: of order and dropped channels.
        on_progress: called after each epoch with train_loss and valid_loss, all skips kept.
        on_batch: called after each batch.

    Returns:
        The model.

    Raises:
        TrainingError: a decoder without skip connections, or a loss that is not finite.
    """
    learned = _skip_modules(model)
    if not learned:
        raise TrainingError(
            "this model's decoder has no skip connections, so there is nothing to sharpen: leave it out"
        )
    if epochs < 1:
        return model
    weights = [parameter for module in learned for parameter in module.parameters()]
    processes = join_processes(next(model.parameters()).device)
    with processes.guarded(), _only_trainable(model, weights), randomness_kept(dls):
        processes.give_weights(model)
        on_progress, on_batch = processes.listener(on_progress), processes.listener(on_batch)
        shards = processes.shard(dls.train)
        optimizer = torch.optim.Adam(weights, lr=lr)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, epochs=epochs, steps_per_epoch=len(dls.train))
        for epoch in range(1, epochs + 1):
            start = time.monotonic()
            _seed(dls, seed_for(seed, PHASE, epoch))
            _set_modes(model, learned, is_training=True)
            losses = []
            for number, images in enumerate(_images(shards)):
                with processes.batch(shards, number):
                    losses.append(_step(model, images, optimizer, processes))
                schedule.step()
                if on_batch is not None:
                    on_batch(BatchProgress(PHASE, epoch, epochs, number + 1, len(dls.train)))
            _set_modes(model, learned, is_training=False)
            found = {"train_loss": sum(losses) / len(losses), "valid_loss": _validate(model, dls, processes)}
            if on_progress is not None:
                on_progress(TrainingProgress(PHASE, epoch, epochs, found, True, time.monotonic() - start))
    return model


def _step(model: XaaeBlocks, images: Tensor, optimizer: torch.optim.Optimizer, processes: Processes) -> float:
    """One step towards the picture with the skips kept; returns the loss of the whole batch."""
    with torch.no_grad():
        encoding = model.encode(images)
        features = model.from_latent(encoding.z)
    loss = reconstruction_loss(model.decoder(features, _thinned(encoding.skips)), images, model.recons_metric)
    mean = float(processes.batch_means(loss.detach()))
    if not math.isfinite(mean):
        raise TrainingError("the sharpening loss is not finite: the model diverged before, or lr is too high")
    optimizer.zero_grad()
    (batch_weight() * loss).backward()  # type: ignore[no-untyped-call]
    processes.add_up_gradients(model.parameters(), 1.0)
    optimizer.step()
    return mean


def _thinned(skips: tuple[Tensor, ...]) -> KeptSkips:
    """All channels for half of the images, a share drawn per image for the others."""
    rows, device = len(skips[0]), skips[0].device

    ones = (1,) * (skips[0].ndim - 2)

    def drawn(n_channels: int) -> Tensor:
        return draw_rows(torch.rand, (rows, n_channels, *ones), device=device)

    share = drawn(1) * (drawn(1) < 0.5)
    masks = tuple((drawn(skip.shape[1]) >= share).to(skip.dtype) for skip in skips)
    return KeptSkips(skips, masks)


@torch.inference_mode()
def _validate(model: XaaeBlocks, dls: Any, processes: Processes) -> float:
    """Mean reconstruction loss of the validation images, all skips kept."""
    losses = []
    shards = processes.shard(dls.valid)
    for number, images in enumerate(_images(shards)):
        with processes.batch(shards, number):
            encoding = model.encode(images)
            x_hat = model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
            loss = reconstruction_loss(x_hat, images, model.recons_metric)
            losses.append(float(processes.batch_means(loss)))
    return sum(losses) / max(len(losses), 1)


def _images(loader: Any) -> Iterator[Tensor]:
    for batch in loader:
        yield batch[0].as_subclass(Tensor)


def _skip_modules(model: XaaeBlocks) -> list[nn.Module]:
    """The skips' half of every stage: its normalisation and its convolution."""
    return [
        module
        for block in model.decoder.blocks
        if getattr(block, "n_skip", 0)
        for module in (block.skip_norm, block.conv_skip)
        if isinstance(module, nn.Module)
    ]


def _set_modes(model: XaaeBlocks, learned: list[nn.Module], *, is_training: bool) -> None:
    """Eval mode everywhere, so that no batch statistics move; training mode for what learns."""
    model.eval()
    for module in learned:
        module.train(is_training)


@contextmanager
def _only_trainable(model: nn.Module, weights: list[nn.Parameter]) -> Iterator[None]:
    """Freeze everything else; what was trainable before is so again afterwards."""
    before = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    chosen = {id(weight) for weight in weights}
    for parameter, _ in before:
        parameter.requires_grad_(id(parameter) in chosen)
    try:
        yield
    finally:
        for parameter, is_trainable in before:
            parameter.requires_grad_(is_trainable)
            parameter.grad = None
        model.eval()


def _seed(dls: Any, number: int) -> None:
    torch.manual_seed(number)
    for loader in dls.loaders:
        if hasattr(loader, "rng"):
            loader.rng = random.Random(number)
