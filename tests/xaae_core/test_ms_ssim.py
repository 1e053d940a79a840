"""MS-SSIM and SSIM against pytorch-msssim, value by value and gradient by gradient."""

import numpy as np
import pytest
import pytorch_msssim
import torch
from skimage import data, transform
from skimage.metrics import structural_similarity
from torch import nn

from xaae_core.ms_ssim import SMALLEST_SIDE, ms_ssim, ssim

SIZES = [(161, 161), (163, 178), (192, 165)]


@pytest.fixture(scope="module")
def picture():
    """A photograph [3, 256, 256] in [0, 1] that comes with scikit-image."""
    small = transform.resize(data.astronaut(), (256, 256), anti_aliasing=True)
    return torch.tensor(np.moveaxis(small, -1, 0))


def _pair(picture, size, channels, dtype, *, noise=0.08, seed=0):
    """A photograph and a blurred, noisy version of it, as a decoder gives: [2, C, H, W]."""
    generator = torch.Generator().manual_seed(seed)
    clean = torch.stack([picture[:channels, : size[0], : size[1]], picture[:channels, -size[0] :, -size[1] :]])
    blurred = nn.functional.avg_pool2d(clean, 3, 1, 1)
    noisy = blurred + noise * torch.randn(blurred.shape, generator=generator, dtype=blurred.dtype)
    return clean.to(dtype), noisy.clamp(0, 1).to(dtype)


def _both(ours, theirs, clean, noisy, **options):
    """Values [B] of both, and both gradients with respect to the noisy image."""
    results = []
    for function, given in ((ours, {}), (theirs, {"size_average": False, **options})):
        x = noisy.clone().requires_grad_()
        value = function(x, clean, data_range=1.0, **given)
        (gradient,) = torch.autograd.grad(value.sum(), x)
        results.append((value.detach(), gradient))
    return results


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_ms_ssim_equals_pytorch_msssim(picture, size, channels, dtype):
    clean, noisy = _pair(picture, size, channels, dtype)
    (value, gradient), (their_value, their_gradient) = _both(ms_ssim, pytorch_msssim.ms_ssim, clean, noisy)
    assert value.dtype == dtype
    assert 0.5 < float(value.min()) < float(value.max()) < 0.999
    is_double = dtype == torch.float64
    torch.testing.assert_close(value, their_value, rtol=0, atol=1e-12 if is_double else 1e-6)
    torch.testing.assert_close(gradient, their_gradient, rtol=0, atol=1e-12 if is_double else 1e-7)
    assert float(gradient.abs().max()) > 1e-5  # so that the line above says something


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(11, 11), (32, 45), (161, 164)])
def test_ssim_equals_pytorch_msssim(picture, size, channels):
    clean, noisy = _pair(picture, size, channels, torch.float32)
    (value, gradient), (their_value, their_gradient) = _both(ssim, pytorch_msssim.ssim, clean, noisy)
    torch.testing.assert_close(value, their_value, rtol=0, atol=1e-6)
    torch.testing.assert_close(gradient, their_gradient, rtol=1e-4, atol=1e-6)


def test_another_range_of_values_gives_the_same(picture):
    clean, noisy = _pair(picture, (161, 161), 1, torch.float64)
    torch.testing.assert_close(
        ms_ssim(clean * 255, noisy * 255, data_range=255.0), ms_ssim(clean, noisy), rtol=0, atol=1e-9
    )


