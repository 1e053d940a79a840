"""From a data folder to a finished model with its latents and its held-out figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from xaae_core.errors import TrainingError
from xaae_core.training.presets import Preset, find_preset

if TYPE_CHECKING:
    from analysis.held_out import HeldOut
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.model_card import ModelCard
    from xaae_core.models.aae import XaaeBlocks
    from xaae_core.training import TrainingProgress

MODEL_NAME = "model.safetensors"
LATENTS_NAME = "model.latents.parquet"
TRAINING_FOLDER = "training"


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What a user asks of a training; None leaves a setting to the preset.

    Attributes:
        preset: name of the preset, see `xaae_core.training.presets`.
        encoder: name of the encoder, see `build_encoder`; None: the preset's.
        weights: file of the encoder's pretrained weights, instead of the download.
        size: (height, width) of the model's images in pixels.
        channels: 1 or 3; None: as the pictures are stored.
        dims: size of z.
        batch_size: images a batch.
        recons_metric: "ms_ssim" or "ssim"; None: the model's default.
        target: the class that "+" means; the second class if None.
        is_balanced: weigh the classes of the cross-entropy by their frequencies.
        has_flips: mirror every other training image.
        resize: "pad" or "squash", see `read_image`.
        seed: of everything random.
        training: arguments of `train_xaaenet` instead of the preset's.
    """

    preset: str = "standard"
    encoder: str | None = None
    weights: Path | None = None
    size: tuple[int, int] = (192, 192)
    channels: int | None = None
    dims: int | None = None
    batch_size: int | None = None
    recons_metric: Literal["ms_ssim", "ssim"] | None = None
    target: str | None = None
    is_balanced: bool = False
    has_flips: bool = False
    resize: Literal["pad", "squash"] = "pad"
    seed: int = 0
    training: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """The preset's settings with what was asked instead, as JSON values for a model card."""
        asked = {
            "encoder": self.encoder,
            "encoding_dims": self.dims,
            "batch_size": self.batch_size,
            "recons_metric": self.recons_metric,
            **self.training,
        }
        said = {name: value for name, value in asked.items() if value is not None}
        flags = {"seed": self.seed, "balanced": self.is_balanced, "flips": self.has_flips}
        return {**find_preset(self.preset).settings(), **said, **flags}


@dataclass(frozen=True)
class FinishedTraining:
    """What a training leaves behind.

    Attributes:
        checkpoint: the model, with its card.
        latents: the table of all splits.
        held_out: figures of the test split, or of valid where there is no test.
    """

    checkpoint: Path
    latents: Path
    held_out: HeldOut


