"""A training step of every model of the family as it is trained here, against pyautoencoder 2.1.0 and lfxai 0.1.1.

Each side runs in a process of its own, as it would at its user's: what one leaves in the memory does not help the
other. They take turns on one thread, from equal weights, with equal batches, draws, and settings of Adam.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from unittest.mock import patch

import numpy as np

from benchmarks.comparison import Comparison
from benchmarks.family_epochs import Measured, Side, serve
from xaae_core.models.picture_networks import AUTOENCODER_KINDS

_WARM_UP = 3


@dataclass(frozen=True)
class Case:
    """What is compared.

    Attributes:
        kind: the model.
        batch_size: cases of a batch; pairs of an `AdaGVAE`, pictures of `SimCLR`.
        n_steps: steps that are timed together.
        is_same_loss: whether both train with the same loss.
        note: what else must be known.
    """

    kind: str
    batch_size: int
    n_steps: int = 8
    is_same_loss: bool = True
    note: str = ""

    @property
    def peer(self) -> str:
        """The other package."""
        return "pyautoencoder 2.1.0" if self.kind in AUTOENCODER_KINDS else "lfxai 0.1.1"

    @property
    def name(self) -> str:
        """Of its row."""
        unit = {"AdaGVAE": "pairs", "SimCLR": "pictures in two views"}.get(self.kind, "cases")
        return f"{self.kind}, a training step, {self.batch_size} {unit}"


CASES = (
    Case("AE", 64),
    Case("VAE", 64),
    Case("VAE", 256, n_steps=2),
    Case("AdaGVAE", 4),
    Case("AdaGVAE", 16),
    Case("AdaGVAE", 32, n_steps=4),
    Case("AdaGVAE", 64, n_steps=4),
    Case("AdaGVAE", 256, n_steps=2),
    Case("AutoEncoderMnist", 64),
    Case("BetaVaeMnist", 64, n_steps=2),
    Case("BetaTcVaeMnist", 64, n_steps=2),
    Case("BurgessVAE", 64, n_steps=4),
    Case("ClassifierMnist", 64, is_same_loss=False, note="lfxai puts a softmax before the cross-entropy"),
    Case("RecurrentAutoencoder", 16, n_steps=1),
    Case("AutoencoderCNN", 64, is_same_loss=False, note="lfxai's loss compares each value with all of the signal"),
    Case("SimCLR", 4, n_steps=1, note="ResNet-18 on 32×32"),
)


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file; none with a peer that is not installed."""
    comparisons = []
    for case in CASES:
        try:
            comparisons.append(compare(case, repeats=2 if is_quick else 21))
        except (ImportError, EOFError):  # EOFError: the process of a side ended when it was built
            print(f"  left out: {case.name}: {case.peer} is not here: pip install --no-deps {_pinned(case.peer)}")
    return comparisons


def compare(case: Case, *, repeats: int) -> Comparison:
    """Both sides in turn, after some that do not count; the losses of the first are compared."""
    with ExitStack() as stack:
        sides = [stack.enter_context(_process(case, side)) for side in ("ours", "theirs")]
        first = [_measure(side, 0, min(case.n_steps, 3)).loss for side in sides]
        turns = [_turn(sides, turn, case.n_steps) for turn in range(_WARM_UP + repeats)][_WARM_UP:]
    wall, cpu = (np.array([[getattr(m, clock) for m in turn] for turn in turns]) for clock in ("wall", "cpu"))  # [N, 2]
    told = f"losses of the first steps differ by {abs(first[0] / first[1] - 1):.0e}; " if case.is_same_loss else ""
    note = f"{case.note}; " if case.note else ""
    return Comparison(
        case.name,
        "our training",
        case.peer,
        wall[:, 0] / case.n_steps,
        wall[:, 1] / case.n_steps,
        f"{note}{told}of the processor's time {_quartiles(cpu[:, 0] / cpu[:, 1])}, {_times_faster(cpu)}",
    )


@contextmanager
def _process(case: Case, side: Side) -> Iterator[Connection]:
    """A process that trains when it is asked to."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with patch.dict(os.environ, {"OMP_NUM_THREADS": "1"}):
        process = context.Process(target=serve, args=(there, case.kind, side, case.batch_size), daemon=True)
        process.start()
    there.close()
    try:
        here.recv()
        yield here
        here.send(None)
        process.join()
    finally:
        process.kill()


def _turn(sides: list[Connection], turn: int, n_steps: int) -> list[Measured]:
    """One after the other; who goes first changes."""
    made = {index: _measure(sides[index], turn + 1, n_steps) for index in ((0, 1) if turn % 2 == 0 else (1, 0))}
    return [made[0], made[1]]


def _measure(side: Connection, seed: int, n_steps: int) -> Measured:
    side.send((seed, n_steps))
    measured: Measured = side.recv()
    return measured


def _quartiles(ratios: np.ndarray) -> str:
    low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return f"{median:.3g} ({low:.3g}, {high:.3g})"


def _times_faster(cpu: np.ndarray) -> str:
    return f"{np.median(cpu[:, 1] / cpu[:, 0]):.2f}× as fast"


def _pinned(peer: str) -> str:
    return peer.replace(" ", "==")
