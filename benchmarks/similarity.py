"""MS-SSIM with its gradient: ours against pytorch-msssim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytorch_msssim
import torch
from torch import Tensor

from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.ms_ssim import ms_ssim

SHAPES = ((16, 1, 192, 192), (8, 3, 256, 256))


@dataclass(frozen=True, eq=False)
class Differences:
    """The largest differences between two ways.

    Attributes:
        value: of MS-SSIM of an image.
        gradient: of the gradient of a pixel, as a share of the largest gradient.
    """

    value: float
    gradient: float


def peer_ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """pytorch-msssim's MS-SSIM [B]."""
    values: Tensor = pytorch_msssim.ms_ssim(x, y, data_range=1.0, size_average=False)
    return values


def pair_of_batches(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Smooth random pictures [B, C, H, W] in [0, 1] and noisy copies of them, always the same."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(*shape[:2], 9, 9, generator=generator)
    clean = torch.nn.functional.interpolate(coarse, size=shape[2:], mode="bilinear", align_corners=True)
    noisy = (clean + 0.1 * torch.randn(shape, generator=generator)).clamp(0, 1)
    return noisy, clean


def with_gradient(similarity: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """MS-SSIM [B] of x and y, and the gradient of their mean with respect to x."""
    x = x.detach().requires_grad_()
    values = similarity(x, y)
    values.mean().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return values.detach(), x.grad


def differences(shape: tuple[int, ...]) -> Differences:
    """How far ours is from pytorch-msssim."""
    x, y = pair_of_batches(shape)
    (ours, our_gradient), (peers, peer_gradient) = with_gradient(ms_ssim, x, y), with_gradient(peer_ms_ssim, x, y)
    gradient = (our_gradient - peer_gradient).abs().max() / peer_gradient.abs().max()
    return Differences(float((ours - peers).abs().max()), float(gradient))


def compare(shape: tuple[int, ...], *, repeats: int) -> Comparison:
    """Ours against pytorch-msssim for batches of one shape, forward and backward."""
    x, y = pair_of_batches(shape)
    seconds = take_turns(
        timed(lambda: with_gradient(ms_ssim, x, y)), timed(lambda: with_gradient(peer_ms_ssim, x, y)), repeats=repeats
    )
    apart = differences(shape)
    return Comparison(
        f"MS-SSIM, {shape[1]} channel{'s' if shape[1] > 1 else ''}",
        "blurs as banded matrix products, forward and backward",
        "pytorch-msssim",
        *seconds,
        f"one thread; batch {'×'.join(map(str, shape))}; values differ by at most {apart.value:.1e}, "
        f"gradients by {apart.gradient:.1e} of the largest",
    )


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file, on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [compare(shape, repeats=2 if is_quick else 15) for shape in SHAPES]
    finally:
        torch.set_num_threads(n_threads)
