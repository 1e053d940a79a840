"""`train_model`: any model of this tool, each in its own way."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from fastai.data.core import DataLoaders
from fastai.learner import Learner
from torch import nn

from xaae_core.errors import TrainingError
from xaae_core.models.aae import XaaeBlocks
from xaae_core.models.epoch_training import EpochTraining
from xaae_core.training.train import train_xaaenet
from xaae_core.training.train_autoencoder import train_autoencoder


def train_model(model: nn.Module, dls: DataLoaders, **settings: Any) -> Learner:
    """Train a model by its kind: xAAEnet in its three phases, every other one in one.

    Args:
        model: as `xaae_core.models.catalogue.build_catalogued` builds it.
        dls: fastai `DataLoaders` of (cases, labels).
        **settings: arguments of `train_xaaenet` or `train_autoencoder`.

    Returns:
        The learner; `learn.model` holds the best weights, in eval mode.

    Raises:
        TrainingError: a model of neither kind, a setting that belongs to the other, or as those two.
    """
    if not isinstance(model, XaaeBlocks | EpochTraining):
        raise TrainingError(
            f"a {type(model).__name__} cannot be trained; expected a model of the catalogue (build_catalogued), or "
            "model.as_latent_model() of an AE, VAE or AdaGVAE"
        )
    train: Callable[..., Learner] = train_xaaenet if isinstance(model, XaaeBlocks) else train_autoencoder
    known = list(signature(train).parameters)[2:]
    unknown = sorted(settings.keys() - set(known))
    if unknown:
        raise TrainingError(
            f"{', '.join(unknown)}: no settings of {train.__name__}, which trains a {type(model).__name__}; expected "
            f"some of {', '.join(known)}"
        )
    return train(model, dls, **settings)
