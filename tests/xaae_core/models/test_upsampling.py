"""A cheaper way to the same maps is the same function, gradients included."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.models import add_xaae_blocks, build_encoder, unet
from xaae_core.models.aae import XaaeBlocks
from xaae_core.models.upsampling import convolve_doubled


def doubled_then_convolved(x: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (1, 1, 1, 1), (3, 2, 7, 1)])
def test_convolving_doubled_maps_needs_no_doubled_maps(
    shape: tuple[int, int, int, int], layout: torch.memory_format
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64).contiguous(memory_format=layout)
    weight = torch.randn(4, shape[1], 3, 3, generator=generator, dtype=torch.float64)
    cotangent = torch.randn(shape[0], 4, 2 * shape[2], 2 * shape[3], generator=generator, dtype=torch.float64)
    results = []
    for way in (convolve_doubled, doubled_then_convolved):
        leaves = x.clone().requires_grad_(), weight.clone().requires_grad_()
        out = way(*leaves)
        results.append((out, *torch.autograd.grad(out, leaves, cotangent)))
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("decoder", ["light", "unet"])
@pytest.mark.parametrize("n_skips", [0, 1, 7])
def test_a_batch_drawn_in_parts_is_the_same_batch(monkeypatch: pytest.MonkeyPatch, decoder: str, n_skips: int) -> None:
    model = small_model(decoder)
    with torch.inference_mode():
        z = torch.randn(7, 8)
        skips = model.encode(torch.rand(n_skips, 1, 48, 40)).skips if n_skips else ()
        monkeypatch.setattr(unet, "_BYTES_AT_ONCE", 2**40)
        whole = model.decode(z, skips, skip_dropout=0.0)
        calls: list[int] = []
        model.decoder.head.register_forward_hook(lambda module, inputs, output: calls.append(len(output)))
        monkeypatch.setattr(unet, "_BYTES_AT_ONCE", 3 * 4 * model.decoder.n_head * 48 * 40)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
        parts = model.decode(z, skips, skip_dropout=0.0)
    assert calls == [3, 2, 2]
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-6)


def test_training_always_draws_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model("light").train()
    monkeypatch.setattr(unet, "_BYTES_AT_ONCE", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    calls: list[int] = []
    model.decoder.head.register_forward_hook(lambda module, inputs, output: calls.append(len(output)))
    with torch.no_grad():  # batch norm needs all of it, gradients or not
        model(torch.rand(5, 1, 48, 40))
    assert calls == [5]


def small_model(decoder: str) -> XaaeBlocks:
    torch.manual_seed(0)
    model = add_xaae_blocks(
        build_encoder("small:4-8-12", 1), (48, 40), 1, 8, decoder=decoder, recons_metric="ssim", skip_dropout=0.0
    )
    for name, parameter in model.decoder.named_parameters():
        if "conv_skip" in name:  # starts at zero
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()
