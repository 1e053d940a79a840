"""The settings of a training in one phase, checked once."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from xaae_core.training.settings import require_file_stem, require_setting


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings:
    """Everything that decides the course of a training in one phase; the fields are `train_autoencoder`'s arguments.

    Raises:
        TrainingError: a value that cannot be trained with; names it, what was expected and the remedy.
    """

    epochs: int
    lr_max: float
    grad_accum: int
    patience: int
    fname: str
    seed: int

    def __post_init__(self) -> None:
        is_count = self.epochs >= 0 and self.epochs == int(self.epochs)
        require_setting(is_count, "epochs", self.epochs, "a whole number: 0 (train nothing) or more epochs")
        is_rate = self.lr_max > 0 and math.isfinite(self.lr_max)
        require_setting(is_rate, "lr_max", self.lr_max, "a number above 0")
        for name in ("grad_accum", "patience"):
            require_setting(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_file_stem(self.fname)

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)
