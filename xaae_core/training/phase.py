"""A phase of a training: what it minimises, measures, calls back and leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastai.callback.core import Callback
from fastai.learner import Metric
from torch import Tensor

Loss = Callable[..., Tensor]
Forward = Callable[[Tensor, Any, int], Mapping[str, Tensor]]
SelectionLoss = Callable[[Mapping[str, float]], float]
Figure = Literal["tsne", "pls"]


class RememberingCallback(Callback):
    """A callback whose memory belongs to a training: a resumed one goes on with it."""

    def state(self) -> dict[str, Any]:
        """What a resumed fit needs to go on; plain values and tensors."""
        raise NotImplementedError

    def resume_from(self, state: dict[str, Any]) -> None:
        """Begin the next fit with this state."""
        raise NotImplementedError


def valid_loss(measured: Mapping[str, float]) -> float:
    """The validation loss of an epoch's measurements."""
    return measured["valid_loss"]


@dataclass(frozen=True)
class Phase:
    """A phase of the training.

    Attributes:
        name: what the history, progress and the pages call it.
        n_epochs: epochs at most.
        fname: stem of its checkpoint files.
        lr_max: peak of the one-cycle schedule.
        loss: loss of (predictions, targets [B]), or of (what `forward` gave, targets); may read what the model's own
            `forward` left on it.
        metrics: averaged over the validation set after each epoch.
        callbacks: this phase's own callbacks; those that are a `RememberingCallback` are resumed.
        selection_loss: what the best weights have least of, from an epoch's validation losses by name.
        forward: what a batch goes through, of (inputs, labels, cases of the data set); None: the model.
        figures: what is drawn of the validation z at its end.
        may_use_half: whether CUDA may compute it in half precision.
    """

    name: str
    n_epochs: int
    fname: str
    lr_max: float
    loss: Loss
    metrics: tuple[Metric, ...]
    callbacks: tuple[Callback, ...]
    selection_loss: SelectionLoss = valid_loss
    forward: Forward | None = None
    figures: tuple[Figure, ...] = ()
    may_use_half: bool = True

    @property
    def remembering(self) -> tuple[RememberingCallback, ...]:
        """The callbacks with a memory."""
        return tuple(callback for callback in self.callbacks if isinstance(callback, RememberingCallback))