def run_training(
    dataset: ImageDataset,
    out: Path,
    request: TrainingRequest,
    *,
    resume: bool = True,
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> FinishedTraining:
    """Train a model on a checked data set and write it, its latents and its held-out figures.

    Killed at any moment, the same call goes on after the last finished epoch.

    Args:
        dataset: see `read_dataset` and `check_images`.
        out: folder of the results; made if absent.
        request: what is trained, and how.
        resume: go on with an unfinished training of the folder; False starts over.
        on_progress: called after each epoch.

    Raises:
        TrainingError: settings or data that cannot be trained with, or a folder that holds a finished model.
    """
    from xaae_core.checkpoints import save_checkpoint
    from xaae_core.model_card import card_for
    from xaae_core.training import train_xaaenet
    from xaae_core.training.finishing import finish_training

    target = _checked_target(dataset, request.target)
    if resume and (out / MODEL_NAME).exists():
        return _finish_unmeasured(dataset, out, request, target)
    preset = find_preset(request.preset)
    model = build_model(dataset, request, preset)
    loaders = _loaders(dataset, model, request, preset)
    train_xaaenet(
        model,
        loaders,
        **{**preset.training, **request.training},
        seed=request.seed,
        class_weights="balanced" if request.is_balanced else None,
        models_dir=out / TRAINING_FOLDER,
        pls_target_class=target,
        extract_latent=False,
        show_latent_figures=False,
        progress_bar=False,
        resume=resume,
        on_progress=on_progress,
    )
    finish_training(model, loaders, preset, seed=request.seed, on_progress=on_progress)
    card = card_for(
        model,
        name=out.resolve().name,
        classes=dataset.classes,
        target=target,
        resize=request.resize,
        training=request.settings(),
        data_name=dataset.name,
        data_fingerprint=dataset.fingerprint,
    )
    (out / LATENTS_NAME).unlink(missing_ok=True)  # of a model that was there before
    save_checkpoint(model, out / MODEL_NAME, card)
    return _measure(dataset, model, card, out)


def build_model(dataset: ImageDataset, request: TrainingRequest, preset: Preset) -> XaaeBlocks:
    """The untrained model that a request asks for, its weights drawn from the seed."""
    import torch

    from xaae_core.models import add_xaae_blocks, build_encoder
    from xaae_core.models.encoders import IMAGENET_MEAN, IMAGENET_STD

    channels = request.channels or dataset.channels
    name = request.encoder or preset.encoder
    is_pretrained = not name.startswith("small")
    asked = {"encoding_dims": request.dims, "recons_metric": request.recons_metric}
    options = {**preset.model, **{key: value for key, value in asked.items() if value is not None}}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        encoder = build_encoder(name, channels, pretrained=is_pretrained, weights_path=request.weights)
        return add_xaae_blocks(
            encoder,
            **options,
            input_size=request.size,
            input_channels=channels,
            classes=len(dataset.classes),
            normalisation=(IMAGENET_MEAN, IMAGENET_STD) if is_pretrained and channels == 3 else None,
            encoder_spec=name,
        )


def _checked_target(dataset: ImageDataset, target: str | None) -> str:
    if target is not None and target not in dataset.classes:
        raise TrainingError(f'the target is "{target}"; expected one of the classes {", ".join(dataset.classes)}')
    return target or dataset.classes[1]


def _loaders(dataset: ImageDataset, model: XaaeBlocks, request: TrainingRequest, preset: Preset) -> Any:
    from xaae_core.data.augmentation import Augment
    from xaae_core.data.loaders import make_dataloaders

    loaders = make_dataloaders(
        dataset,
        input_size=model.input_size,
        input_channels=model.input_channels,
        batch_size=request.batch_size or preset.batch_size,
        resize=request.resize,
        augment=Augment(horizontal_flip=request.has_flips),
        seed=request.seed,
    )
    loaders.xaae_name = dataset.name
    loaders.xaae_fingerprint = dataset.fingerprint
    loaders.xaae_resize = request.resize
    return loaders


def _finish_unmeasured(dataset: ImageDataset, out: Path, request: TrainingRequest, target: str) -> FinishedTraining:
    """Go on with a run that was killed after its last epoch: trained and written, but not measured."""
    from xaae_core.checkpoints import load_checkpoint

    opened = load_checkpoint(out / MODEL_NAME)
    known = (opened.card.target, opened.card.training, opened.card.data_fingerprint)
    if (out / LATENTS_NAME).exists() or known != (target, request.settings(), dataset.fingerprint):
        raise TrainingError(
            f"{out} holds a finished model already: name another folder, or give --no-resume to train it anew"
        )
    return _measure(dataset, cast("XaaeBlocks", opened.model), opened.card, out)


def _measure(dataset: ImageDataset, model: XaaeBlocks, card: ModelCard, out: Path) -> FinishedTraining:
    """Put the figures of what the model has not seen into its card; write the latents last."""
    from analysis.held_out import measure_held_out
    from xaae_core.checkpoints import file_sha256, save_checkpoint
    from xaae_core.latents import extract_latents, write_latents

    table = extract_latents(model, dataset, resize=card.resize)
    held_out = measure_held_out(table, card.target, split="test" if (table.split == "test").any() else "valid")
    metrics = {name: value for name, value in held_out.metrics().items() if math.isfinite(value)}
    checkpoint = save_checkpoint(model, out / MODEL_NAME, replace(card, metrics=metrics))
    table = replace(table, checkpoint_sha256=file_sha256(checkpoint))
    return FinishedTraining(checkpoint, write_latents(table, out / LATENTS_NAME), held_out)
