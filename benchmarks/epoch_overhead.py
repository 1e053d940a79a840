"""A training epoch with everything around it, against a bare PyTorch loop of the same model, loss and batches."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.comparison import Comparison, take_turns
from benchmarks.comparison import timed as on_the_clock
from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.data.phantoms import make_phantoms
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.models.aae import XaaeBlocks
from xaae_core.training import train_xaaenet
from xaae_core.training.progress import TrainingProgress

WEIGHTS = {"ADV_WEIGHT": 0.1, "RECONS_WEIGHT": 0.8, "CLASS_WEIGHT": 0.1}
LR = 1e-3


def make_subject(side: int, n_train: int, n_valid: int) -> tuple[XaaeBlocks, Any]:
    """The demo's model, untrained, and loaders of phantoms in memory."""
    torch.manual_seed(0)
    model = add_xaae_blocks(
        build_encoder("small", 1),
        input_size=side,
        input_channels=1,
        encoding_dims=32,
        decoder="light",
        recons_metric="ms_ssim" if side > 160 else "ssim",
        encoder_spec="small",
    ).to(memory_format=torch.channels_last)
    phantoms = make_phantoms(n_train + n_valid, size=side)
    splits = ["train"] * n_train + ["valid"] * n_valid
    loaders = dataloaders_from_arrays(phantoms.images, phantoms.labels, splits, ("a", "b"), device="cpu")
    return model, loaders


def our_epoch(model: XaaeBlocks, loaders: Any) -> Callable[[], float]:
    """Seconds of one classifier epoch of `train_xaaenet`: training, validation and metrics, the state on disk."""

    def run() -> float:
        seconds: list[float] = []

        def keep(progress: TrainingProgress) -> None:
            seconds.append(progress.seconds)

        with tempfile.TemporaryDirectory() as folder:
            train_xaaenet(
                copy.deepcopy(model),
                loaders,
                epochs_adv=0,
                epochs_ae=0,
                epochs_classif=1,
                classif_adv_weight=WEIGHTS["ADV_WEIGHT"],
                classif_recons_weight=WEIGHTS["RECONS_WEIGHT"],
                classif_class_weight=WEIGHTS["CLASS_WEIGHT"],
                lr_max=LR,
                lr_max_factor=1.0,
                grad_accum=1,
                models_dir=Path(folder),
                save_pls=False,
                extract_latent=False,
                progress_bar=False,
                on_progress=keep,
            )
        return seconds[0]

    return run


def bare_epoch(model: XaaeBlocks, loaders: Any) -> Callable[[], float]:
    """Seconds of the same epoch as one would write it: no state, no metrics but the loss."""

    def run() -> float:
        trained = copy.deepcopy(model)
        optimizer = torch.optim.AdamW(trained.parameters(), lr=LR)
        return on_the_clock(lambda: (train_barely(trained, loaders, optimizer), validate_barely(trained, loaders)))()

    return run


def train_barely(model: XaaeBlocks, loaders: Any, optimizer: torch.optim.Optimizer) -> float:
    """One pass over the training batches; returns the mean loss."""
    model.train()
    losses = []
    for number, (images, targets) in enumerate(loaders.train):
        model.gen_train = number % 2 == 0
        logits = model(images.as_subclass(Tensor))
        loss = model.classif_loss_func(logits, targets.as_subclass(Tensor), **WEIGHTS)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


@torch.no_grad()
def validate_barely(model: XaaeBlocks, loaders: Any) -> float:
    """One pass over the validation batches; returns the mean loss."""
    model.eval()
    losses = []
    for images, targets in loaders.valid:
        logits = model(images.as_subclass(Tensor))
        losses.append(float(model.classif_loss_func(logits, targets.as_subclass(Tensor), **WEIGHTS)))
    return float(np.mean(losses))


def run(*, is_quick: bool = False) -> list[Comparison]:
    """The demo's model at 192 px; one thread, so that the threads' own unrest does not hide the rest."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        side, n_train, n_valid = (64, 32, 16) if is_quick else (192, 320, 64)
        model, loaders = make_subject(side, n_train, n_valid)
        seconds = take_turns(our_epoch(model, loaders), bare_epoch(model, loaders), repeats=1 if is_quick else 7)
        note = (
            f"one thread; demo model, {n_train} + {n_valid} images of {side} px; state, history, best weights on disk"
        )
        return [Comparison("training epoch", "train_xaaenet", "bare PyTorch loop", *seconds, note)]
    finally:
        torch.set_num_threads(n_threads)
