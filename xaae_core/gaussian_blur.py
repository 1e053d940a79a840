"""The Gaussian blur of SSIM: of pictures as products with banded matrices, of signals as a convolution along time.

For pictures the products are fast on a CPU, where depthwise convolutions are not. A signal may be so long that a matrix
of its length squared has no place in memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW = 11
SIGMA = 1.5
_BLOCK = 48
"""Columns of a band computed at once on a CPU: the 58 rows that they touch, and not all the zeros around them."""


def blur(maps: Tensor) -> Tensor:
    """Blur maps [..., H, W] with an 11-tap Gaussian to [..., H − 10, W − 10]; differentiable any number of times."""
    blurred: Tensor = _BandedProduct.apply(maps, False)
    return blurred


def blur_along_time(signals: Tensor) -> Tensor:
    """Blur signals [..., T] with the same 11 taps to [..., T − 10]; differentiable any number of times."""
    taps = _taps(signals.device, signals.dtype)
    blurred = F.conv1d(signals.reshape(-1, 1, signals.shape[-1]), taps.view(1, 1, -1))  # [N, 1, T − 10]
    return blurred.reshape(*signals.shape[:-1], blurred.shape[-1])


class _BandedProduct(torch.autograd.Function):
    """Aᵀ·X·B with two bands, or, transposed, A·X·Bᵀ, which is its gradient."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, is_transposed: bool) -> Tensor:
        ctx.is_transposed = is_transposed
        height, width = maps.shape[-2:]
        stack = _along_rows(maps.reshape(-1, width), is_transposed)
        stack = _along_columns(stack.reshape(-1, height, stack.shape[-1]), is_transposed)
        return stack.reshape(*maps.shape[:-2], *stack.shape[-2:])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _BandedProduct.apply(gradient, not ctx.is_transposed), None


def _along_rows(stack: Tensor, is_transposed: bool) -> Tensor:
    """[N, W] to [N, W ∓ 10]."""
    band = _band(stack.shape[1], is_transposed, stack.device, stack.dtype)
    out = stack.new_empty(len(stack), band.shape[1])
    for rows, columns in _blocks(band, is_transposed):
        torch.mm(stack[:, rows], band[rows, columns], out=out[:, columns])
    return out


def _along_columns(stack: Tensor, is_transposed: bool) -> Tensor:
    """[N, H, W] to [N, H ∓ 10, W]."""
    band = _band(stack.shape[1], is_transposed, stack.device, stack.dtype)
    out = stack.new_empty(len(stack), band.shape[1], stack.shape[2])
    for rows, columns in _blocks(band, is_transposed):
        out[:, columns] = band[rows, columns].T @ stack[:, rows]
    return out


def _blocks(band: Tensor, is_transposed: bool) -> list[tuple[slice, slice]]:
    """(rows, columns) of a band that hold all that is not zero, some columns at a time; on a GPU all at once."""
    n_rows, n_columns = band.shape
    size = _BLOCK if band.device.type == "cpu" else n_columns
    before, after = (WINDOW - 1, 0) if is_transposed else (0, WINDOW - 1)
    return [
        (slice(max(0, start - before), min(n_rows, start + size + after)), slice(start, min(n_columns, start + size)))
        for start in range(0, n_columns, size)
    ]


@lru_cache(maxsize=128)
def _band(length: int, is_transposed: bool, device: torch.device, dtype: torch.dtype) -> Tensor:
    """The matrix [length, length − 10] that blurs a vector from the left, or a transposed one [length, length + 10]."""
    with torch.inference_mode(False):  # it is kept: one made in inference mode could never take part in training
        taps = _taps(torch.device("cpu"), dtype)
        long = length + WINDOW - 1 if is_transposed else length
        band = torch.zeros(long, long - WINDOW + 1, dtype=dtype, device="cpu")
        for shift in range(WINDOW):
            band.diagonal(-shift).fill_(taps[shift])
        return (band.T if is_transposed else band).contiguous().to(device)


@lru_cache(maxsize=16)
def _taps(device: torch.device, dtype: torch.dtype) -> Tensor:
    """The kernel [11], which adds up to 1."""
    with torch.inference_mode(False):
        # In single precision as pytorch-msssim's are: where an image is flat, their last digit shows in the values.
        offsets = torch.arange(WINDOW, dtype=torch.float32, device="cpu") - WINDOW // 2
        taps = torch.exp(-(offsets**2) / (2 * SIGMA**2))
        return (taps / taps.sum()).to(device=device, dtype=dtype)
