"""Named sets of settings that go together: which model to build, and how long and how hard to train it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from xaae_core.errors import TrainingError


@dataclass(frozen=True)
class Preset:
    """Settings of a model and of its training.

    Attributes:
        name: what a command or a page calls it.
        purpose: what it is for, one sentence.
        batch_size: images per batch of the data loaders.
        encoder: the encoder's name, for `build_encoder`.
        model: keyword arguments of `add_xaae_blocks` (size, channels and classes come from the data).
        training: keyword arguments of `train_xaaenet`.
    """

    name: str
    purpose: str
    batch_size: int
    encoder: str
    model: Mapping[str, Any]
    training: Mapping[str, Any]

    def __post_init__(self) -> None:
        for field in ("model", "training"):
            object.__setattr__(self, field, MappingProxyType(dict(getattr(self, field))))

    def settings(self) -> dict[str, Any]:
        """Everything as JSON values, for a model card."""
        return {
            "preset": self.name,
            "batch_size": self.batch_size,
            "encoder": self.encoder,
            **self.model,
            **self.training,
        }


QUICK = Preset(
    name="quick",
    purpose="minutes on two CPU cores: a small encoder and a light decoder, a few hundred to a few thousand images",
    batch_size=16,
    encoder="small",
    # Skips go for whole images: with channels dropped at random the decoder still gets everything through
    # them, ignores z, and a move in z shows nothing.
    model={"encoding_dims": 32, "decoder": "light", "skip_dropout": 0.5, "skip_dropout_per": "image"},
    training={
        "epochs_adv": 1,
        "epochs_ae": 8,
        "epochs_classif": 3,
        "ae_recons_weight": 0.9,
        "ae_adv_weight": 0.1,
        "classif_recons_weight": 0.8,
        "classif_class_weight": 0.1,
        "classif_adv_weight": 0.1,
        "lr_max": 2e-3,
        "lr_max_factor": 1.0,
        "mask_ratio": 0.2,
        "patch_size": 16,
        "noise_std": 0.05,
        "grad_accum": 1,
    },
)

STANDARD = Preset(
    name="standard",
    purpose="an hour on a GPU: a ResNet34 pretrained on ImageNet, skips dropped for half of the images",
    batch_size=32,
    encoder="torchvision:resnet34",
    model={"encoding_dims": 128, "decoder": "unet", "skip_dropout": 0.5, "skip_dropout_per": "image"},
    training={
        "epochs_adv": 2,
        "epochs_ae": 40,
        "epochs_classif": 20,
        "ae_recons_weight": 0.9,
        "ae_adv_weight": 0.1,
        "classif_recons_weight": 0.8,
        "classif_class_weight": 0.1,
        "classif_adv_weight": 0.1,
        "lr_max": 5e-4,
        "lr_max_factor": 2.0,
        "grad_accum": 1,
    },
)

REFERENCE = Preset(
    name="reference",
    purpose="the documented defaults of xAAEnet: ResNet34, z of 128, every skip dropped, 35 + 50 + 30 epochs on a GPU",
    batch_size=16,
    encoder="torchvision:resnet34",
    model={"encoding_dims": 128, "decoder": "unet", "skip_dropout": 1.0, "skip_dropout_per": "channel"},
    training={},
)

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in (QUICK, STANDARD, REFERENCE)})
"""All presets by name."""


def find_preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        TrainingError: there is none.
    """
    if name not in PRESETS:
        raise TrainingError(f'there is no preset "{name}"; expected one of {", ".join(PRESETS)}')
    return PRESETS[name]
