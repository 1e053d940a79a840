"""A training as one value: what is trained, on what, how, and where its files go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from torch import nn

from xaae_core.errors import CheckpointError, TrainingError
from xaae_core.model_card import ModelCard, card_for
from xaae_core.training.data_checks import TrainingData
from xaae_core.training.history import COLUMNS
from xaae_core.training.phase import Phase
from xaae_core.training.processes import ALONE, Processes
from xaae_core.training.progress import OnBatch, TrainingProgress
from xaae_core.training.run_state import run_signature

_NOT_METRICS = ("phase", "epoch", "train_loss", "seconds")


class RunSettings(Protocol):
    """What a run asks of its settings: those of every training, and all of them as JSON values."""

    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def lr_max(self) -> float: ...  # noqa: D102
    @property
    def grad_accum(self) -> int: ...  # noqa: D102
    @property
    def patience(self) -> int: ...  # noqa: D102
    def to_json(self) -> dict[str, Any]: ...  # noqa: D102


@dataclass(frozen=True)
class Run:
    """A training.

    Attributes:
        model: the model, trained in place.
        dls: fastai `DataLoaders`.
        settings: everything that decides the course.
        data: what is known of the data.
        folder: where its files go.
        target: the class that "+" means in the card; "" for the second.
        has_bar: draw fastai's progress bars.
        opt_func: makes the optimizer from parameters and lr.
        on_progress: told of every epoch.
        on_batch: told of every training batch.
        processes: those that train together.
        columns: of the history.
    """

    model: nn.Module
    dls: Any
    settings: RunSettings
    data: TrainingData
    folder: Path
    target: str
    has_bar: bool
    opt_func: Callable[..., Any]
    on_progress: Callable[[TrainingProgress], None] | None
    on_batch: OnBatch | None = None
    processes: Processes = ALONE
    columns: tuple[str, ...] = COLUMNS

    def write(self, write: Callable[[], object]) -> None:
        """Write files of the training; of several processes the main one does, and the others wait.

        Raises:
            TrainingError: the disk is full, or the folder cannot be written to; what was whole is so still.
        """
        try:
            self.processes.only_main(write)
        except (OSError, CheckpointError) as error:
            raise TrainingError(
                f"the training cannot write its files ({error}): free some space or make {self.folder} writable, then "
                "call again: it goes on after the last finished epoch, and its files of before are whole"
            ) from error

    @cached_property
    def signature_text(self) -> str:
        """What the run is, to tell it from others; taken before the first phase."""
        optimizer = getattr(self.opt_func, "func", self.opt_func)
        settings = {**self.settings.to_json(), "optimizer": getattr(optimizer, "__name__", str(optimizer))}
        return run_signature(settings, self.model, self.data.identity())

    def card(self, phase: Phase, row: Mapping[str, Any]) -> ModelCard:
        """The card of a phase's checkpoint, with the figures of its best epoch."""
        metrics = {
            name: float(value)
            for name, value in row.items()
            if name not in _NOT_METRICS and isinstance(value, float) and math.isfinite(value)
        }
        data = {key: value for key, value in self.data.identity().items() if key.startswith(("n_", "batch"))}
        return card_for(
            self.model,
            name=phase.fname,
            classes=self.data.classes if getattr(self.model, "classes", 0) else (),
            target=self.target if getattr(self.model, "classes", 0) else "",
            training={**self.settings.to_json(), **data, "phase": phase.name, "best_epoch": row.get("epoch")},
            metrics=metrics,
            resize=str(getattr(self.dls, "xaae_resize", "pad")),
            window=getattr(self.dls, "xaae_window", None),
            data_name=self.data.name,
            data_fingerprint=self.data.fingerprint,
        )
