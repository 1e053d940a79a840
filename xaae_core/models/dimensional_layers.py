"""The layers that networks of pictures and of signals are made of, by the number of their dimensions."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

Size = tuple[int, ...]
"""Sides of a map: (height, width) of a picture's, (samples,) of a signal's."""
PADDING_OF_SIGNALS: Literal["replicate"] = "replicate"
"""What convolutions along time see beyond the first and the last sample: the same value again.

Beyond a picture lies black, 0. A signal's 0 is its form's low: a decoder that sees it there ends traces with a step.
"""
CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
BATCH_NORMS: dict[int, type[nn.BatchNorm1d] | type[nn.BatchNorm2d]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}


def convolution(
    n_dims: int, n_in: int, n_out: int, kernel_size: int = 3, *, bias: bool = True
) -> nn.Conv1d | nn.Conv2d:
    """A convolution that keeps the size, of signals [B, C, T] (1) or pictures [B, C, H, W] (2); odd kernels."""
    padding_mode = PADDING_OF_SIGNALS if n_dims == 1 and kernel_size > 1 else "zeros"
    layer = CONVOLUTIONS[n_dims]
    return layer(n_in, n_out, kernel_size, padding=kernel_size // 2, padding_mode=padding_mode, bias=bias)


def batch_norm(n_dims: int, n_channels: int) -> nn.BatchNorm1d | nn.BatchNorm2d:
    """Batch norm of maps of signals (1) or pictures (2)."""
    return BATCH_NORMS[n_dims](n_channels)


def sides_of(maps: Tensor) -> Size:
    """The sides of maps [B, C, …]."""
    return tuple(maps.shape[2:])
