"""The settings of a training, checked once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from xaae_core.errors import TrainingError

ClassWeights = Literal["balanced"] | Sequence[float] | None


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides the course of a training; the fields are `train_xaaenet`'s arguments.

    Raises:
        TrainingError: a value that cannot be trained with; names it, what was expected and the remedy.
    """

    epochs_adv: int
    epochs_ae: int
    epochs_classif: int
    ae_recons_weight: float
    ae_adv_weight: float
    classif_recons_weight: float
    classif_class_weight: float
    classif_adv_weight: float
    lr_max: float
    lr_max_factor: float
    mask_ratio: float
    patch_size: int
    noise_std: float
    adv_low_threshold: float
    adv_high_threshold: float
    grad_accum: int
    patience: int
    adv_fname: str
    ae_fname: str
    classif_fname: str
    seed: int
    class_weights: ClassWeights
    recons_metric: str
    cycle_weight: float
    early_stopping: str = "loss"

    def __post_init__(self) -> None:
        for name in ("epochs_adv", "epochs_ae", "epochs_classif"):
            value = getattr(self, name)
            require_setting(
                value >= 0 and value == int(value), name, value, "a whole number: 0 (skip the phase) or more epochs"
            )
        for name in _WEIGHTS:
            value = getattr(self, name)
            require_setting(value >= 0 and math.isfinite(value), name, value, "a weight of 0 or more")
        for name in ("lr_max", "lr_max_factor"):
            value = getattr(self, name)
            require_setting(value > 0 and math.isfinite(value), name, value, "a number above 0")
        for name in ("grad_accum", "patience", "patch_size"):
            require_setting(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_setting(0 <= self.mask_ratio <= 1, "mask_ratio", self.mask_ratio, "a share of the patches in [0, 1]")
        require_setting(
            self.noise_std >= 0, "noise_std", self.noise_std, "0 or more, in units of the pixel range [0, 1]"
        )
        require_setting(
            self.adv_low_threshold <= self.adv_high_threshold,
            "adv_low_threshold",
            self.adv_low_threshold,
            f"at most adv_high_threshold ({self.adv_high_threshold}); swap the two",
        )
        require_setting(
            self.recons_metric in ("ms_ssim", "ssim"), "recons_metric", self.recons_metric, '"ms_ssim" or "ssim"'
        )
        require_setting(
            self.early_stopping in ("loss", "target"), "early_stopping", self.early_stopping, '"loss" or "target"'
        )
        self._check_names()
        self._check_class_weights()

    def _check_names(self) -> None:
        names = [self.adv_fname, self.ae_fname, self.classif_fname]
        for name in names:
            require_file_stem(name)
        require_setting(len(set(names)) == 3, "adv_fname, ae_fname, classif_fname", names, "three different names")

    def _check_class_weights(self) -> None:
        weights: Any = self.class_weights  # a caller may give any text
        if weights is None or weights == "balanced":
            return
        is_usable = not isinstance(weights, str) and all(w >= 0 and math.isfinite(w) for w in weights) and any(weights)
        require_setting(is_usable, "class_weights", weights, 'None, "balanced", or one number of 0 or more per class')

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        values = asdict(self)
        if not isinstance(self.class_weights, str | None):
            values["class_weights"] = [float(weight) for weight in self.class_weights]
        return values


_WEIGHTS = (
    "ae_recons_weight",
    "ae_adv_weight",
    "classif_recons_weight",
    "classif_class_weight",
    "classif_adv_weight",
    "cycle_weight",
)


def require_file_stem(name: str) -> None:
    """Raise TrainingError for a checkpoint's name that is none, or has folders in it."""
    is_plain = bool(name) and not set(name) & set("/\\\0") and name not in (".", "..")
    require_setting(is_plain, "a checkpoint's file name", repr(name), "a name without folders (they are models_dir's)")


def require_setting(is_right: bool, name: str, value: object, expected: str) -> None:
    """Raise TrainingError with a setting's name, value and what was expected, unless it is right."""
    if not is_right:
        raise TrainingError(f"{name} is {value}; expected {expected}")
