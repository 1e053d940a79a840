"""SSIM and MS-SSIM of pictures and of signals, written for the CPU: each Gaussian blur as two banded matrix products.

Of signals the same window runs along time, 11 samples of each channel by itself: similarity of the level, the swing and
the course around each moment. Scales halve the sampling rate.

pytorch-msssim blurs with depthwise convolutions, which are slow on a CPU, above all for one channel. A
separable blur of a map A is X·A·Yᵀ with two banded matrices; the values are the same to rounding.
Source: Wang, Simoncelli and Bovik 2003; window, weights and constants as in pytorch-msssim.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.gaussian_blur import WINDOW, blur, blur_along_time

__all__ = ["SMALLEST_SIDE", "WEIGHTS", "WINDOW", "ms_ssim", "ssim"]

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST_SIDE = (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""Pixels that each side of an image must have at least for MS-SSIM, and a signal samples: 161."""
_K1, _K2 = 0.01, 0.03


class _Terms(NamedTuple):
    """SSIM and its contrast-structure part, each averaged over the image or the time: [B, C]."""

    ssim: Tensor
    contrast: Tensor


def _full(x: Tensor) -> Tensor:
    """At least float32: half precision cannot hold the differences of squares below."""
    return x if x.dtype == torch.float64 else x.float()


def _terms(x: Tensor, y: Tensor, data_range: float) -> _Terms:
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    # x² and y² are only ever needed as their sum, so four blurs do instead of five; y often needs no gradient.
    blurred = blur if x.ndim == 4 else blur_along_time
    mean_x, square, cross = blurred(torch.stack([x, x * x + y * y, x * y])).unbind()
    mean_y = blurred(y)
    product, squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    contrast_map = (2 * (cross - product) + c2) / (square - squares + c2)
    ssim_map = (2 * product + c1) / (squares + c1) * contrast_map
    return _Terms(ssim_map.flatten(2).mean(dim=2), contrast_map.flatten(2).mean(dim=2))


def _power(base: Tensor, exponent: float) -> Tensor:
    """max(base, 0) ** exponent, whose gradient is 0 and not NaN where the base is not positive."""
    is_positive = base > 0
    return torch.where(is_positive, torch.where(is_positive, base, 1.0) ** exponent, 0.0)


def _check(x: Tensor, y: Tensor, smallest: int, name: str) -> None:
    if x.shape != y.shape or x.ndim not in (3, 4):
        raise ValueError(
            f"{name} compares two batches [B, C, H, W], or of signals [B, C, T], of one shape; got {tuple(x.shape)}, "
            f"{tuple(y.shape)}"
        )
    if min(x.shape[2:]) < smallest:
        found = f"image is {x.shape[-1]}×{x.shape[-2]} px" if x.ndim == 4 else f"signal has {x.shape[-1]} samples"
        raise ValueError(
            f"{found}; {name} needs at least {smallest}{' on each side: resize' * (x.ndim == 4)}"
            + (', or train with recons_metric="ssim"' if smallest == SMALLEST_SIDE else "")
        )


def _halved(x: Tensor) -> Tensor:
    padding = [side % 2 for side in x.shape[2:]]
    return F.avg_pool2d(x, 2, padding=padding) if x.ndim == 4 else F.avg_pool1d(x, 2, padding=padding)


def ssim(x: Tensor, y: Tensor, *, data_range: float = 1.0) -> Tensor:
    """Mean SSIM [B] of images [B, C, H, W], or signals [B, C, T], in [0, data_range]; sides of at least 11."""
    _check(x, y, WINDOW, "SSIM")
    with torch.autocast(x.device.type, enabled=False):
        return _terms(_full(x), _full(y), data_range).ssim.mean(dim=1)


def ms_ssim(x: Tensor, y: Tensor, *, data_range: float = 1.0) -> Tensor:
    """Mean multi-scale SSIM [B] of images [B, C, H, W], or signals [B, C, T], in [0, data_range]; sides from 161.

    Raises:
        ValueError: shapes differ, or a side is too short for five scales.
    """
    _check(x, y, SMALLEST_SIDE, "MS-SSIM")
    with torch.autocast(x.device.type, enabled=False):
        x, y = _full(x), _full(y)
        product = torch.ones(x.shape[:2], device=x.device, dtype=x.dtype)
        for scale, weight in enumerate(WEIGHTS):
            terms = _terms(x, y, data_range)
            is_last = scale == len(WEIGHTS) - 1
            product = product * _power(terms.ssim if is_last else terms.contrast, weight)
            if not is_last:
                x, y = _halved(x), _halved(y)
        return product.mean(dim=1)
