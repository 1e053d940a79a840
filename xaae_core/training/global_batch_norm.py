"""Batch norm over the batch of all processes, whatever module asks for it.

PyTorch's `SyncBatchNorm` takes the place of the model's modules, works on CUDA only, and does not know normalisations
that libraries derive from `BatchNorm2d`. Here the call of `torch.nn.functional.batch_norm` itself is answered while a
batch is shared, so that no module is exchanged, checkpoints keep their keys, and there is nothing to put back. A frozen
encoder in eval mode normalises with its running statistics and is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

_SIGNATURE = signature(F.batch_norm)


class GlobalBatchNorm(TorchFunctionMode):
    """Inside, batch norm in training mode uses the mean and variance of the rows of all processes.

    Args:
        add_up: x → the sum of x over all processes, in place or not; the same numbers on each.
    """

    def __init__(self, add_up: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.add_up = add_up

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer batch norm in training mode; let everything else pass."""
        if func is not F.batch_norm:
            return func(*args, **(kwargs or {}))
        asked = _SIGNATURE.bind(*args, **(kwargs or {}))
        asked.apply_defaults()
        if not asked.arguments["training"]:
            return func(*args, **(kwargs or {}))
        return self._normalise(asked.arguments.pop("input").as_subclass(Tensor), **asked.arguments)

    def _normalise(
        self,
        x: Tensor,
        *,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None,
        bias: Tensor | None,
        training: bool,
        momentum: float,
        eps: float,
    ) -> Tensor:
        with torch.no_grad():
            count, mean, variance = _statistics(x, self.add_up)
            if running_mean is not None and running_var is not None:
                running_mean.lerp_(mean.to(running_mean.dtype), momentum)
                running_var.lerp_((variance * (count / (count - 1))).to(running_var.dtype), momentum)
        normalised: Tensor = _Normalise.apply(x, weight, bias, mean, variance, count, eps, self.add_up)
        return normalised


class _Normalise(torch.autograd.Function):
    """(x − mean) / sqrt(variance + eps) · weight + bias; its gradient knows that mean and variance depend on x."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
        add_up: Callable[[Tensor], Tensor],
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps), count)
        ctx.has_bias, ctx.add_up = bias is not None, add_up
        return F.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, inverse_std, count = ctx.saved_tensors
        grad = _precise(grads[0])
        x_hat = (_precise(x) - _spread(mean, x)) * _spread(inverse_std, x)
        dims = _all_but_channels(x)
        own = torch.stack([grad.sum(dims), (grad * x_hat).sum(dims)])  # [2, C]
        of_bias, of_weight = own.clone()
        grad_x = None
        if ctx.needs_input_grad[0]:  # the same on all processes, so that all of them add up or none does
            of_mean, of_std = ctx.add_up(own) / count
            scale = inverse_std if weight is None else inverse_std * weight
            grad_x = _spread(scale, x) * (grad - _spread(of_mean, x) - x_hat * _spread(of_std, x))
            grad_x = grad_x.to(x.dtype)
        return (
            grad_x,
            of_weight.to(weight.dtype) if weight is not None else None,
            of_bias.to(weight.dtype if weight is not None else x.dtype) if ctx.has_bias else None,
            *(None,) * 5,
        )


def _statistics(x: Tensor, add_up: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """(number of values, mean [C], variance [C]) over all processes, in two steps: one alone would cancel digits."""
    dims = _all_but_channels(x)
    own = _precise(x)
    n_values = own.new_tensor([x.numel() // x.shape[1]])
    added = add_up(torch.cat([own.sum(dims), n_values]))
    count = added[-1]
    mean = added[:-1] / count
    variance = add_up((own - _spread(mean, x)).square().sum(dims)) / count
    return count, mean, variance


def _precise(x: Tensor) -> Tensor:
    """In single precision at least."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _all_but_channels(x: Tensor) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def _spread(per_channel: Tensor, x: Tensor) -> Tensor:
    """[C] → a shape that goes with x [B, C, …]."""
    return per_channel.view(1, -1, *(1,) * (x.ndim - 2))
