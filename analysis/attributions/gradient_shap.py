"""GradientShap: gradients at random points of the way from nothing to noisy copies of the picture."""

from __future__ import annotations

import torch

from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.smooth_grad import NoisyCopies, chunk_sizes

_USUAL_NOISE = 0.05


def explain(problem: Problem) -> Explained:
    """Mean of (x̃ − x′) · ∂ score / ∂ x at x′ + u · (x̃ − x′), x̃ a noisy copy and u uniform; summed over channels.

    The expectation is complete where there is no noise; a sample of points misses it by chance, as
    `Attribution.convergence_delta` says. Drawn as in `smooth_grad` instead of captum's `GradientShap`, for the
    reasons given there; the gradients are captum's.

    Source: Lundberg & Lee 2017; Erion et al. 2021 (expected gradients).
    """
    settings = problem.settings
    noise = settings.noise_or(_USUAL_NOISE)
    copies = NoisyCopies(problem, noise)
    total = torch.zeros_like(problem.images)
    for n_copies in chunk_sizes(settings.n_samples, problem.repeats):
        noisy, shares = copies.draw(n_copies)  # [B, K, C, H, W], [K]
        way = noisy - problem.baselines[:, None]
        points = problem.baselines[:, None] + shares.view(1, -1, 1, 1, 1) * way
        gradients = problem.gradients(points.flatten(0, 1), times=n_copies)
        total += (gradients.view_as(points) * way).sum(dim=1)
    return Explained(
        (total / settings.n_samples).sum(dim=1),
        {"n_samples": settings.n_samples, "noise": noise, "seed": settings.seed},
        "part of the target's change from the baseline, by chance points",
        is_complete=True,
    )


METHOD = Method("gradient_shap", explain, compares=True, n_passes=lambda settings, _size: settings.n_samples)
