"""The cycle term: a move in z must survive being drawn and read again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.latent_model import LatentModel

MOVE = 2.0
"""Standard deviation of the random moves, in standard deviations of the batch along their directions."""


@contextmanager
def batch_norm_fixed(model: nn.Module) -> Iterator[None]:
    """Normalise with the running statistics, as at inference, and leave them as they are."""
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    modes = [module.training for module in norms]
    for module in norms:
        module.training = False
    try:
        yield
    finally:
        for module, mode in zip(norms, modes, strict=True):
            module.training = mode


def cycle_loss(model: LatentModel, z: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """mean((encode(decode(z′)).z − z′)²) with z′ = z moved at random; a scalar, 0 when every move survives.

    Each image's z is moved along a random direction by a normal number of `MOVE` times the spread that the
    batch has along it. z′ is a target: no gradient runs through it. z alone is decoded (skips dropped).

    Args:
        model: the model, an `nn.Module`.
        z: latent vectors [B, D].
        generator: source of randomness (on the CPU); torch's global one if None.
    """
    z = z.detach().float()
    directions = F.normalize(torch.randn(z.shape, generator=generator), dim=1).to(z.device)  # [B, D]
    steps = MOVE * torch.randn(len(z), generator=generator).to(z.device)
    spread = (z @ directions.T).std(dim=0, correction=0)  # [B]: one per direction
    moved = z + (steps * spread)[:, None] * directions
    assert isinstance(model, nn.Module)
    with batch_norm_fixed(model):
        again = model.encode(model.decode(moved, skip_dropout=1.0)).z
    return F.mse_loss(again.float(), moved)
