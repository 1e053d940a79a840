"""The cycle term: a move in z must survive being drawn and read again.

What moves are tried is an argument: along random directions (a term of the autoencoder and classifier phases), or
by differences between the batch's own images (the consistency phase).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.batch_share import all_rows, draw_normal_like, own_part
from xaae_core.models.latent_model import LatentModel

MOVE = 2.0
"""Standard deviation of the random moves, in standard deviations of the batch along their directions."""

Moves = Callable[[Tensor], Tensor]
"""z of a batch [B, D] → moved ones [N, D], of as many images as the moves are tried on."""


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


def move_at_random(z: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Each z [B, D] moved along a random direction by a normal number of `MOVE` times the batch's spread along it.

    Args:
        z: latent vectors [B, D] of a batch.
        generator: source of randomness (on the CPU); torch's global one if None.
    """
    directions = F.normalize(torch.randn(z.shape, generator=generator), dim=1).to(z.device)  # [B, D]
    steps = MOVE * torch.randn(len(z), generator=generator).to(z.device)
    spread = (z @ directions.T).std(dim=0, correction=0)  # [B]: one per direction
    return z + (steps * spread)[:, None] * directions


def move_between_images(z: Tensor) -> Tensor:
    """Moves z + a·(z_j − z_k) with a uniform in [−1, 1] and j, k other rows, for the first half of the batch [B, D]."""
    half = (len(z) + 1) // 2
    here, there = (z[torch.randperm(len(z), device=z.device)[:half]] for _ in range(2))
    return z[:half] + (2 * torch.rand(half, 1, device=z.device) - 1) * (there - here)  # [B / 2, D]


def cycle_loss(model: LatentModel, z: Tensor, moves: Moves = move_at_random, *, noise: float = 0.0) -> Tensor:
    """mean((encode(decode(z′)).z − z′)²) with z′ = z moved; a scalar, 0 when every move can be read back.

    z′ is a target: no gradient runs through it. z alone is decoded (skips dropped), and batch norm uses its running
    statistics: those of a batch of moved pictures would scale the moves away.

    Args:
        model: the model, an `nn.Module`.
        z: latent vectors [B, D] of a batch.
        moves: `move_at_random`, `move_between_images` or the like.
        noise: standard deviation of noise laid on the drawn pictures in [0, 1], so that no move is told in what
            nobody can see.
    """
    moved = moves(all_rows(z.detach()).float())
    part = own_part(len(moved))
    moved = moved[part.rows]
    assert isinstance(model, nn.Module)
    with batch_norm_fixed(model):
        drawn = model.decode(moved, skip_dropout=1.0)
        if noise:
            drawn = drawn + noise * draw_normal_like(drawn, part)
        again = model.encode(drawn).z
    return part.weight * F.mse_loss(again.float(), moved)
