"""lfxai's variational encoder and decoder of MNIST digits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.mnist_autoencoder import require_dimension

_SIDE = 7


class VarEncoderMnist(nn.Module):
    """[B, 1, 28, 28] → mean and log variance of q(z|x), each [B, D].

    Args:
        c: channels of the first convolution; the second has twice as many.
        latent_dims: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.images.VarEncoderMnist`; the layers have its names, so its weights fit.
    """

    def __init__(self, c: int = 64, latent_dims: int = 10) -> None:
        super().__init__()
        self.latent_dims = require_dimension(latent_dims)
        n_features = 2 * c * _SIDE**2
        self.conv1 = nn.Conv2d(1, c, 4, stride=2, padding=1)  # 14 × 14
        self.conv2 = nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)  # 7 × 7
        self.fc_mu = nn.Linear(n_features, latent_dims)
        self.fc_logvar = nn.Linear(n_features, latent_dims)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of digits [B, 1, 28, 28]."""
        features = self._features(x)
        return self.fc_mu(features), self.fc_logvar(features)

    def mu(self, x: Tensor) -> Tensor:
        """The mean alone."""
        mean: Tensor = self.fc_mu(self._features(x))
        return mean

    def _features(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)


class VarDecoderMnist(nn.Module):
    """z [B, D] → [B, 1, 28, 28] in [0, 1].

    Args:
        c: as the encoder's.
        latent_dims: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.images.VarDecoderMnist`; the layers have its names, so its weights fit.
    """

    def __init__(self, c: int = 64, latent_dims: int = 10) -> None:
        super().__init__()
        self.latent_dims = require_dimension(latent_dims)
        self.c = c
        self.fc = nn.Linear(latent_dims, 2 * c * _SIDE**2)
        self.conv2 = nn.ConvTranspose2d(2 * c, c, 4, stride=2, padding=1)  # 14 × 14
        self.conv1 = nn.ConvTranspose2d(c, 1, 4, stride=2, padding=1)  # 28 × 28

    def forward(self, x: Tensor) -> Tensor:
        """Digits [B, 1, 28, 28] in [0, 1] of latent vectors [B, D]."""
        maps = self.fc(x).unflatten(1, (2 * self.c, _SIDE, _SIDE))
        return torch.sigmoid(self.conv1(F.relu(self.conv2(maps))))
