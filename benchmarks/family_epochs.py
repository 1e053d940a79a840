"""An epoch of a model of the family as it is trained: by us, by lfxai, and by the loop of pyautoencoder's users."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.family_peers import batch_of, build_pair
from xaae_core.kept_heap import kept_heap
from xaae_core.models.picture_networks import AUTOENCODER_KINDS
from xaae_core.training import contrastive_fit
from xaae_core.training.epoch_fit import LEARNING_RATE, WEIGHT_DECAY
from xaae_core.training.fused_adam import build_adam

Side = Literal["ours", "theirs"]
Epoch = Callable[[int], float]
"""Does so many steps, on the same batch, and gives the mean of their losses."""
N_CASES = 4096


@dataclass(frozen=True)
class Batches:
    """A loader of one batch, over and over.

    Attributes:
        batch: inputs and labels.
        n_batches: how often.
        dataset: stands for a data set of 4096 cases.
    """

    batch: tuple[Tensor, Tensor]
    n_batches: int
    dataset: range = range(N_CASES)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter([self.batch] * self.n_batches)


class Measured(NamedTuple):
    """Of an epoch: seconds on the wall, seconds of the processor, mean loss."""

    wall: float
    cpu: float
    loss: float


def build_epoch(kind: str, side: Side, batch_size: int) -> Epoch:
    """An epoch of a side's training, from the weights that both have; raises ImportError without the peer."""
    pair = build_pair(kind)
    model: Any = pair.ours if side == "ours" else pair.theirs
    model.train()
    batch = batch_of(kind, pair.shape, batch_size)
    if kind == "SimCLR":
        return _contrastive_epoch(model, side, batch[0])
    settings = {"lr": LEARNING_RATE, "weight_decay": WEIGHT_DECAY}
    if side == "ours":
        fused = build_adam(model.parameters(), **settings)
        return lambda n_steps: float(model.train_epoch("cpu", Batches(batch, n_steps), fused))
    adam = torch.optim.Adam(model.parameters(), **settings)
    if kind in AUTOENCODER_KINDS:
        x = (batch[0][:, 0].contiguous(), batch[0][:, 1].contiguous()) if kind == "AdaGVAE" else batch[0]
        return lambda n_steps: _pyautoencoder_epoch(model, x, adam, n_steps)
    return lambda n_steps: float(model.train_epoch(torch.device("cpu"), Batches(batch, n_steps), adam))


def serve(connection: Connection, kind: str, side: Side, batch_size: int) -> None:
    """In a process of its own: an epoch of as many steps as are asked for, again and again; ours as a training does."""
    import sys

    torch.set_num_threads(1)
    with open("/dev/null", "w") as nowhere, kept_heap() if side == "ours" else nullcontext():
        sys.stderr = nowhere  # lfxai's bars
        epoch = build_epoch(kind, side, batch_size)
        connection.send("ready")
        for seed, n_steps in iter(connection.recv, None):
            torch.manual_seed(seed)
            wall, cpu = time.perf_counter(), time.process_time()
            loss = epoch(n_steps)
            connection.send(Measured(time.perf_counter() - wall, time.process_time() - cpu, loss))


def _pyautoencoder_epoch(model: Any, x: Any, optimizer: torch.optim.Optimizer, n_steps: int) -> float:
    """As pyautoencoder's page trains."""
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = model.compute_loss(x, model(x), likelihood="bernoulli")
        loss.objective.backward()
        optimizer.step()
        losses.append(loss.objective.item())
    return float(np.mean(losses))


def _contrastive_epoch(model: Any, side: Side, views: Tensor) -> Epoch:
    """As `SimCLR.fit` of each; of lfxai's, which also downloads CIFAR-10, the loop."""
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, weight_decay=1e-6, nesterov=True)
    if side == "ours":
        settings = contrastive_fit.ContrastiveSettings(batch_size=len(views), epochs=1, learning_rate=1e-3)
        return lambda n_steps: contrastive_fit._train_epoch(model, [views] * n_steps, optimizer, settings, 0)  # type: ignore[arg-type]
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)

    def epoch(n_steps: int) -> float:
        losses = []
        for _ in range(n_steps):
            sizes = views.size()
            x = views.view(sizes[0] * 2, sizes[2], sizes[3], sizes[4])
            optimizer.zero_grad()
            _, rep = model.forward(x)
            loss = model.nt_xent(rep, 0.5)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    return epoch
