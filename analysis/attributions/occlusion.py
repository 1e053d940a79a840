"""Occlusion: what the number loses when a square of the picture is covered."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.settings import MethodSettings


def explain(problem: Problem) -> Explained:
    """score(x) − score(x with the square covered by the baseline), averaged over the squares that hold the pixel.

    All channels are covered at once.

    Source: Zeiler & Fergus 2014; captum `Occlusion`.
    """
    from captum.attr import Occlusion

    channels = problem.images.shape[1]
    window, stride = problem.settings.window_for(problem.size), problem.settings.stride_for(problem.size)
    losses = Occlusion(problem.score).attribute(
        problem.images,
        sliding_window_shapes=(channels, window, window),
        strides=(channels, stride, stride),
        baselines=problem.baselines,
        additional_forward_args=problem.context or None,
        perturbations_per_eval=problem.repeats,
    )  # [B, C, H, W], the same in every channel
    return Explained(
        losses.mean(dim=1),
        {"window": window, "stride": stride},
        "fall of the target when the square around is covered",
    )


def _squares(settings: MethodSettings, size: tuple[int, int]) -> int:
    window, stride = settings.window_for(size), settings.stride_for(size)
    rows, columns = (-(-(side - window) // stride) + 1 for side in size)
    return rows * columns + 1


METHOD = Method("occlusion", explain, compares=True, n_passes=_squares)
