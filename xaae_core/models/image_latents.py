"""The protocol `LatentModel` for a module that has an `encoder` and a `decoder` of images, without skips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import torch
from torch import Tensor, nn

from xaae_core.errors import ImageError, NoDecoderError
from xaae_core.models.latent_model import Encoding


class ImageLatents(nn.Module):
    """An autoencoder of images as a `LatentModel`.

    A subclass says what its sizes are, and in `mean_latents` how its encoder tells z.

    Attributes:
        input_size: (height, width) in pixels.
        input_channels: channels of the images.
        encoding_dims: size D of z.
        classes: number of classes; 0 without a classifier.
        has_decoder: whether it can draw.
        has_prior: whether it is variational, with the prior N(0, I); its `posterior` tells q(z|x) then.
    """

    input_size: tuple[int, int]
    input_channels: int = 1
    encoding_dims: int
    classes: int = 0
    has_decoder: bool = True
    has_prior: bool = False
    encoder: nn.Module
    decoder: nn.Module

    def mean_latents(self, x: Tensor) -> Tensor:
        """Latent vectors [B, D] of images [B, C, H, W]; the mean of a variational encoder."""
        z: Tensor = self.encoder(x)
        return z

    def encode(self, x: Tensor) -> Encoding:
        """Encode images [B, C, H, W] in [0, 1].

        Raises:
            ImageError: another shape than the model's.
        """
        expected = (self.input_channels, *self.input_size)
        if x.ndim != 4 or tuple(x.shape[1:]) != expected:
            raise ImageError(
                f"images of shape {tuple(x.shape)}; this model takes [B, {expected[0]}, {expected[1]}, "
                f"{expected[2]}] with values in [0, 1]: read them with xaae_core.data.read_image(size=…)"
            )
        return Encoding(self.mean_latents(x))

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to images [B, C, H, W] in [0, 1]; there are no skips to use or to drop."""
        picture: Tensor = self.decoder(z)
        return picture

    def classify(self, z: Tensor) -> Tensor | None:
        """None: there is no classifier."""
        return None


class WithoutDecoder:
    """`decode` of a model that cannot draw."""

    has_decoder = False

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> NoReturn:
        """Refuse.

        Raises:
            NoDecoderError: always.
        """
        raise NoDecoderError(
            f"a {type(self).__name__} has no decoder: nothing can be drawn from its z, and there is no reconstruction "
            "error. For traversals open an autoencoder; for examples take the loss of the labels (--loss label)"
        )
