"""How much of a decoded picture comes from z and how much leaks through the skip connections."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from xaae_core.models.latent_model import Encoding, LatentModel


@dataclass(frozen=True)
class Leakage:
    """What a decoder listens to.

    Attributes:
        z_share: share of the picture, in [0, 1], that follows z when z and skips come from different images.
        skip_dropout: share of the skips dropped while measuring, in [0, 1].
        n_images: images exchanged.
    """

    z_share: float
    skip_dropout: float
    n_images: int


def measure_leakage(model: LatentModel, encoding: Encoding, *, skip_dropout: float, seed: int = 0) -> Leakage:
    """Exchange z between images while the skips stay, and the skips while z stays; compare the changes.

    z_share = Δz / (Δz + Δskips), each the mean squared change of the picture. 1: z alone draws; 0: the skips do.

    Args:
        model: the model in eval mode.
        encoding: of at least 2 images; 8 to 16 are enough.
        skip_dropout: share of the skips dropped, in [0, 1].
        seed: of the dropped channels.

    Raises:
        ValueError: fewer than 2 images.
    """
    n_images = len(encoding.z)
    if n_images < 2:
        raise ValueError(f"{n_images} image; exchanging z between images needs at least 2")
    if skip_dropout == 1.0 or not encoding.skips:
        return Leakage(1.0, skip_dropout, n_images)

    def decode(z: torch.Tensor, skips: tuple[torch.Tensor, ...]) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return model.decode(z, skips, skip_dropout=skip_dropout, generator=generator)

    with torch.inference_mode():
        own = decode(encoding.z, encoding.skips)
        other_z = decode(encoding.z.roll(1, dims=0), encoding.skips)
        other_skips = decode(encoding.z, tuple(skip.roll(1, dims=0) for skip in encoding.skips))
        by_z = float(((other_z - own) ** 2).mean())
        by_skips = float(((other_skips - own) ** 2).mean())
    total = by_z + by_skips
    return Leakage(by_z / total if total > 0 else 1.0, skip_dropout, n_images)
