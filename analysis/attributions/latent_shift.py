"""Latent shift: what the decoder changes in the picture when the number is moved in latent space."""

from __future__ import annotations

import torch

from analysis.attributions.model_trace import ModelTrace
from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.targets import Target
from xaae_core.models.model_abilities import has_decoder


def explain(problem: Problem) -> Explained:
    """½ · [D(z + s·v) − D(z − s·v)], v the shortest step in z that raises the number by one unit, s the span.

    For a direction it is the direction itself, one step a standard deviation; for a logit the gradient of the
    classifier, as in the source. z alone draws. `parts` holds both halves: "more", D(z + s·v) − D(z), and "less",
    D(z − s·v) − D(z).

    It shows what the decoder has learned to go with the number, not which pixels the encoder listened to.

    Source: Cohen et al. 2021, equation 1 (Gifsplanation; there the largest change of many steps, without its sign).
    """
    span = problem.settings.span
    with torch.no_grad():
        z = problem.model.encode(problem.images).z
    problem.count(len(z))
    step = problem.target.latent_step(problem.model, z)
    assert step is not None  # find_obstacle has looked
    drawn = []
    with torch.no_grad():
        for size in (-span, 0.0, span):
            drawn.append(problem.model.decode(z + size * step, skip_dropout=1.0).float().sum(dim=1))  # [B, H, W]
            problem.count(len(z))
    less, origin, more = drawn
    return Explained(
        (more - less) / 2,
        {"span": span},
        f"change of the decoded picture as the target rises by {span:g}",
        parts={"more": more - origin, "less": less - origin},
    )


def find_obstacle(trace: ModelTrace, target: Target, model: object) -> str | None:
    """Why nothing can be shifted, or the shift not be drawn."""
    if not has_decoder(model):
        return "latent shift draws pictures of a moved z, and the model has no decoder to draw them with"
    if type(target).latent_step is Target.latent_step:
        return f"latent shift needs a way in z along which the number rises, and there is none for: {target.name}"
    return None


METHOD = Method("latent_shift", explain, n_passes=lambda _settings, _size: 4, obstacle=find_obstacle)
