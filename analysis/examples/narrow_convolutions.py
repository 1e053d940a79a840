"""Transposed convolutions to few channels as matrix products: up to four times as fast on a processor.

The processor's own way computes channels in blocks of 8 or 16, all of a block; of a picture of one channel that is many
times too much. The numbers are the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

_MOST_CHANNELS = 8
_CASES = 64
"""Taken together, so that the product stays in the processor's cache."""


class NarrowConvolutions(TorchFunctionMode):
    """Inside, a decoder's last transposed convolutions are taken as products.

    For one backward pass to layers' outputs alone: weights get no gradient, and a gradient has none of its own.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """The product where it pays; anything else as it is."""
        if func is torch.conv_transpose2d and not kwargs and len(args) == 8 and _pays(*args):
            return _Transposed.apply(*args[:6])
        return func(*args, **(kwargs or {}))


def _pays(x: Tensor, weight: Tensor, bias: Any, stride: Any, padding: Any, extra: Any, groups: int, step: Any) -> bool:
    is_plain = x.ndim == 4 and x.device.type == "cpu" and groups == 1 and tuple(step) == (1, 1)
    return is_plain and x.requires_grad and weight.shape[1] <= _MOST_CHANNELS


class _Transposed(torch.autograd.Function):
    """A transposed convolution [B, C, H, W] → [B, O, H', W'] as a product; backwards it is a plain convolution."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: Sequence[int],
        padding: Sequence[int],
        extra: Sequence[int],
    ) -> Tensor:
        """As `torch.conv_transpose2d`."""
        ctx.save_for_backward(weight)
        ctx.settings = tuple(stride), tuple(padding)
        sides = zip(x.shape[2:], stride, padding, weight.shape[2:], extra, strict=True)
        size = tuple((n - 1) * step - 2 * edge + k + more for n, step, edge, k, more in sides)
        drawn = spread_windows(x, weight, size, stride, padding)
        return drawn if bias is None else drawn.add_(bias[:, None, None])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradient of x alone."""
        (weight,) = ctx.saved_tensors
        stride, padding = ctx.settings
        return F.conv2d(gradients[0], weight, stride=stride, padding=padding), None, None, None, None, None


def spread_windows(
    x: Tensor, weight: Tensor, size: tuple[int, ...], stride: Sequence[int], padding: Sequence[int]
) -> Tensor:
    """Every place's share of each window, added up where windows overlap.

    Args:
        x: [B, C, H, W].
        weight: [C, O, k, k].
        size: height and width of what is drawn.
        stride: steps of the windows.
        padding: what is cut off at the edges.

    Returns:
        [B, O, *size].
    """
    shared = weight.flatten(1).T.contiguous()  # [O·k², C]
    parts = [
        F.fold(shared @ some.flatten(2), size, weight.shape[2:], padding=tuple(padding), stride=tuple(stride))
        for some in torch.split(x, _CASES)
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
