"""SmoothGrad: the gradient averaged over noisy copies, so that its grain falls out."""

from __future__ import annotations

import torch
from torch import Tensor

from analysis.attributions.problem import Explained, Method, Problem

_USUAL_NOISE = 0.15


def explain(problem: Problem) -> Explained:
    """|mean of ∂ score / ∂ pixel over noisy copies|, the largest of the channels.

    captum's `NoiseTunnel` draws from the random state that the whole program shares, in batches whose size changes
    what is drawn. Here each copy's noise is drawn by itself from the seed: the map is the same for every memory
    budget, the same noise meets every picture, and no other thread is disturbed. The gradients are captum's.

    Source: Smilkov et al. 2017.
    """
    settings = problem.settings
    noise = settings.noise_or(_USUAL_NOISE)
    copies = NoisyCopies(problem, noise)
    total = torch.zeros_like(problem.images)
    for n_copies in chunk_sizes(settings.n_samples, problem.repeats):
        points, _ = copies.draw(n_copies)  # [B, K, C, H, W]
        gradients = problem.gradients(points.flatten(0, 1), times=n_copies)
        total += gradients.view_as(points).sum(dim=1)
    return Explained(
        (total / settings.n_samples).abs().amax(dim=1),
        {"n_samples": settings.n_samples, "noise": noise, "seed": settings.seed},
        "mean change of the target per unit of brightness among noisy copies, without its sign",
    )


class NoisyCopies:
    """Draws noisy copies of pictures, the same ones in whatever portions they are asked for."""

    def __init__(self, problem: Problem, noise: float) -> None:
        self._images = problem.images
        own = (-1,) if problem.settings.is_along_time else (-3, -2, -1)  # a signal's channels have ranges of their own
        width = (problem.images.amax(dim=own, keepdim=True) - problem.images.amin(dim=own, keepdim=True)) * noise
        self._width = width[:, None]  # [B, 1, 1, 1 or channels of a signal, 1]
        self._generator = torch.Generator().manual_seed(problem.settings.seed)

    def draw(self, n_copies: int) -> tuple[Tensor, Tensor]:
        """The next copies [B, K, C, H, W], and a number in [0, 1) with each [K]."""
        shape = self._images.shape[1:]
        shares, noises = [], []
        for _ in range(n_copies):  # one by one: a larger draw would not hold the same numbers
            shares.append(torch.rand(1, generator=self._generator))
            noises.append(torch.randn(shape, generator=self._generator))
        noise = torch.stack(noises).to(self._images)
        return self._images[:, None] + self._width * noise, torch.cat(shares).to(self._images)


def chunk_sizes(n_all: int, most: int) -> list[int]:
    """Sizes of portions that make up `n_all`, none above `most`: (5, 2) gives [2, 2, 1]."""
    return [min(most, n_all - start) for start in range(0, n_all, most)]


METHOD = Method("smooth_grad", explain, n_passes=lambda settings, _size: settings.n_samples)
