"""A convolutional encoder and decoder of pictures of any size, and `AE`, `VAE`, `AdaGVAE` made of them by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

from torch import Tensor, nn

from xaae_core.errors import AutoencoderError
from xaae_core.models.adagvae import AdaGVAE
from xaae_core.models.autoencoder import AE
from xaae_core.models.autoencoder_latents import AutoencoderLatents
from xaae_core.models.vae import VAE

AutoencoderKind = Literal["AE", "VAE", "AdaGVAE"]
AUTOENCODER_KINDS: tuple[AutoencoderKind, ...] = get_args(AutoencoderKind)
N_FEATURES = 128
_CHANNELS = (16, 32, 64, 64, 64, 64, 64, 64)
_SMALLEST = 8


class PictureEncoder(nn.Module):
    """[B, C, H, W] → features [B, N]: convolutions of stride 2 until no side is longer than 8, then one layer.

    Args:
        img_size: (C, H, W), each at least 1.
        n_features: N.

    Raises:
        AutoencoderError: no such size.
    """

    def __init__(self, img_size: Sequence[int], n_features: int = N_FEATURES) -> None:
        super().__init__()
        channels, sizes = _plan(img_size)
        layers = [(nn.Conv2d(few, many, 3, stride=2, padding=1), nn.ReLU()) for few, many in pairwise(channels)]
        self.maps = nn.Sequential(*(part for layer in layers for part in layer), nn.Flatten())
        self.features = nn.Linear(channels[-1] * math.prod(sizes[-1]), n_features)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, N] of pictures [B, C, H, W]."""
        features: Tensor = self.features(self.maps(x))
        return features


class PictureDecoder(nn.Module):
    """z [B, D] → [B, C, H, W] without a range (means or logits): the encoder's layers in reverse.

    Args:
        img_size: (C, H, W), each at least 1.
        latent_dim: D.

    Raises:
        AutoencoderError: no such size.
    """

    def __init__(self, img_size: Sequence[int], latent_dim: int) -> None:
        super().__init__()
        channels, sizes = _plan(img_size)
        self.start = nn.Sequential(
            *(nn.Linear(latent_dim, N_FEATURES), nn.ReLU()),
            *(nn.Linear(N_FEATURES, channels[-1] * math.prod(sizes[-1])), nn.ReLU()),
            nn.Unflatten(1, (channels[-1], *sizes[-1])),
        )
        layers: list[nn.Module] = []
        for step in reversed(range(len(sizes) - 1)):
            extra = tuple(wanted - (2 * side - 1) for wanted, side in zip(sizes[step], sizes[step + 1], strict=True))
            layers.append(_up(channels[step + 1], channels[step], extra))
            layers.append(nn.ReLU())
        self.maps = nn.Sequential(*layers[:-1])

    def forward(self, z: Tensor) -> Tensor:
        """Pictures [B, C, H, W] of latent vectors [B, D]."""
        picture: Tensor = self.maps(self.start(z))
        return picture


def build_autoencoder(
    family: AutoencoderKind,
    img_size: Sequence[int],
    latent_dim: int,
    *,
    likelihood: str = "bernoulli",
    beta: float = 1.0,
    name: str = "model",
) -> AutoencoderLatents:
    """A model of a kind with `PictureEncoder` and `PictureDecoder`, which opens again from its checkpoint alone.

    Args:
        family: "AE", "VAE" or "AdaGVAE".
        img_size: (C, H, W) of the pictures.
        latent_dim: size D of z.
        likelihood: "bernoulli" or "gaussian".
        beta: weight of the KL divergence.
        name: stem of its files.

    Raises:
        AutoencoderError: an unknown kind or likelihood, or no such size.
    """
    if family not in AUTOENCODER_KINDS:
        raise AutoencoderError(f'the kind "{family}" is not known; expected one of {", ".join(AUTOENCODER_KINDS)}')
    size = tuple(int(side) for side in img_size)
    network = {"family": family, "img_size": list(size), "latent_dim": latent_dim}
    model = _build(family, size, latent_dim)
    return AutoencoderLatents(model, likelihood, beta=beta, name=name, network=network)


def _build(family: AutoencoderKind, size: tuple[int, ...], latent_dim: int) -> AE | VAE | AdaGVAE:
    if latent_dim < 1:
        raise AutoencoderError(f"latent_dim is {latent_dim}; expected at least 1 dimension of z")
    decoder = PictureDecoder(size, latent_dim)
    core: AE | VAE
    if family == "AE":
        core = AE(nn.Sequential(PictureEncoder(size), nn.ReLU(), nn.Linear(N_FEATURES, latent_dim)), decoder)
    else:
        core = VAE(nn.Sequential(PictureEncoder(size), nn.ReLU()), decoder, latent_dim, n_features=N_FEATURES)
    # What `build` would find is known: no example has to pass, which weightless models could not take.
    core.input_shape, core.latent_shape = size, (latent_dim,)
    return AdaGVAE(core) if family == "AdaGVAE" and isinstance(core, VAE) else core


def _plan(img_size: Sequence[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """Channels and sizes of the maps, the picture's first."""
    size = tuple(int(side) for side in img_size)
    if len(size) != 3 or min(size) < 1:
        raise AutoencoderError(f"img_size is {tuple(img_size)}; expected (channels, height, width), each at least 1")
    sizes = [(size[1], size[2])]
    while max(sizes[-1]) > _SMALLEST or len(sizes) == 1:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))
    channels = [_CHANNELS[min(step, len(_CHANNELS) - 1)] for step in range(len(sizes) - 1)]
    return [size[0], *channels], sizes


def _up(many: int, few: int, extra: tuple[int, ...]) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(many, few, 3, stride=2, padding=1, output_padding=(extra[0], extra[1]))
