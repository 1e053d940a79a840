"""The one protocol every model follows: encode, decode, classify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch
from torch import Tensor

if TYPE_CHECKING:
    from xaae_core.signal_form import SignalForm


@dataclass(frozen=True)
class Encoding:
    """What an encoder knows of a batch of images.

    Attributes:
        z: latent vectors [B, D].
        skips: feature maps that a U-Net decoder may use, each [B, C_i, H_i, W_i] (of signals [B, C_i, T_i]), shallow
            first; empty for a model without a U-Net.
    """

    z: Tensor
    skips: tuple[Tensor, ...] = ()

    def __getitem__(self, rows: slice) -> Encoding:
        """The encoding of some of the images; `rows` is a slice so that the batch axis stays."""
        return Encoding(self.z[rows], tuple(skip[rows] for skip in self.skips))


@runtime_checkable
class LatentModel(Protocol):
    """A model that every analysis and every page can take.

    `encode`, `decode` and `classify` are pure: they leave nothing on the module, so several threads
    may share one model in eval mode.
    """

    input_size: tuple[int, int]
    input_channels: int
    encoding_dims: int
    classes: int

    def encode(self, x: Tensor) -> Encoding:
        """Encode images [B, C, H, W] in [0, 1]."""
        ...

    def decode(
        self,
        z: Tensor,
        skips: tuple[Tensor, ...] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to images [B, C, H, W] in [0, 1]."""
        ...

    def classify(self, z: Tensor) -> Tensor | None:
        """Class logits [B, classes] of latent vectors [B, D]; None without a classifier."""
        ...


class SignalModel(Protocol):
    """The same of signals [B, C, T], scaled by their form as pictures are from black to white.

    `xaae_core.models.signal_pictures.as_picture_model` makes a `LatentModel` of one, for everything that takes those.
    """

    input_size: tuple[int]
    input_channels: int
    encoding_dims: int
    classes: int
    signal_form: SignalForm

    def encode(self, x: Tensor) -> Encoding:
        """Encode signals [B, C, T]; the skips, if any, are [B, C_i, T_i]."""
        ...

    def decode(
        self,
        z: Tensor,
        skips: tuple[Tensor, ...] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to signals [B, C, T]."""
        ...

    def classify(self, z: Tensor) -> Tensor | None:
        """Class logits [B, classes] of latent vectors [B, D]; None without a classifier."""
        ...
