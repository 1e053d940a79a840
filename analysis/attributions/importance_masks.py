"""Masks that hide the most important features, under lfxai's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def generate_masks(attr: NDArray[Any] | Tensor, mask_size: int) -> Tensor:
    """Masks of images [N, 1, H, W], float32: 0 at the `mask_size` most important pixels, 1 elsewhere.

    Args:
        attr: attributions [N, C, H, W]; a pixel counts by the sum of its channels' sizes.
        mask_size: pixels to hide, 0 to H·W.

    Raises:
        ValueError: attributions of another shape, or more pixels than there are.

    Source: lfxai `generate_masks`, which loops over pixels and images.
    """
    importance = _summed(attr, 4, axis=1, what="images [N, C, H, W]")  # [N, 1, H, W]
    return _hiding(importance, mask_size, "pixels")


def generate_tseries_masks(attr: NDArray[Any] | Tensor, mask_size: int) -> Tensor:
    """Masks of signals [N, T, C], float32: 0 at the `mask_size` most important time steps, 1 elsewhere.

    Args:
        attr: attributions [N, T, C]; a step counts by the sum of its channels' sizes (lfxai takes one channel only).
        mask_size: steps to hide, 0 to T.

    Raises:
        ValueError: attributions of another shape, or more steps than there are.

    Source: lfxai `generate_tseries_masks`.
    """
    importance = _summed(attr, 3, axis=2, what="signals [N, T, C]")  # [N, T, 1]
    return _hiding(importance, mask_size, "time steps").expand(attr.shape).contiguous()


def _summed(attr: NDArray[Any] | Tensor, n_axes: int, *, axis: int, what: str) -> Tensor:
    values = attr.detach().cpu().numpy() if isinstance(attr, Tensor) else np.asarray(attr)
    if values.ndim != n_axes:
        raise ValueError(f"attributions of shape {values.shape}; expected those of {what}")
    sizes = np.abs(values)
    return torch.from_numpy(sizes if sizes.shape[axis] == 1 else sizes.sum(axis=axis, keepdims=True))


def _hiding(importance: Tensor, mask_size: int, what: str) -> Tensor:
    flat = importance.flatten(1)
    if not 0 <= mask_size <= flat.shape[1]:
        raise ValueError(f"mask_size is {mask_size}; expected 0 to {flat.shape[1]}, all {what}")
    hidden = flat.topk(mask_size, dim=1, sorted=False).indices  # of equal ones it takes those that a sorted one takes
    return torch.ones(flat.shape).scatter_(1, hidden, 0.0).view(importance.shape)
