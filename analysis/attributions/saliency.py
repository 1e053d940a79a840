"""Saliency: how strongly each pixel moves the number, whichever way."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Problem


def explain(problem: Problem) -> Explained:
    """|∂ score / ∂ pixel|, the largest of the channels.

    Source: Simonyan et al. 2014; captum `Saliency`.
    """
    from captum.attr import Saliency

    image = problem.image.clone().requires_grad_()
    gradients = Saliency(problem.score).attribute(image, abs=True)  # [1, C, H, W]
    return Explained(gradients[0].amax(dim=0), {}, "change of the target per unit of brightness, without its sign")
