"""How a decoder doubles the size of its maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.dimensional_layers import Size, convolution, sides_of

__all__ = ["PixelShuffleUp", "SampleShuffle", "Size", "convolve_doubled", "fit_to", "icnr_"]


def fit_to(x: Tensor, size: Size) -> Tensor:
    """Bring enlarged maps [B, C, h, w] or [B, C, t] to a size: crop the one pixel too many of odd sizes, else resize.

    Cropping more would shift the picture against the skip (encoders that shrink by other factors than 2).
    """
    if not all(side <= found <= side + 1 for side, found in zip(size, sides_of(x), strict=True)):
        x = F.interpolate(x, size=size, mode="nearest")
    for axis, side in enumerate(size, 2):
        x = x.narrow(axis, 0, side)
    return x


def icnr_(weight: Tensor, scale: int = 2) -> None:
    """Initialise a sub-pixel convolution so that it starts as nearest-neighbour upsampling.

    Source: Aitken et al. 2017, arXiv:1707.02937.
    """
    n_copies = scale ** (weight.ndim - 2)
    base = torch.empty(weight.shape[0] // n_copies, *weight.shape[1:], device=weight.device)
    nn.init.kaiming_normal_(base)
    with torch.no_grad():
        weight.copy_(base.repeat_interleave(n_copies, dim=0))


class SampleShuffle(nn.Module):
    """`nn.PixelShuffle(2)` of signals: [B, 2C, t] → [B, C, 2t], the channels of a pair one after the other in time."""

    def forward(self, x: Tensor) -> Tensor:
        """Signals [B, C, 2t] of maps [B, 2C, t]."""
        n_cases, n_maps, n_samples = x.shape
        return (
            x.reshape(n_cases, n_maps // 2, 2, n_samples).transpose(2, 3).reshape(n_cases, n_maps // 2, 2 * n_samples)
        )


class PixelShuffleUp(nn.Sequential):
    """Double the sides by a sub-pixel convolution: [B, C, h, w] → [B, n_out, 2h, 2w], of signals [B, n_out, 2t]."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int = 1, *, n_dims: int = 2) -> None:
        conv = convolution(n_dims, n_in, n_out * 2**n_dims, kernel_size)
        icnr_(conv.weight)
        nn.init.zeros_(conv.bias) if conv.bias is not None else None
        super().__init__(conv, nn.ReLU(), nn.PixelShuffle(2) if n_dims == 2 else SampleShuffle())


def convolve_doubled(x: Tensor, weight: Tensor) -> Tensor:
    """A 3×3 convolution (padding 1) of maps doubled by nearest neighbour, without doubling them first.

    The four pixels that stem from one see just 2×2 different pixels of the small map, so that rows and columns of
    the kernel fall together: four ninths of the products for the same values.

    Args:
        x: maps [B, n_in, h, w] before they are doubled.
        weight: the kernel [n_out, n_in, 3, 3] for the doubled maps.

    Returns:
        [B, n_out, 2h, 2w], channels last in memory.

    Source: the sub-pixel view of upsampling, Shi et al. 2016, arXiv:1609.07009.
    """
    n_out, n_in = weight.shape[:2]
    n_images, _, height, width = x.shape
    kernels = _merged(_merged(weight, dim=-1), dim=-2)  # [2, 2, n_out, n_in, 2, 2]: one for each pixel of the four
    maps = F.conv2d(x, kernels.reshape(4 * n_out, n_in, 2, 2), padding=1)  # [B, 4 · n_out, h + 1, w + 1]
    maps = maps.permute(0, 2, 3, 1).reshape(n_images, height + 1, width + 1, 2, 2, n_out)
    rows = [
        torch.stack([maps[:, i : i + height, j : j + width, i, j] for j in (0, 1)], dim=3)  # [B, h, w, 2, n_out]
        for i in (0, 1)
    ]
    doubled = torch.stack(rows, dim=2).reshape(n_images, 2 * height, 2 * width, n_out)
    return doubled.permute(0, 3, 1, 2)


def _merged(weight: Tensor, *, dim: int) -> Tensor:
    """Three taps along `dim` on doubled pixels as two taps on the small map, for the first and the second pixel.

    The first sees (previous, itself, itself), the second (itself, itself, next).
    """
    before, centre, after = weight.unbind(dim)
    return torch.stack(
        [torch.stack([before, centre + after], dim), torch.stack([before + centre, after], dim)]
    )  # [2, …]
