"""How what a request asks for is built, trained and tried out: xAAEnet in its phases, every other model in one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.training.request import TrainingRequest
from xaae_core.errors import TrainingError
from xaae_core.models.catalogue import find_model

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training import TrainingProgress
    from xaae_core.training.processes import Processes
    from xaae_core.training.progress import OnBatch

    Report = Callable[[TrainingProgress], None] | None


_OF_PICTURES = {"size": "size", "channels": "channels", "window": "window", "has_flips": "flip"}
"""Fields of a request that signals have no use for, and the options that set them."""


@dataclass(frozen=True, kw_only=True)
class TrainingPlace:
    """Where a training's files go, and whom it tells.

    Attributes:
        folder: of the training's own files.
        resume: go on with an unfinished training of the folder.
        processes: those that train together.
        target: the class that "+" means, or the column of numbers.
        on_progress: called after each epoch.
        on_batch: called after each training batch.
    """

    folder: Path
    resume: bool
    processes: Processes
    target: str
    on_progress: Report = None
    on_batch: OnBatch | None = None


class Way(ABC):
    """What depends on the kind of the model.

    Args:
        request: what is asked for.
    """

    def __init__(self, request: TrainingRequest) -> None:
        self.request = request
        self.entry = find_model(request.model)

    @property
    @abstractmethod
    def batch_size(self) -> int:
        """Cases a batch: what was asked for, or the usual."""

    @property
    @abstractmethod
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the model's pictures: what was asked for, or the usual."""

    @abstractmethod
    def own_settings(self, dataset: ImageDataset) -> dict[str, Any]:
        """The model's and the training's settings as JSON values."""

    @abstractmethod
    def phases(self) -> dict[str, int]:
        """Phase → epochs at most, in the order of training; phases of no epochs are left out.

        Imports fastai, which takes seconds the first time.
        """

    @abstractmethod
    def train(self, model: Any, loaders: Any, dataset: ImageDataset, place: TrainingPlace) -> None:
        """Train the model in place; resumable after each epoch."""

    def finish(self, model: Any, loaders: Any, dataset: ImageDataset, place: TrainingPlace) -> None:  # noqa: B027
        """Short phases after the training, which start over after a kill; none, unless the way has some."""

    @abstractmethod
    def try_phase(self, model: Any, loaders: Any, dataset: ImageDataset, phase: str, on_batch: OnBatch) -> None:
        """Train a phase for an epoch without leaving files, or until `on_batch` ends it."""

    @abstractmethod
    def _built(self, dataset: ImageDataset, shape: Mapping[str, Any]) -> nn.Module:
        """The untrained model of cases of this `size`, `channels` and `form`."""

    def build(self, dataset: ImageDataset) -> nn.Module:
        """The untrained model, its weights drawn from the seed.

        Raises:
            ModelChoiceError: a model that does not take such cases.
            TrainingError: settings of pictures for signals.
        """
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.request.seed)
            return self._built(dataset, self._shape(dataset))

    def _shape(self, dataset: ImageDataset) -> dict[str, Any]:
        """Size and channels of the model's cases, and of signals their form."""
        form = dataset.form
        if form is None:
            of_signals = list(self.request.signals.to_mapping())
            if of_signals:
                raise TrainingError(
                    f"{', '.join(of_signals)}: for signals only, and {dataset.name} holds pictures: leave "
                    f"{'it' if len(of_signals) == 1 else 'them'} out"
                )
            return {"size": self.image_size, "channels": self._channels_of(dataset)}
        given = [option for name, option in _OF_PICTURES.items() if getattr(self.request, name)]
        if given:
            raise TrainingError(
                f"{', '.join(given)}: for pictures only, and {dataset.name} holds signals: leave "
                f"{'it' if len(given) == 1 else 'them'} out"
            )
        return {"size": (form.length,), "channels": form.n_channels, "form": form}

    def _channels_of(self, dataset: ImageDataset) -> int:
        """Channels of the model's cases: what was asked for, or those of the data, as far as the model takes them."""
        wanted, taken = self.request.channels or dataset.channels, self.entry.channels
        return wanted if self.request.channels or not taken or wanted in taken else taken[0]

    def n_classes(self, dataset: ImageDataset) -> int:
        """Classes of the data; 1 for numbers."""
        return 1 if dataset.is_numeric else len(dataset.classes)

    def settings(self, dataset: ImageDataset) -> dict[str, Any]:
        """All settings as JSON values, for a model card."""
        request, form = self.request, dataset.form
        return {
            **({} if request.is_xaaenet else {"model": request.model}),
            **self.own_settings(dataset),
            "columns": request.columns.to_mapping(),
            "task": request.task,
            "size": list(self.image_size) if form is None else [form.length],
            "resize": request.resize,
            "window": list(request.window) if request.window else None,
            "balanced": request.is_balanced,
            "flips": request.has_flips,
            "find_lr": request.find_lr,
            "seed": request.seed,
        }


def way_of(request: TrainingRequest) -> Way:
    """The way in which a request's model trains."""
    from app.training.one_phase_way import OnePhaseWay
    from app.training.xaaenet_way import XaaenetWay

    return XaaenetWay(request) if request.is_xaaenet else OnePhaseWay(request)


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def defaults_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """A function's default arguments by name."""
    from inspect import signature

    return {name: entry.default for name, entry in signature(function).parameters.items()}
