"""Input × gradient: the picture's own brightness times how it moves the number."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Method, Problem


def explain(problem: Problem) -> Explained:
    """Picture · ∂ score / ∂ picture, summed over channels: black pixels get nothing.

    Source: Shrikumar et al. 2016; captum `InputXGradient`.
    """
    from captum.attr import InputXGradient

    products = InputXGradient(problem.score).attribute(
        problem.images.clone().requires_grad_(), additional_forward_args=problem.context or None
    )  # [B, C, H, W]
    return Explained(products.detach().sum(dim=1), {}, "the target's slope times the pixel's brightness")


METHOD = Method("input_x_gradient", explain)
