"""Named sets of settings that go together: which model to build, and how long and how hard to train it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
        side: height and width of the model's images in pixels, unless asked otherwise.
        epochs_consistency: then, epochs of `make_moves_consistent`.
        epochs_sharpening: last, epochs of `sharpen_skips`.
    """

    name: str
    purpose: str
    batch_size: int
    encoder: str
    model: Mapping[str, Any]
    training: Mapping[str, Any]
    side: int = 192
    epochs_consistency: int = 0
    epochs_sharpening: int = 0

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
            "epochs_consistency": self.epochs_consistency,
            "epochs_sharpening": self.epochs_sharpening,
        }


QUICK = Preset(
    name="quick",
    purpose="minutes on two CPU cores, for targets as plain as the demo's: a small encoder and a light decoder",
    batch_size=16,
    encoder="small",
    # A decoder that may use its skips while it learns ignores z: they come in last, to sharpen.
    model={"encoding_dims": 32, "decoder": "light", "skip_dropout": 1.0},
    training={
        "epochs_adv": 1,
        "epochs_ae": 8,
        "epochs_classif": 3,
        "ae_recons_weight": 0.9,
        # A weaker prior lets one direction take three times the spread of a Gaussian, with the classes at its ends.
        "ae_adv_weight": 0.4,
        "classif_recons_weight": 0.8,
        # Enough to tell the classes apart; five times as much empties the middle between them.
        "classif_class_weight": 0.02,
        "classif_adv_weight": 0.4,
        "lr_max": 2e-3,
        "lr_max_factor": 3.0,
        "mask_ratio": 0.2,
        "patch_size": 16,
        "noise_std": 0.05,
        "grad_accum": 1,
    },
    epochs_consistency=3,
    epochs_sharpening=2,
)

STANDARD = replace(
    QUICK,
    name="standard",
    purpose="real pictures on two CPU cores: as quick, with a larger z, longer, and more weight on the classes",
    model={**QUICK.model, "encoding_dims": 64},
    training={
        **QUICK.training,
        "epochs_ae": 10,
        "epochs_classif": 6,
        "ae_recons_weight": 0.95,
        "ae_adv_weight": 0.05,
        # A disease is harder to see than a drawn effusion: the little weight of "quick" does not train a classifier.
        "classif_recons_weight": 0.6,
        "classif_class_weight": 0.38,
        "classif_adv_weight": 0.05,
        "lr_max_factor": 1.0,
    },
    # None of consistency: two epochs cost reconstruction, dermoscopy 0.18 to 0.21, chest films 0.16 to 0.18.
    epochs_consistency=0,
)

REFERENCE = Preset(
    name="reference",
    purpose="the documented defaults of xAAEnet: ResNet34, z of 128, every skip dropped, 35 + 50 + 30 epochs on a GPU",
    batch_size=16,
    encoder="torchvision:resnet34",
    model={"encoding_dims": 128, "decoder": "unet", "skip_dropout": 1.0, "skip_dropout_per": "channel"},
    training={},
    side=256,
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
