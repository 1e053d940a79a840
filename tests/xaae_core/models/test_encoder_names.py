"""Encoders' names: which are taken, what is told of the others, and what nothing may be reached by."""

import subprocess
import sys

import pytest

from xaae_core.errors import EncoderContractError
from xaae_core.models import build_encoder, encoder_normalisation, is_pretrainable, known_encoders
from xaae_core.models.encoder_names import FAMILIES, parse_encoder


@pytest.mark.parametrize(
    "spec",
    ["small", "small:16-32", "torchvision:vit_b_16", "timm:resnet50", "timm:resnet50.a1_in1k", "python:a.b_c:make_2"],
)
def test_a_name_is_taken_apart_and_put_together_again(spec):
    name = parse_encoder(spec)
    assert str(name) == spec
    assert name.family in FAMILIES


@pytest.mark.parametrize(
    "spec",
    [
        *("timm:hf-hub:timm/resnet18.a1_in1k", "timm:hf_hub:x/y", "timm:local-dir:/tmp/x", "timm:timm/resnet18"),
        *("timm:../resnet18", "timm:resnet18@main", "timm:http://x", "timm:RESNET18", "timm:", "timm:resnet18.a.b"),
        *("torchvision:../x", "torchvision:resnet18.x", "torchvision: resnet18", "torchvision:resnet18\n"),
        *("python:os", "python:os:system:x", "python:os.:system", "python:/tmp/x.py:build", "python:a:_hidden"),
        *("python:a-b:c", "python:a:b()", "python:ä:b", "python::b", "small:", "hub:x/y", "hf-hub:timm/resnet18"),
    ],
)
def test_names_that_could_reach_elsewhere_are_no_names(spec):
    for function in (parse_encoder, lambda name: build_encoder(name, 3), is_pretrainable):
        with pytest.raises(EncoderContractError):
            function(spec)


@pytest.mark.parametrize("spec", [None, 3, ["small"], {"small": 1}, "timm:" + "a" * 300, "small:" + "1-" * 200])
def test_what_is_no_text_or_too_long_is_refused_in_a_short_message(spec):
    with pytest.raises(EncoderContractError) as caught:
        build_encoder(spec, 3)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("torchvision:resnet51", "torchvision:resnet50"),
        ("torchvision:ResNet50", "torchvision:resnet50"),
        ("resnet50", "torchvision:resnet50"),
        ("torchvison:convnext_tinny", "torchvision:convnext_tiny"),
        ("timm:convnext_tinny", "timm:convnext_tiny"),
        ("timm:vit_tiny_patch16_244", "timm:vit_tiny_patch16_224"),
    ],
)
def test_the_nearest_name_is_offered(spec, meant):
    with pytest.raises(EncoderContractError, match="Did you mean") as caught:
        build_encoder(spec, 3)
    assert meant in str(caught.value)


def test_what_is_like_nothing_gets_no_offer():
    with pytest.raises(EncoderContractError, match=r'"qqqq" is not known\. Expected "small"'):
        build_encoder("qqqq", 3)


def test_every_family_lists_names_that_are_its_own():
    for family in FAMILIES:
        names = known_encoders(family)
        assert list(names) == sorted(set(names))
        assert all(parse_encoder(name).family == family for name in names)
    assert {"torchvision:resnet50", "torchvision:vit_b_16", "torchvision:swin_v2_t"} <= set(
        known_encoders("torchvision")
    )
    assert {"timm:convnext_tiny", "timm:vit_tiny_patch16_224"} <= set(known_encoders("timm"))
    with pytest.raises(EncoderContractError, match='"onnx" is no family'):
        known_encoders("onnx")


def test_only_published_weights_can_be_asked_for():
    assert not is_pretrainable("small")
    assert not is_pretrainable("python:not_there:build")  # nothing is imported to know that
    assert is_pretrainable("torchvision:swin_t")
    assert is_pretrainable("timm:resnet18")
    assert not is_pretrainable("timm:vit_base_r26_s32_224")  # timm has the network, but no weights


@pytest.mark.parametrize("spec", ["small", "small:4-8", "python:not_there:build"])
def test_encoders_without_weights_expect_nothing(spec):
    assert encoder_normalisation(spec, 3) is None


def test_images_are_normalised_as_each_networks_weights_expect():
    imagenet = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert encoder_normalisation("torchvision:resnet50", 3) == imagenet
    assert encoder_normalisation("timm:resnet50", 3) == imagenet
    assert encoder_normalisation("timm:vit_tiny_patch16_224", 3) == ((0.5,) * 3, (0.5,) * 3)
    mean, std = encoder_normalisation("timm:vit_base_patch16_clip_224.openai", 3)
    assert mean == pytest.approx((0.4815, 0.4578, 0.4082), abs=1e-4)
    assert std == pytest.approx((0.2686, 0.2613, 0.2758), abs=1e-4)


@pytest.mark.parametrize("spec", ["torchvision:resnet50", "timm:resnet50"])
def test_grey_images_are_normalised_by_the_mean_over_the_colours(spec):
    mean, std = encoder_normalisation(spec, 1)
    assert mean == pytest.approx(((0.485 + 0.456 + 0.406) / 3,))
    assert std == pytest.approx(((0.229 + 0.224 + 0.225) / 3,))


def test_googlenet_is_given_what_its_own_rescaling_would_give():
    """torchvision's pretrained GoogLeNet turns ImageNet's scale into −1…1 before its first layer."""
    import torch
    from torchvision.models import googlenet

    network = googlenet(weights=None, init_weights=False, aux_logits=False, transform_input=True)
    picture = torch.rand(1, 3, 4, 4)

    def scaled(mean, std):
        return (picture - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)

    theirs = network._transform_input(scaled((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    torch.testing.assert_close(scaled(*encoder_normalisation("torchvision:googlenet", 3)), theirs)


def test_timm_is_imported_for_its_own_names_only():
    code = """
import sys
from xaae_core.models import add_xaae_blocks, build_encoder, encoder_normalisation, is_pretrainable, known_encoders
for spec in ("small:4-8", "torchvision:mobilenet_v3_small", "torchvision:vit_b_16"):
    is_pretrainable(spec), encoder_normalisation(spec, 1)
add_xaae_blocks(build_encoder("torchvision:mobilenet_v3_small", 3), 64, encoding_dims=4)
known_encoders("torchvision")
try:
    build_encoder("resnet50", 3)
except Exception:
    pass
assert "timm" not in sys.modules
build_encoder("timm:test_resnet", 3)
assert "timm" in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
