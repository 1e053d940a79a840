"""Integrated gradients: the way from nothing to the picture, shared out over its pixels."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Problem


def explain(problem: Problem) -> Explained:
    """(x − x′) · ∫ ∂ score / ∂ x along the straight way from the baseline x′, summed over channels.

    Gauss-Legendre points, so that few of them are enough; they are taken in batches of bounded size.

    Source: Sundararajan et al. 2017, equation 1; captum `IntegratedGradients`.
    """
    from captum.attr import IntegratedGradients

    shares = IntegratedGradients(problem.score).attribute(
        problem.image,
        baselines=problem.baseline,
        n_steps=problem.n_steps,
        method="gausslegendre",
        internal_batch_size=problem.batch,
    )  # [1, C, H, W]
    return Explained(
        shares[0].sum(dim=0),
        {"n_steps": problem.n_steps},
        "part of the target's change from the baseline",
        is_complete=True,
    )
