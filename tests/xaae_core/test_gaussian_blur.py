"""The banded products are the convolution with the Gaussian window, and so are their gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core import gaussian_blur
from xaae_core.gaussian_blur import SIGMA, WINDOW, blur


def convolved(maps: Tensor) -> Tensor:
    """The blur by its definition: a valid 2-D convolution with the outer product of the window."""
    offsets = torch.arange(WINDOW) - WINDOW // 2
    taps = torch.exp(-(offsets**2) / (2 * SIGMA**2))
    taps = (taps / taps.sum()).to(maps.dtype)
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    return F.conv2d(flat, torch.outer(taps, taps)[None, None]).reshape(*maps.shape[:-2], *_shrunk(maps))


def _shrunk(maps: Tensor) -> tuple[int, int]:
    return maps.shape[-2] - WINDOW + 1, maps.shape[-1] - WINDOW + 1


# One block, a whole number of blocks, a block and a little, and the least there is.
@pytest.mark.parametrize("size", [(30, 25), (58, 106), (59, 107), (11, 11), (192, 161)])
def test_it_is_the_convolution_and_so_is_its_gradient(size: tuple[int, int]) -> None:
    maps = torch.rand(3, 2, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cotangent = torch.rand(3, 2, *_shrunk(maps), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    results = []
    for way in (blur, convolved):
        leaf = maps.clone().requires_grad_()
        out = way(leaf)
        results.append((out, *torch.autograd.grad(out, leaf, cotangent)))
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain, rtol=0, atol=1e-13)


def test_memory_out_of_order_makes_no_difference() -> None:
    maps = torch.rand(2, 3, 70, 64)
    expected = blur(maps)
    torch.testing.assert_close(blur(maps.contiguous(memory_format=torch.channels_last)), expected)
    torch.testing.assert_close(blur(maps.transpose(-1, -2)).transpose(-1, -2), expected)


def test_second_derivatives_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_blur, "_BLOCK", 3)
    maps = torch.rand(1, 14, 15, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(blur, maps)
    assert torch.autograd.gradgradcheck(lambda x: blur(x).square(), maps)
