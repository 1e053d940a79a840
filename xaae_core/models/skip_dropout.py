"""Which of a U-Net's skips reach the decoder: all, none, some channels, or those of some images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from xaae_core.batch_share import draw_rows, n_batch_rows, own_rows

SkipDropoutPer = Literal["channel", "image"]


def check_skip_dropout(skip_dropout: float) -> float:
    """The share as a float; raises ValueError outside [0, 1]."""
    if not 0.0 <= skip_dropout <= 1.0:
        raise ValueError(
            f"skip_dropout is {skip_dropout}; expected 0 (keep every skip) to 1 (drop all: z alone draws the picture)"
        )
    return float(skip_dropout)


@dataclass(frozen=True)
class KeptSkips:
    """Skips and what is kept of them.

    The masks are applied after a skip has been normalised, not to the skip itself: a dropped channel then adds
    exactly nothing, as if its half of the convolution had not been computed, in training as at inference.

    Attributes:
        maps: the encoder's maps [B, C_i, H_i, W_i], of signals [B, C_i, T_i], shallow first.
        masks: 1 where kept, 0 where dropped, one for each map, [B, C_i, 1, 1] or [B, 1, 1, 1] (of signals without the
            last); None: all is kept.
    """

    maps: tuple[Tensor, ...]
    masks: tuple[Tensor, ...] | None = None


def drop_channels(
    skips: Sequence[Tensor], skip_dropout: float, generator: torch.Generator | None = None
) -> KeptSkips | None:
    """Drop whole channels of the skips at random.

    As `Dropout2d`, but what is kept is not scaled up: towards 1 the picture then goes over smoothly
    into the one that z alone draws, instead of a few channels shouting.

    Args:
        skips: maps [B, C_i, H_i, W_i], or [B, C_i, T_i].
        skip_dropout: share of channels dropped in [0, 1]; 0 and 1 are deterministic.
        generator: source of randomness; torch's global one if None.

    Returns:
        What is kept, or None when that is nothing, so that nothing need be computed.
    """
    share = check_skip_dropout(skip_dropout)
    if share == 1.0 or not skips:
        return None
    if share == 0.0:
        return KeptSkips(tuple(skips))
    device = generator.device if generator is not None else skips[0].device
    masks = []
    for skip in skips:
        shape = (skip.shape[0], skip.shape[1], *(1,) * (skip.ndim - 2))
        keep = draw_rows(torch.rand, shape, device=device, generator=generator) >= share
        masks.append(keep.to(device=skip.device, dtype=skip.dtype))
    return KeptSkips(tuple(skips), tuple(masks))


def drop_images(skips: Sequence[Tensor], skip_dropout: float, *, is_random: bool) -> KeptSkips | None:
    """Drop all skips of some images and none of the others.

    A decoder trained so must draw from z alone for the share of images that lost their skips, and
    learns to use the skips when they are there.

    Args:
        skips: maps [B, C_i, H_i, W_i], or [B, C_i, T_i].
        skip_dropout: share of images in [0, 1].
        is_random: draw the images (training), or take evenly spaced ones (validation: no noise).
    """
    share = check_skip_dropout(skip_dropout)
    if share == 1.0 or not skips:
        return None
    if share == 0.0:
        return KeptSkips(tuple(skips))
    rows = skips[0].shape[0]
    if is_random:
        keep = draw_rows(torch.rand, (rows,), device=skips[0].device) >= share
    else:
        steps = torch.floor(torch.arange(n_batch_rows(rows) + 1, device=skips[0].device) * share)
        keep = own_rows(steps[1:] == steps[:-1])
    return KeptSkips(tuple(skips), tuple(keep.to(skip.dtype).view(-1, *(1,) * (skip.ndim - 1)) for skip in skips))
