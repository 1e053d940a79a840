"""Saliency: how strongly each pixel moves the number, whichever way."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Method, Problem


def explain(problem: Problem) -> Explained:
    """|∂ score / ∂ pixel|, the largest of the channels.

    Source: Simonyan et al. 2014; captum `Saliency`.
    """
    gradients = problem.gradients(problem.images)  # [B, C, H, W]
    return Explained(gradients.abs().amax(dim=1), {}, "change of the target per unit of brightness, without its sign")


METHOD = Method("saliency", explain)
