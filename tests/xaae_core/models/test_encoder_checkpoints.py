"""Models around every family of encoders: saved and opened bit for bit, and opened without cost or side effects."""

import subprocess
import sys

import pytest
import torch

from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.errors import WrongModelError
from xaae_core.model_card import ModelCard, build_model, card_for
from xaae_core.models import AAE, add_xaae_blocks, build_encoder, count_parameters, encoder_normalisation
from xaae_core.models.weightless import building_weightless, make_network

SIZES = {
    "small:4-6": (24, 16),
    "torchvision:resnet18": (48, 32),
    "torchvision:regnet_x_400mf": (48, 32),  # computes its widths while it is made
    "torchvision:shufflenet_v2_x0_5": (48, 32),
    "timm:test_vit": (48, 32),
    "timm:test_vit_relpos": (96, 96),  # holds tables outside its state
    "timm:test_coatnet": (96, 96),
    "timm:test_resnet": (48, 32),
    "timm:xcit_nano_12_p8_224": (48, 32),
    "timm:vit_tiny_patch16_dinov3_qkvb": (48, 32),
}
LARGE = {
    "torchvision:swin_t": (64, 64),
    "torchvision:vit_b_32": (96, 64),
    "torchvision:maxvit_t": (224, 224),
    "timm:swinv2_cr_tiny_224": (64, 64),
    "timm:vit_base_r26_s32_224": (64, 64),
}


def _model(spec, size, channels=1):
    torch.manual_seed(0)
    return add_xaae_blocks(
        build_encoder(spec, channels, input_size=size),
        size, channels, 4, decoder="light", recons_metric="ssim", encoder_spec=spec,
        normalisation=encoder_normalisation(spec, channels),
    )  # fmt: skip


def _check_round_trip(spec, size, tmp_path):
    model = _model(spec, size)
    images = torch.rand(2, 1, *size)
    model(images)  # moves batch statistics away from their start
    path = save_checkpoint(model.eval(), tmp_path / "m.safetensors", card_for(model))
    state = torch.get_rng_state()
    opened = load_checkpoint(path).model
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(tensor.is_meta for tensor in (*opened.parameters(), *opened.buffers()))
    assert opened.layout == model.layout
    with torch.no_grad():
        expected, found = model.encode(images), opened.encode(images)
        assert torch.equal(found.z, expected.z)
        assert all(torch.equal(a, b) for a, b in zip(found.skips, expected.skips, strict=True))
        pictures = [m.decode(e.z, e.skips, skip_dropout=0.0) for m, e in ((opened, found), (model, expected))]
        assert torch.equal(*pictures)


@pytest.mark.parametrize("spec", SIZES)
def test_a_model_opens_bit_for_bit(spec, tmp_path):
    _check_round_trip(spec, SIZES[spec], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("spec", LARGE)
def test_a_large_model_opens_bit_for_bit(spec, tmp_path):
    _check_round_trip(spec, LARGE[spec], tmp_path)


@pytest.mark.parametrize("spec", SIZES)
def test_a_card_without_a_layout_finds_the_same_one_by_a_pass_without_memory(spec):
    model = _model(spec, SIZES[spec])
    card = card_for(model)
    assert build_model(card).layout == model.layout
    assert build_model(ModelCard(card.kind, card.arguments)).layout == model.layout


@pytest.mark.parametrize("spec", ["torchvision:swin_t", "timm:swin_tiny_patch4_window7_224"])
def test_building_from_a_card_draws_nothing_and_has_the_same_shapes(spec):
    with building_weightless():
        card = card_for(_model(spec, (96, 96)))
    state = torch.get_rng_state()
    built = build_model(card)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(weight.is_meta for weight in built.parameters())
    assert all(
        built.state_dict()[name].is_meta for name, _ in built.encoder.named_buffers() if name in built.state_dict()
    )
    counts = count_parameters(build_encoder(spec, 1, input_size=(96, 96)))
    assert count_parameters(built.encoder).total == counts.total > 10**7


MEASURE = """
import sys
from pathlib import Path
from xaae_core.model_card import build_model, parse_card
import timm

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def compiler():
    return {name for name in sys.modules if name.startswith(("torch._inductor", "torch._dynamo", "sympy"))}

known = compiler()
build_model(parse_card(sys.argv[2], "warm"))
before = resident()
model = build_model(parse_card(sys.argv[1], "card"))
assert sum(weight.numel() for weight in model.parameters()) > 1e9
print(resident() - before, *(compiler() - known))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_card_that_names_a_network_of_4_gb_takes_no_memory():
    with building_weightless():
        large = card_for(_model("timm:vit_giant_patch14_224", (224, 224), 3))
    small = card_for(_model("timm:test_vit", (48, 32)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE, large.to_json(), small.to_json()],
        capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    n_bytes, *compiler = done.stdout.split()
    assert int(n_bytes) < 200e6
    assert compiler == []  # importing it takes seconds


@pytest.mark.parametrize(
    "spec",
    [
        *("timm:hf-hub:someone/model", "timm:someone/model", "hf-hub:timm/resnet18", "timm:local-dir:/tmp"),
        *("timm:resnet18.no_such_tag", "timm:no_such_network", "torchvision:no_such", "python:os", "python:a/b:c", 7),
        *(["small"], "x" * 10_000),
    ],
    ids=lambda spec: str(spec)[:40],
)
def test_a_card_cannot_name_what_is_no_encoder(spec, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("the network was asked"))
    card = card_for(_model("small:4-6", (24, 16)))
    card.arguments["encoder"] = spec
    with pytest.raises(WrongModelError, match="do not make a EncoderWithAAEBlocks") as caught:
        build_model(card)
    assert len(str(caught.value)) < 700


def test_a_card_never_asks_for_pretrained_weights(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("the network was asked"))
    for spec in ("torchvision:resnet18", "timm:resnet18", "timm:resnet18.a1_in1k"):
        with building_weightless():
            card = card_for(_model(spec, (48, 32)))
        assert build_model(card).arguments["encoder"] == spec


def test_parts_that_share_a_weight_still_share_it_without_memory():
    def make():
        first, second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
        second.weight = first.weight
        return torch.nn.Sequential(first, second)

    with building_weightless():
        network = make_network(make)
    assert network[0].weight is network[1].weight
    assert network[0].weight.is_meta
    assert network[0].bias is not network[1].bias


def test_counts_of_parameters():
    model = add_xaae_blocks(build_encoder("small:4", 1), 16, 1, 3, freeze_encoder=True)
    n_encoder = 4 * 9 + 2 * 4
    counts = count_parameters(model)
    assert counts.total == sum(weight.numel() for weight in model.parameters())
    assert counts.total - counts.trainable == n_encoder
    shared = torch.nn.Linear(3, 2)
    assert count_parameters(torch.nn.Sequential(shared, torch.nn.BatchNorm1d(2), shared)).total == 3 * 2 + 2 + 4
    with building_weightless():
        assert count_parameters(AAE(64, pretrained=False)).total > 2e7
