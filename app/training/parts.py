"""The loaders that a training request means for a data set and a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.training.request import TrainingRequest
from app.training.way import way_of

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.data.dataset import ImageDataset


def build_model(dataset: ImageDataset, request: TrainingRequest) -> nn.Module:
    """The untrained model that a request asks for, its weights drawn from the seed."""
    return way_of(request).build(dataset)


def build_loaders(dataset: ImageDataset, model: Any, request: TrainingRequest) -> Any:
    """The fastai loaders that a model is trained with."""
    from xaae_core.data.augmentation import Augment
    from xaae_core.data.loaders import make_dataloaders

    loaders = make_dataloaders(
        dataset,
        input_size=model.input_size,
        input_channels=model.input_channels,
        batch_size=way_of(request).batch_size,
        resize=request.resize,
        window=request.window,
        augment=Augment(horizontal_flip=request.has_flips) if dataset.form is None else None,
        seed=request.seed,
    )
    loaders.xaae_name = dataset.name
    loaders.xaae_fingerprint = dataset.fingerprint
    loaders.xaae_resize = request.resize
    loaders.xaae_window = list(request.window) if request.window else None
    loaders.xaae_target = request.target_in(dataset)
    return loaders
