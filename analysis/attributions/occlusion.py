"""Occlusion: what the number loses when a square of the picture is covered."""

from __future__ import annotations

from analysis.attributions.problem import Explained, Problem


def explain(problem: Problem) -> Explained:
    """score(x) − score(x with the square covered by the baseline), averaged over the squares that hold the pixel.

    All channels are covered at once.

    Source: Zeiler & Fergus 2014; captum `Occlusion`.
    """
    from captum.attr import Occlusion

    channels = problem.image.shape[1]
    losses = Occlusion(problem.score).attribute(
        problem.image,
        sliding_window_shapes=(channels, problem.window, problem.window),
        strides=(channels, problem.stride, problem.stride),
        baselines=problem.baseline,
        perturbations_per_eval=problem.batch,
    )  # [1, C, H, W], the same in every channel
    settings: dict[str, float | int | str] = {"window": problem.window, "stride": problem.stride}
    return Explained(losses[0].mean(dim=0), settings, "fall of the target when the square around is covered")
