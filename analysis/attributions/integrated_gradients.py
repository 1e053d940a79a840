"""Integrated gradients: the way from nothing to the picture, shared out over its pixels."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Method, Problem


def explain(problem: Problem) -> Explained:
    """(x − x′) · ∫ ∂ score / ∂ x along the straight way from the baseline x′, summed over channels.

    Gauss-Legendre points, so that few of them are enough; they are taken in batches of bounded size.

    Source: Sundararajan et al. 2017, equation 1; captum `IntegratedGradients`.
    """
    from captum.attr import IntegratedGradients

    n_steps = problem.settings.n_steps
    shares = IntegratedGradients(problem.score).attribute(
        problem.images,
        baselines=problem.baselines,
        additional_forward_args=problem.context or None,
        n_steps=n_steps,
        method="gausslegendre",
        internal_batch_size=problem.rows,
    )  # [B, C, H, W]
    return Explained(
        shares.sum(dim=1), {"n_steps": n_steps}, "part of the target's change from the baseline", is_complete=True
    )


METHOD = Method("integrated_gradients", explain, compares=True, n_passes=lambda settings, _size: settings.n_steps)
