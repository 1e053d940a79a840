"""Gradients of a representation along a path from the baseline, in passes of bounded size.

captum expands a batch to all its points at once, and takes one path for each latent dimension. Here points come in
portions that a processor's memory serves quickly, all dimensions share the forward passes of one path, and an affine
first layer is passed once instead of at every point (see `affine_heads`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.attributions.affine_heads import SplitEncoder
from analysis.attributions.memory import bytes_of_pass

Slope = Callable[[slice], Tensor]
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


def explain_path(
    encoder: SplitEncoder, inputs: Tensor, baseline: Tensor | None, rule: PathRule, slopes: Sequence[Slope]
) -> Tensor:
    """Attributions [N, K, …] of K weighted sums of a representation's entries; all share the forward passes.

    Args:
        encoder: from inputs [M, …] to [M, D].
        inputs: [N, …].
        baseline: [1, …] or [N, …]; zeros if None.
        rule: how.
        slopes: for each sum, the weights [B, D] of the entries for some of the inputs.
    """
    start = torch.zeros_like(inputs) if baseline is None or rule.is_from_zero else baseline.detach().expand_as(inputs)
    most = _points_at_once(encoder, inputs)
    n_inputs = max(1, min(len(inputs), most, _BYTES_A_PASS // (len(slopes) * encoder.head(inputs[:1]).nbytes)))
    found = []
    for first in range(0, len(inputs), n_inputs):
        rows = slice(first, first + n_inputs)
        weights = [slope(rows) for slope in slopes]
        found.append(
            _explain_some(encoder, inputs[rows].detach(), start[rows], rule, weights, max(1, most // n_inputs))
        )
    return torch.cat(found)


def _explain_some(
    encoder: SplitEncoder, inputs: Tensor, start: Tensor, rule: PathRule, slopes: list[Tensor], n_shares: int
) -> Tensor:
    """Attributions [B, K, …] of inputs that go through together, `n_shares` points of each path at a time."""
    x = inputs.clone().requires_grad_()
    end = encoder.head(x)
    origin = encoder.head(start).detach()
    way = end.detach() - origin
    sums = [torch.zeros_like(way) for _ in slopes]
    all_shares, all_weights = (torch.tensor(values).to(inputs) for values in (rule.shares, rule.weights))
    for step in range(0, len(all_shares), n_shares):
        shares, weights = all_shares[step : step + n_shares], all_weights[step : step + n_shares]
        points = (origin + shares.view(-1, *[1] * way.ndim) * way).flatten(0, 1).requires_grad_()  # [S·B, …]
        outputs = encoder.rest(points, inputs.repeat(len(shares), *[1] * (inputs.ndim - 1)))  # [S·B, D]
        for k, slope in enumerate(slopes):
            (gradients,) = torch.autograd.grad(
                outputs, points, grad_outputs=slope.repeat(len(shares), 1), retain_graph=k + 1 < len(slopes)
            )
            sums[k] += torch.tensordot(weights, gradients.view(len(shares), *way.shape), dims=1)
    back = [torch.autograd.grad(end, x, total, retain_graph=True)[0] if encoder.has_head else total for total in sums]
    made = torch.stack(back, dim=1)
    made = made * (inputs - start)[:, None] if rule.multiplies else made
    return made.abs() if rule.is_absolute else made


def _points_at_once(encoder: SplitEncoder, inputs: Tensor) -> int:
    with torch.no_grad():
        behind = encoder.head(inputs[:1])
    one = bytes_of_pass(None, lambda h: encoder.rest(h, inputs[:1]).sum(dim=1), behind, ())
    return max(1, min(_MOST_POINTS, _BYTES_A_PASS // one))
