"""(H + λI)⁻¹·g by conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.examples.curvature import Eigenpairs, Hessian
from xaae_core.errors import ExamplesError


@dataclass(frozen=True, eq=False)
class Solved:
    """Solutions of a damped system.

    Attributes:
        vectors: [R, P].
        residual: largest ‖(H + λI)x − g‖ / ‖g‖, computed from the solution itself.
        n_steps: products a vector.
    """

    vectors: Tensor
    residual: float
    n_steps: int


def choose_damping(pairs: Eigenpairs) -> float:
    """A λ that makes H + λI positive where its spectrum was seen.

    It is twice the size of the lowest eigenvalue below 0, plus a thousandth of the largest one's.
    """
    return 2 * max(0.0, -pairs.lowest) + 1e-3 * max(abs(pairs.lowest), abs(pairs.highest), 1e-12)


def solve_damped(
    hessian: Hessian, vectors: Tensor, *, damping: float, pairs: Eigenpairs, tolerance: float, most_steps: int
) -> Solved:
    """(H + λI)⁻¹ of vectors [R, P], all at once; known eigenpairs are solved exactly and only the rest iterated.

    Raises:
        ExamplesError: H + λI is not positive along a direction that was met, where no inverse means anything.

    Source: Hestenes & Stiefel 1952; Koh & Liang 2017 for its use; deflation as Stathopoulos & Orginos 2010.
    """
    shift = torch.as_tensor(pairs.values + damping).to(vectors)
    if len(pairs.values) and float(shift.min()) <= 0:
        raise _not_positive(float(pairs.values.min()), damping)
    x = ((vectors @ pairs.vectors.T) / shift) @ pairs.vectors if len(shift) else torch.zeros_like(vectors)
    residual = vectors - (hessian(x) + damping * x)
    direction, size = residual.clone(), residual.square().sum(dim=1)
    limit = (tolerance * vectors.norm(dim=1)).square().clamp_min(1e-30)
    steps = 1
    while steps < most_steps and bool((size > limit).any()):
        product = hessian(direction) + damping * direction
        steps += 1
        curvature = (direction * product).sum(dim=1)
        length = direction.square().sum(dim=1)
        bad = (curvature <= 0) & (size > limit)
        if bool(bad.any()):
            raise _not_positive(float((curvature / length)[bad].min()) - damping, damping)
        rate = torch.where(size > limit, size / curvature.clamp_min(1e-38), torch.zeros_like(size))
        x = x + rate[:, None] * direction
        residual = residual - rate[:, None] * product
        latest = residual.square().sum(dim=1)
        direction = residual + (latest / size.clamp_min(1e-38))[:, None] * direction
        size = latest
    left = (vectors - hessian(x) - damping * x).norm(dim=1) / vectors.norm(dim=1).clamp_min(1e-30)
    return Solved(x, float(left.max()), steps + 1)


def _not_positive(curvature: float, damping: float) -> ExamplesError:
    return ExamplesError(
        f"the loss is curved by {curvature:.3g} along some direction, and a damping of {damping:.3g} does not make up "
        f"for it: H + λI has no meaningful inverse; give a damping above {-curvature:.3g}, or leave it to be chosen"
    )
