"""Cases that a model makes up: z drawn from its prior, or from a Gaussian laid over the encoded cases, and decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from xaae_core.errors import LatentTableError, NoDecoderError, NoPriorError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.model_abilities import has_decoder, has_prior

_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class PriorSamples:
    """Made-up cases.

    Attributes:
        z: what was drawn [N, D].
        pictures: what z alone draws [N, C, H, W] in [0, 1].
        source: what z was drawn from, in words.
    """

    z: NDArray[np.float32]
    pictures: NDArray[np.float32]
    source: str


def draw_samples(
    model: LatentModel, n: int, *, table: LatentTable | None = None, spread: float = 1.0, seed: int = 0
) -> PriorSamples:
    """Draw z and decode it.

    Args:
        model: the model in eval mode.
        n: how many, at least 1.
        table: latents of the same model: z is drawn from a Gaussian of their mean and covariance. None: from the
            prior N(0, I) that variational and adversarial autoencoders were trained towards.
        spread: factor of the standard deviation, above 0: below 1 the cases are more ordinary, and more alike.
        seed: of the draws.

    Raises:
        NoDecoderError: the model cannot draw.
        NoPriorError: there is neither a prior nor a table.
        LatentTableError: fewer than 2 cases, z that is not finite, or of another length than the model's.
        ValueError: `n` or `spread` out of range.
    """
    if n < 1 or spread <= 0:
        raise ValueError(f"n={n}, spread={spread}; expected at least 1, and above 0")
    if not has_decoder(model):
        raise NoDecoderError("the model has no decoder, so it cannot make cases up: open an autoencoder")
    if table is None and not has_prior(model):
        raise NoPriorError(
            "the model was trained without a prior, so nothing says which z are likely: give the latents of its "
            "training data (--latents) to draw from a Gaussian laid over them, or open a variational autoencoder"
        )
    white = np.random.default_rng(seed).standard_normal((n, model.encoding_dims))
    z = spread * white if table is None else _like_cases(white, table, spread)
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    codes = torch.from_numpy(z.astype(np.float32)).to(device)
    with torch.inference_mode():
        drawn = [model.decode(part, skip_dropout=1.0).float().cpu() for part in torch.split(codes, _AT_ONCE)]
    width = "" if spread == 1 else f", {spread:g} times as wide"
    source = "the prior N(0, I)" if table is None else f"a Gaussian laid over the z of {len(table)} cases"
    return PriorSamples(codes.cpu().numpy(), torch.cat(drawn).numpy(), source + width)


def _like_cases(white: NDArray[np.float64], table: LatentTable, spread: float) -> NDArray[np.float64]:
    """Draws [N, D] of the mean and covariance of the cases, from draws of N(0, I)."""
    z = table.z.astype(np.float64)
    if z.shape[1] != white.shape[1]:
        raise LatentTableError(f"the table has z of {z.shape[1]}, the model's has {white.shape[1]}")
    if len(z) < 2 or not np.isfinite(z).all():
        raise LatentTableError(
            f"a Gaussian over {len(z)} cases cannot be measured: at least 2 are needed, and z finite for each"
        )
    mean = z.mean(axis=0)
    _, sizes, axes = np.linalg.svd((z - mean) / np.sqrt(len(z) - 1), full_matrices=False)  # [R], [R, D]
    like: NDArray[np.float64] = mean + spread * (white[:, : len(sizes)] * sizes) @ axes
    return like
