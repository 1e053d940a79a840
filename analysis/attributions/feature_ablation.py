"""Feature ablation: what the number loses when a segment of the picture is taken away."""

from __future__ import annotations

import torch

from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.settings import MethodSettings


def explain(problem: Problem) -> Explained:
    """score(x) − score(x with the segment replaced by the baseline), for every segment; all channels at once.

    Unlike occlusion's squares, segments do not overlap, and may be anything: cells of a grid, organs, superpixels.

    Source: captum `FeatureAblation`.
    """
    from captum.attr import FeatureAblation

    cells = torch.from_numpy(problem.settings.segments_for(problem.size)).to(problem.images.device)
    losses = FeatureAblation(problem.score).attribute(
        problem.images,
        baselines=problem.baselines,
        additional_forward_args=problem.context or None,
        feature_mask=cells.expand(1, problem.images.shape[1], -1, -1),
        perturbations_per_eval=problem.repeats,
    )  # [B, C, H, W], the same in every channel
    settings: dict[str, float | int | str] = {"n_segments": int(cells.max()) + 1}
    if problem.settings.segments is None:
        settings["window"] = problem.settings.window_for(problem.size)
    return Explained(losses.mean(dim=1), settings, "fall of the target when the pixel's segment is taken away")


def _segments(settings: MethodSettings, size: tuple[int, int]) -> int:
    return int(settings.segments_for(size).max()) + 2


METHOD = Method("feature_ablation", explain, compares=True, n_passes=_segments)
