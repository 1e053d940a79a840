"""The model and the loaders that a training request means for a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.training.request import TrainingRequest

if TYPE_CHECKING:
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.models.aae import XaaeBlocks


def build_model(dataset: ImageDataset, request: TrainingRequest) -> XaaeBlocks:
    """The untrained model that a request asks for, its weights drawn from the seed."""
    import torch

    from xaae_core.models import add_xaae_blocks, build_encoder, encoder_normalisation, is_pretrainable

    plan = request.plan()
    channels = request.channels or dataset.channels
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        encoder = build_encoder(
            plan.encoder,
            channels,
            input_size=request.image_size,
            pretrained=is_pretrainable(plan.encoder),
            weights_path=request.weights,
        )
        return add_xaae_blocks(
            encoder,
            **plan.model,
            input_size=request.image_size,
            input_channels=channels,
            classes=1 if dataset.is_numeric else len(dataset.classes),
            normalisation=encoder_normalisation(plan.encoder, channels),
            encoder_spec=plan.encoder,
        )


def build_loaders(dataset: ImageDataset, model: XaaeBlocks, request: TrainingRequest) -> Any:
    """The fastai loaders that a model is trained with."""
    from xaae_core.data.augmentation import Augment
    from xaae_core.data.loaders import make_dataloaders

    loaders = make_dataloaders(
        dataset,
        input_size=model.input_size,
        input_channels=model.input_channels,
        batch_size=request.plan().batch_size,
        resize=request.resize,
        window=request.window,
        augment=Augment(horizontal_flip=request.has_flips),
        seed=request.seed,
    )
    loaders.xaae_name = dataset.name
    loaders.xaae_fingerprint = dataset.fingerprint
    loaders.xaae_resize = request.resize
    loaders.xaae_window = list(request.window) if request.window else None
    loaders.xaae_target = request.target_in(dataset)
    return loaders
