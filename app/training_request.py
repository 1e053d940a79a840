"""What a user asks of a training, and the model and loaders that it means for a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from xaae_core.errors import TrainingError
from xaae_core.training.presets import Preset, find_preset

if TYPE_CHECKING:
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.models.aae import XaaeBlocks


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What a user asks of a training; None leaves a setting to the preset.

    Attributes:
        preset: name of the preset, see `xaae_core.training.presets`.
        encoder: name of the encoder, see `build_encoder`.
        weights: file of the encoder's pretrained weights, instead of the download.
        size: (height, width) of the model's images in pixels.
        channels: 1 or 3; None: as the pictures are stored.
        dims: size of z.
        batch_size: images a batch.
        recons_metric: "ms_ssim" or "ssim".
        target: the class that "+" means; the second class if None.
        is_balanced: weigh the classes of the cross-entropy by their frequencies.
        has_flips: mirror every other training image.
        resize: "pad" or "squash", see `read_image`.
        seed: of everything random.
        epochs_consistency: epochs of `make_moves_consistent`.
        epochs_sharpening: epochs of `sharpen_skips`.
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
    epochs_consistency: int | None = None
    epochs_sharpening: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    def plan(self) -> Preset:
        """The preset with what was asked instead."""
        preset = find_preset(self.preset)
        names = ("encoder", "batch_size", "epochs_consistency", "epochs_sharpening")
        model = _given(encoding_dims=self.dims, recons_metric=self.recons_metric)
        return replace(
            preset,
            **_given(**{name: getattr(self, name) for name in names}),
            model={**preset.model, **model},
            training={**preset.training, **self.training},
        )

    def settings(self) -> dict[str, Any]:
        """All settings as JSON values, for a model card."""
        return {
            **self.plan().settings(),
            "size": list(self.size),
            "resize": self.resize,
            "balanced": self.is_balanced,
            "flips": self.has_flips,
            "seed": self.seed,
        }

    def target_in(self, dataset: ImageDataset) -> str:
        """The class that "+" means; raises TrainingError if the data have no such class."""
        if self.target is not None and self.target not in dataset.classes:
            raise TrainingError(
                f'the target is "{self.target}"; expected one of the classes {", ".join(dataset.classes)}'
            )
        return self.target or dataset.classes[1]


def build_model(dataset: ImageDataset, request: TrainingRequest) -> XaaeBlocks:
    """The untrained model that a request asks for, its weights drawn from the seed."""
    import torch

    from xaae_core.models import add_xaae_blocks, build_encoder
    from xaae_core.models.encoders import IMAGENET_MEAN, IMAGENET_STD

    plan = request.plan()
    channels = request.channels or dataset.channels
    is_pretrained = not plan.encoder.startswith("small")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        encoder = build_encoder(plan.encoder, channels, pretrained=is_pretrained, weights_path=request.weights)
        return add_xaae_blocks(
            encoder,
            **plan.model,
            input_size=request.size,
            input_channels=channels,
            classes=len(dataset.classes),
            normalisation=(IMAGENET_MEAN, IMAGENET_STD) if is_pretrained and channels == 3 else None,
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
        augment=Augment(horizontal_flip=request.has_flips),
        seed=request.seed,
    )
    loaders.xaae_name = dataset.name
    loaders.xaae_fingerprint = dataset.fingerprint
    loaders.xaae_resize = request.resize
    return loaders


def balanced_weights(dataset: ImageDataset) -> list[float]:
    """A weight per class, N / (classes · count) over the training pictures; they weigh 1 on average."""
    import numpy as np

    labels = dataset.labels[dataset.rows("train")]
    counts = np.bincount(labels, minlength=len(dataset.classes))
    return [float(weight) for weight in len(labels) / (len(counts) * np.maximum(counts, 1))]


def _given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
