"""The one phase of every model that trains by its own `batch_losses`: autoencoders, VAEs, classifiers, SimCLR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.learner import Metric
from fastai.torch_core import find_bs
from torch import Tensor

from xaae_core.models.epoch_training import EpochTraining
from xaae_core.training.autoencoder_settings import AutoencoderSettings
from xaae_core.training.case_feeds import CaseFeed, FeedCases
from xaae_core.training.phase import Phase, RememberingCallback
from xaae_core.training.seeds import seed_for

_LOSS = "loss"


class LossPart(Metric):
    """A part of what `batch_losses` tells, averaged over the cases of the validation set.

    Args:
        part: its name.
    """

    def __init__(self, part: str) -> None:
        self.part = part
        self.reset()

    def reset(self) -> None:
        """Forget what was accumulated."""
        self._total: Tensor | float = 0.0
        self._count = 0

    def accumulate(self, learn: Any) -> None:
        """Add a batch."""
        size = find_bs(learn.yb)
        self._total = self._total + learn.pred[self.part].detach().float() * size
        self._count += size

    @property
    def value(self) -> float | None:
        """The mean; None before the first batch."""
        return float(self._total) / self._count if self._count else None

    @property
    def name(self) -> str:
        """The part's name."""
        return self.part


class TrainingMemory(RememberingCallback):
    """What a model counts while it trains, and the generators that the user gave it, belong to the training's state."""

    def __init__(self) -> None:
        self._resumed: dict[str, Any] | None = None

    def state(self) -> dict[str, Any]:
        """Both, as they are after an epoch."""
        return {
            "memory": self.learn.model.training_memory(),
            "generators": [one.get_state() for one in _generators(self.learn.model)],
        }

    def resume_from(self, state: dict[str, Any]) -> None:
        """Begin the next fit with them."""
        self._resumed = state

    def before_fit(self) -> None:
        """Give them back to the model."""
        state, self._resumed = self._resumed, None
        if state is None:
            return
        self.learn.model.set_training_memory(state["memory"])
        for generator, there in zip(_generators(self.learn.model), state["generators"], strict=True):
            generator.set_state(there)


class SeedValidation(Callback):
    """The same draws in each epoch's validation, so that epochs compare; the next epoch has a seed of its own.

    Args:
        seed: the run's seed.
    """

    order = -40

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def before_validate(self) -> None:
        """Seed torch, which alone is drawn from there."""
        torch.manual_seed(seed_for(self.seed, "valid", 0))


def one_phase(
    model: EpochTraining,
    settings: AutoencoderSettings,
    *,
    name: str,
    parts: Sequence[str],
    feed: CaseFeed | None = None,
) -> Phase:
    """The phase of a model.

    Args:
        model: says in `batch_losses` what is minimised.
        settings: epochs, learning rate and file name.
        name: name of the phase.
        parts: names of what `batch_losses` tells.
        feed: what the model trains on instead of single cases.
    """
    return Phase(
        name,
        settings.epochs,
        settings.fname,
        settings.lr_max,
        _loss_of,
        tuple(LossPart(part) for part in parts if part != _LOSS),
        (TrainingMemory(), SeedValidation(settings.seed), *([FeedCases(feed)] if feed else [])),
        forward=model.batch_losses,
        figures=("tsne", "pls"),
        may_use_half=False,  # losses of probabilities and variances, small networks
    )


def _loss_of(losses: dict[str, Tensor], *targets: Any) -> Tensor:
    return losses[_LOSS]


def _generators(model: EpochTraining) -> list[torch.Generator]:
    return [generator for generator in model.generators() if generator is not None]
