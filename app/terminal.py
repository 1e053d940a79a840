"""What the commands write: results on stdout, progress and remarks on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training.progress import TrainingProgress

_MOST_NAMED = 20
_SHOWN = (
    "train_loss",
    "valid_loss",
    "recons_loss",
    "adv_loss",
    "classif_loss",
    "cycle_loss",
    "move_loss",
    "auroc",
    "accuracy",
)


def print_json(values: Mapping[str, Any]) -> None:
    """One JSON object on stdout; numbers that are not finite become null."""
    click.echo(json.dumps(finite(values), ensure_ascii=False, indent=2))


def remark(text: str) -> None:
    """A line on stderr, so that stdout holds results only."""
    click.echo(text, err=True)


def interval(value: float, low: float, high: float) -> str:
    """A value with its interval: "0.86 [0.82, 0.90]"; "not known" where it is NaN."""
    if not math.isfinite(value):
        return "not known"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]" if math.isfinite(low + high) else f"{value:.3f}"


def describe_data(dataset: ImageDataset) -> None:
    """The data set in one line, then notes and the files that were left out."""
    remark(f"{dataset.name}: {dataset.describe()}")
    for note in dataset.notes:
        remark(f"  note: {note}")
    for file in dataset.broken[:_MOST_NAMED]:
        remark(f"  skipped {file.path.name}: {file.reason}")
    if len(dataset.broken) > _MOST_NAMED:
        remark(f"  and {len(dataset.broken) - _MOST_NAMED} more files were skipped")


def epoch_line(progress: TrainingProgress) -> str:
    """Phase, epoch, losses and seconds on one line; a star where it is the best of the phase so far."""
    losses = [f"{name.removesuffix('_loss')} {progress.losses[name]:.4f}" for name in _SHOWN if name in progress.losses]
    head = f"{progress.phase} {progress.epoch}/{progress.n_epochs}"
    return f"{head:<18} {'  '.join(losses)}  {progress.seconds:.1f} s{' *' if progress.is_best else ''}"


@contextmanager
def quiet_in_other_processes() -> Iterator[None]:
    """Of the processes that a launcher started together, inside only the main one writes."""
    if int(os.environ.get("RANK") or 0) == 0:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """A (done, all) callback: a counter that runs on a terminal, one line at the end in a log."""
    seen = [0, 0]

    def count(done: int, n_all: int) -> None:
        seen[:] = done, n_all
        if sys.stderr.isatty():
            click.echo(f"\r{what} {done:,} of {n_all:,}", err=True, nl=False)

    yield count
    if sys.stderr.isatty():
        click.echo(err=True)
    elif seen[1]:
        remark(f"{what} {seen[0]:,} of {seen[1]:,}")


def finite(value: Any) -> Any:
    """JSON values with null for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
