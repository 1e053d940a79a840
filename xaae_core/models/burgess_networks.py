"""The encoder and decoder of Burgess et al. 2018, as lfxai has them: pictures of 32 or 64 pixels a side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.mnist_autoencoder import require_dimension

_CHANNELS = 32
_KERNEL = 4
_HIDDEN = 256
_MAPS = (_CHANNELS, 4, 4)


class EncoderBurgess(nn.Module):
    """[B, C, S, S] → mean and log variance of q(z|x), each [B, D].

    Convolutions of 32 channels, kernel 4 and stride 2 (three for S = 32, four for 64), then two layers of 256.

    Args:
        img_size: (C, S, S) with S = 32 or 64.
        latent_dim: size D of z.

    Raises:
        ValueError: another size, or no dimension.

    Source: `lfxai.models.images.EncoderBurgess`, whose weights fit; Burgess et al. 2018, "Understanding
    disentangling in β-VAE".
    """

    def __init__(self, img_size: Sequence[int], latent_dim: int = 10) -> None:
        super().__init__()
        self.img_size = require_img_size(img_size)
        self.latent_dim = require_dimension(latent_dim)
        self.reshape = _MAPS
        self.conv1 = _down(self.img_size[0])
        self.conv2 = _down()
        self.conv3 = _down()
        if self.img_size[1] == 64:
            self.conv_64 = _down()
        self.lin1 = nn.Linear(math.prod(_MAPS), _HIDDEN)
        self.lin2 = nn.Linear(_HIDDEN, _HIDDEN)
        self.mu_logvar_gen = nn.Linear(_HIDDEN, 2 * latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of pictures [B, C, S, S]."""
        for convolution in (self.conv1, self.conv2, self.conv3, getattr(self, "conv_64", None)):
            x = F.relu(convolution(x)) if convolution is not None else x
        hidden = F.relu(self.lin2(F.relu(self.lin1(x.flatten(1)))))
        pairs = self.mu_logvar_gen(hidden).unflatten(1, (self.latent_dim, 2))  # [B, D, 2]
        return pairs[..., 0], pairs[..., 1]

    def mu(self, x: Tensor) -> Tensor:
        """The mean alone."""
        return self.forward(x)[0]


class DecoderBurgess(nn.Module):
    """z [B, D] → [B, C, S, S] in [0, 1]; the encoder's layers in reverse.

    Args:
        img_size: (C, S, S) with S = 32 or 64.
        latent_dim: size D of z.

    Raises:
        ValueError: another size, or no dimension.

    Source: as `EncoderBurgess`.
    """

    def __init__(self, img_size: Sequence[int], latent_dim: int = 10) -> None:
        super().__init__()
        self.img_size = require_img_size(img_size)
        self.latent_dim = require_dimension(latent_dim)
        self.reshape = _MAPS
        self.lin1 = nn.Linear(latent_dim, _HIDDEN)
        self.lin2 = nn.Linear(_HIDDEN, _HIDDEN)
        self.lin3 = nn.Linear(_HIDDEN, math.prod(_MAPS))
        if self.img_size[1] == 64:
            self.convT_64 = _up()
        self.convT1 = _up()
        self.convT2 = _up()
        self.convT3 = _up(self.img_size[0])

    def forward(self, z: Tensor) -> Tensor:
        """Pictures [B, C, S, S] in [0, 1] of latent vectors [B, D]."""
        for linear in (self.lin1, self.lin2, self.lin3):
            z = F.relu(linear(z))
        x = z.reshape(-1, *_MAPS)
        for convolution in (getattr(self, "convT_64", None), self.convT1, self.convT2):
            x = F.relu(convolution(x)) if convolution is not None else x
        picture: Tensor = self.convT3(x).sigmoid()
        return picture


def require_img_size(img_size: Sequence[int]) -> tuple[int, int, int]:
    """(C, S, S), if the networks are made for it; raises ValueError otherwise."""
    size = tuple(int(side) for side in img_size)
    if len(size) != 3 or size[0] < 1 or size[1:] not in ((32, 32), (64, 64)):
        raise ValueError(
            f"img_size is {tuple(img_size)}; expected (channels, 32, 32) or (channels, 64, 64): bring the pictures to "
            "one of these sizes (28 × 28 digits by a border of 2)"
        )
    return size[0], size[1], size[2]


def _down(n_channels: int = _CHANNELS) -> nn.Conv2d:
    return nn.Conv2d(n_channels, _CHANNELS, _KERNEL, stride=2, padding=1)


def _up(n_channels: int = _CHANNELS) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(_CHANNELS, n_channels, _KERNEL, stride=2, padding=1)
