"""Gradients of a representation along a path from the baseline, in passes of bounded size.

captum expands a batch to all its points at once, and takes one path for each latent dimension. Here points come in
portions that a processor's memory serves quickly, and all dimensions share the forward passes of one path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.attributions.memory import bytes_of_pass

_BYTES_A_PASS = 2**26
_MOST_POINTS = 512
_USUAL_STEPS = 50


@dataclass(frozen=True)
class PathRule:
    """A method whose attribution is a weighted sum of gradients at points baseline + share · (input − baseline).

    Attributes:
        shares: of the way, in (0, 1].
        weights: of the gradients.
        multiplies: whether the sum is multiplied by input − baseline.
        is_absolute: whether its size is taken.
        is_from_zero: whether the baseline does not count.
    """

    shares: tuple[float, ...]
    weights: tuple[float, ...]
    multiplies: bool
    is_absolute: bool = False
    is_from_zero: bool = False


def path_rule(method: Any, options: Mapping[str, Any] | None) -> PathRule | None:
    """The rule of a captum method as it would be called; None: it is none of this kind, or called in its own way."""
    from captum.attr import InputXGradient, IntegratedGradients, Saliency

    given = dict(options or {})
    kind = type(method)
    if kind is IntegratedGradients and set(given) <= {"n_steps"}:
        nodes, weights = np.polynomial.legendre.leggauss(given.get("n_steps", _USUAL_STEPS))
        return PathRule(tuple((1 + nodes) / 2), tuple(weights / 2), bool(method.multiplies_by_inputs))
    if kind is Saliency and set(given) <= {"abs"}:
        return PathRule((1.0,), (1.0,), False, is_absolute=given.get("abs", True), is_from_zero=True)
    if kind is InputXGradient and not given:
        return PathRule((1.0,), (1.0,), True, is_from_zero=True)
    return None


def explain_product(
    represent: Callable[[Tensor], Tensor], inputs: Tensor, baseline: Tensor | None, own: Tensor, rule: PathRule
) -> Tensor:
    """Attributions [N, …] of Σ_d own_d · f_d(x).

    Args:
        represent: f, from inputs [M, …] to [M, D].
        inputs: [N, …].
        baseline: [1, …] or [N, …]; zeros if None.
        own: f(x) of the inputs [N, D].
        rule: how.
    """
    start = _start_of(inputs, baseline, rule)
    found = torch.zeros_like(inputs)
    for rows, points, weights in _portions(represent, inputs, start, rule):
        outputs = represent(points.requires_grad_())
        slopes = own[rows].repeat(len(weights), 1)
        (gradients,) = torch.autograd.grad(outputs, points, grad_outputs=slopes)
        found[rows] += _weighed(gradients, weights)
    return _finished(found, inputs, start, rule)


def explain_rows(
    represent: Callable[[Tensor], Tensor], inputs: Tensor, baseline: Tensor | None, n_dims: int, rule: PathRule
) -> Tensor:
    """Attributions [N, D, …] of every f_d(x); each forward pass serves all D. Arguments as of `explain_product`."""
    start = _start_of(inputs, baseline, rule)
    found = inputs.new_zeros(len(inputs), n_dims, *inputs.shape[1:])
    for rows, points, weights in _portions(represent, inputs, start, rule):
        outputs = represent(points.requires_grad_())  # [S·B, D]
        for dim in range(n_dims):
            slopes = torch.zeros_like(outputs)
            slopes[:, dim] = 1
            (gradients,) = torch.autograd.grad(outputs, points, grad_outputs=slopes, retain_graph=dim + 1 < n_dims)
            found[rows, dim] += _weighed(gradients, weights)
    return _finished(found, inputs[:, None], start[:, None], rule)


def _portions(
    represent: Callable[[Tensor], Tensor], inputs: Tensor, start: Tensor, rule: PathRule
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Which inputs, points of their paths [S·B, …] (all inputs again at each share), weights of the shares [S]."""
    most = _points_at_once(represent, inputs)
    n_inputs = min(len(inputs), most)
    n_shares = max(1, most // n_inputs)
    shares, weights = (torch.tensor(values, dtype=inputs.dtype, device=inputs.device) for values in
                       (rule.shares, rule.weights))  # fmt: skip
    flat = [1] * (inputs.ndim - 1)
    for first in range(0, len(inputs), n_inputs):
        rows = slice(first, first + n_inputs)
        x, origin = inputs[rows].detach(), start[rows]
        for step in range(0, len(shares), n_shares):
            part = shares[step : step + n_shares]
            points = (origin + part.view(-1, 1, *flat) * (x - origin)).flatten(0, 1)
            yield rows, points, weights[step : step + n_shares]


def _points_at_once(represent: Callable[[Tensor], Tensor], inputs: Tensor) -> int:
    one = bytes_of_pass(None, lambda x: represent(x).sum(dim=1), inputs[:1].detach(), ())
    return max(1, min(_MOST_POINTS, _BYTES_A_PASS // one))


def _weighed(gradients: Tensor, weights: Tensor) -> Tensor:
    """Σ_s weight_s · gradient_s [B, …] of gradients [S·B, …]."""
    return torch.tensordot(weights, gradients.view(len(weights), -1, *gradients.shape[1:]), dims=1)


def _start_of(inputs: Tensor, baseline: Tensor | None, rule: PathRule) -> Tensor:
    if baseline is None or rule.is_from_zero:
        return torch.zeros_like(inputs)
    return baseline.detach().expand_as(inputs)


def _finished(found: Tensor, inputs: Tensor, start: Tensor, rule: PathRule) -> Tensor:
    made = found * (inputs - start).detach() if rule.multiplies else found
    return made.abs() if rule.is_absolute else made
