"""The layers that networks of pictures and of signals are made of, by the number of their dimensions."""

from __future__ import annotations

from torch import Tensor, nn

Size = tuple[int, ...]
"""Sides of a map: (height, width) of a picture's, (samples,) of a signal's."""
CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
BATCH_NORMS: dict[int, type[nn.BatchNorm1d] | type[nn.BatchNorm2d]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}


def convolution(
    n_dims: int, n_in: int, n_out: int, kernel_size: int = 3, *, bias: bool = True
) -> nn.Conv1d | nn.Conv2d:
    """A convolution that keeps the size, of signals [B, C, T] (1) or pictures [B, C, H, W] (2); odd kernels."""
    return CONVOLUTIONS[n_dims](n_in, n_out, kernel_size, padding=kernel_size // 2, bias=bias)


def batch_norm(n_dims: int, n_channels: int) -> nn.BatchNorm1d | nn.BatchNorm2d:
    """Batch norm of maps of signals (1) or pictures (2)."""
    return BATCH_NORMS[n_dims](n_channels)


def sides_of(maps: Tensor) -> Size:
    """The sides of maps [B, C, …]."""
    return tuple(maps.shape[2:])
