"""Occlusion: what the number loses when a square of the picture is covered."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.settings import MethodSettings


def explain(problem: Problem) -> Explained:
    """score(x) − score(x with the square covered by the baseline), averaged over the squares that hold the pixel.

    All channels of a picture are covered at once; of a signal, a stretch of one channel after the other.

    Source: Zeiler & Fergus 2014; captum `Occlusion`.
    """
    from captum.attr import Occlusion

    channels = problem.images.shape[1]
    settings = problem.settings
    stride = settings.stride_for(problem.size)
    patch = settings.patch_for(problem.size)
    losses = Occlusion(problem.score).attribute(
        problem.images,
        sliding_window_shapes=(channels, *patch),
        strides=(channels, min(stride, patch[0]), stride),
        baselines=problem.baselines,
        additional_forward_args=problem.context or None,
        perturbations_per_eval=problem.repeats,
    )  # [B, C, H, W], the same in every channel
    return Explained(
        losses.mean(dim=1),
        {"window": patch[1], "stride": stride},
        "fall of the target when the square around is covered",
    )


def _squares(settings: MethodSettings, size: tuple[int, int]) -> int:
    patch, stride = settings.patch_for(size), settings.stride_for(size)
    rows, columns = (-(-(side - step) // min(stride, step)) + 1 for side, step in zip(size, patch, strict=True))
    return rows * columns + 1


METHOD = Method("occlusion", explain, compares=True, n_passes=_squares)