def test_an_image_equals_itself_and_order_does_not_matter(picture):
    clean, noisy = _pair(picture, (161, 170), 3, torch.float64)
    torch.testing.assert_close(ms_ssim(clean, clean), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(ms_ssim(clean, noisy), ms_ssim(noisy, clean))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", ["constant", "both constant", "anti-correlated", "black and white", "noise"])
def test_gradients_are_finite_where_similarity_is_not_positive(case, seed):
    x = torch.rand(2, 1, 161, 161, generator=torch.Generator().manual_seed(seed))
    y = {
        "constant": torch.full_like(x, 0.5),
        "both constant": torch.full_like(x, 0.3),
        "anti-correlated": 1 - x,
        "black and white": torch.ones_like(x),
        "noise": torch.rand(x.shape, generator=torch.Generator().manual_seed(seed + 10)),
    }[case]
    x = torch.zeros_like(x) if case in ("black and white", "both constant") else x
    x.requires_grad_()
    value = ms_ssim(x, y)
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(x.grad).all()
    x, y = x.detach().double(), y.double()
    torch.testing.assert_close(
        ms_ssim(x, y), pytorch_msssim.ms_ssim(x, y, data_range=1.0, size_average=False), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("size", [(160, 200), (200, 160), (1, 1)])
def test_images_too_small_for_five_scales_are_refused_with_size_and_remedy(size):
    x = torch.rand(1, 1, *size)
    with pytest.raises(ValueError, match=f"image is {size[1]}×{size[0]} px; MS-SSIM needs at least 161") as caught:
        ms_ssim(x, x)
    assert 'resize, or train with recons_metric="ssim"' in str(caught.value)
    assert SMALLEST_SIDE == 161


def test_the_limit_is_the_smallest_size_that_works():
    x = torch.rand(1, 1, 161, 161)
    assert float(ms_ssim(x, x)) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="10×11 px; SSIM needs at least 11"):
        ssim(torch.rand(1, 1, 11, 10), torch.rand(1, 1, 11, 10))


@pytest.mark.parametrize("shapes", [((1, 1, 161, 161), (2, 1, 161, 161)), ((161, 161), (161, 161))])
def test_batches_of_other_shapes_are_refused(shapes):
    with pytest.raises(ValueError, match="two batches"):
        ms_ssim(*(torch.rand(shape) for shape in shapes))


def test_showing_first_and_training_afterwards_works():
    """What inference mode keeps must not get in the way of gradients."""
    size = (173, 187)  # used by no other test: nothing is kept for it yet
    x, y = torch.rand(1, 1, *size), torch.rand(1, 1, *size, requires_grad=True)
    with torch.inference_mode():
        shown = ms_ssim(x, x * 0.9)
    (gradient,) = torch.autograd.grad(ms_ssim(x, y).sum(), y)
    assert torch.isfinite(gradient).all()
    assert 0 < float(shown) < 1


def test_half_precision_is_computed_in_full():
    x = torch.rand(1, 1, 161, 161)
    y = (x * 0.8 + 0.1).half()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = ms_ssim(x.half(), y)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, ms_ssim(x.half().float(), y.float()), rtol=0, atol=1e-6)


@pytest.mark.parametrize("length", [161, 250])
def test_a_signal_is_as_similar_as_the_picture_that_repeats_it_in_every_row(length):
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(2, 3, length, generator=generator, dtype=torch.float64).cumsum(dim=2) / length
    y = x + 0.05 * torch.randn(x.shape, generator=generator, dtype=torch.float64)
    tall = [signal[:, :, None].expand(-1, -1, 176, -1) for signal in (x, y)]
    close = {"rtol": 0, "atol": 1e-5}  # the taps, of single precision, do not quite add up to 1
    torch.testing.assert_close(ssim(x, y), ssim(*tall), **close)
    torch.testing.assert_close(ms_ssim(x, y), ms_ssim(*tall), **close)


def test_ssim_along_time_is_scikit_images():
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(size=200)) / 20
    y = x + 0.1 * rng.normal(size=200)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    theirs = structural_similarity(x, y, **settings)
    assert ssim(*(torch.from_numpy(each)[None, None] for each in (x, y))).item() == pytest.approx(theirs, abs=1e-6)


def test_gradients_of_the_similarity_of_signals_are_right_twice():
    generator = torch.Generator().manual_seed(1)
    x, y = torch.rand(2, 1, 2, 13, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda each: ssim(each, y), x.requires_grad_())
    assert torch.autograd.gradgradcheck(lambda each: ssim(each, y), x)
