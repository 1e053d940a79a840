"""Encoders of torchvision and timm by name: their maps shrink, train, and take any number of channels."""

from itertools import pairwise

import pytest
import torch

from xaae_core.errors import EncoderContractError
from xaae_core.models import add_xaae_blocks, build_encoder, known_encoders
from xaae_core.models.skip_taps import find_layout

ALL_STRIDES, FROM_FOUR = [2, 4, 8, 16, 32], [4, 8, 16, 32]
FAMILIES = {
    "torchvision:resnext50_32x4d": ALL_STRIDES,
    "torchvision:wide_resnet50_2": ALL_STRIDES,
    "torchvision:regnet_y_400mf": ALL_STRIDES,
    "torchvision:densenet121": ALL_STRIDES,
    "torchvision:efficientnet_v2_s": ALL_STRIDES,
    "torchvision:convnext_tiny": FROM_FOUR,
    "torchvision:mobilenet_v2": ALL_STRIDES,
    "torchvision:mobilenet_v3_large": ALL_STRIDES,
    "torchvision:vgg11_bn": ALL_STRIDES,
    "torchvision:mnasnet0_5": ALL_STRIDES,
    "torchvision:shufflenet_v2_x0_5": ALL_STRIDES,
    "torchvision:googlenet": ALL_STRIDES,
    "torchvision:maxvit_t": ALL_STRIDES,
    "torchvision:swin_t": FROM_FOUR,
    "torchvision:swin_v2_t": FROM_FOUR,
    "torchvision:vit_b_16": FROM_FOUR,
    "torchvision:vit_b_32": FROM_FOUR,
    "timm:resnet10t": ALL_STRIDES,
    "timm:convnext_atto": FROM_FOUR,
    "timm:mobilenetv3_small_050": ALL_STRIDES,
    "timm:swin_tiny_patch4_window7_224": FROM_FOUR,
    "timm:swinv2_cr_tiny_224": FROM_FOUR,
    "timm:maxvit_tiny_tf_224": ALL_STRIDES,
    "timm:vit_tiny_patch16_224": FROM_FOUR,
    "timm:eva02_tiny_patch14_224": FROM_FOUR,
    "timm:deit_tiny_distilled_patch16_224": FROM_FOUR,
}


def _strides(spec, size, channels=3):
    with torch.device("meta"):
        layout = find_layout(build_encoder(spec, channels, input_size=size), size, channels)
    maps = [*layout.skip_shapes, layout.feature_shape]
    return [[side / own for side, own in zip(size, shape[1:], strict=True)] for shape in maps]


@pytest.mark.parametrize("spec", FAMILIES)
def test_maps_shrink_by_the_networks_strides(spec):
    assert _strides(spec, (224, 224)) == [[stride, stride] for stride in FAMILIES[spec]]


@pytest.mark.slow
@pytest.mark.parametrize("spec", known_encoders("torchvision"))
def test_every_network_of_torchvision_has_maps_that_shrink(spec):
    found = [strides[0] for strides in _strides(spec, (224, 224), channels=1)]
    assert len(found) >= 4
    assert all(deeper > 1.5 * shallower for shallower, deeper in pairwise(found))
    assert found[-1] >= 16


@pytest.mark.parametrize("spec", ["torchvision:swin_t", "timm:swin_tiny_patch4_window7_224", "timm:convnext_atto"])
def test_sizes_that_are_neither_square_nor_the_published_one(spec):
    assert _strides(spec, (192, 160), channels=1) == [[stride, stride] for stride in FROM_FOUR]


SMALLEST = {
    "torchvision:mobilenet_v3_small": (64, 64),
    "torchvision:shufflenet_v2_x0_5": (70, 50),
    "torchvision:regnet_x_400mf": (64, 48),
    "timm:test_resnet": (64, 64),
    "timm:test_convnext": (64, 48),
    "timm:test_efficientnet": (50, 64),
    "timm:test_vit": (64, 48),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("spec", SMALLEST)
def test_every_weight_of_an_encoder_by_name_learns(spec, channels):
    torch.manual_seed(0)
    size = SMALLEST[spec]
    encoder = build_encoder(spec, channels, input_size=size)
    model = add_xaae_blocks(encoder, size, channels, 4, recons_metric="ssim", skip_dropout=0.0, decoder="light")
    for block in model.decoder.blocks:
        if block.n_skip:
            torch.nn.init.normal_(block.conv_skip.weight)  # starts at zero
    images = torch.rand(4, channels, *size)
    model.train()
    model.classif_loss_func(model(images), torch.tensor([0, 1, 0, 1]), 0.1, 1.0, 1.0).backward()
    assert model.decoder_output.shape == images.shape
    unused = [name for name, weight in model.encoder.named_parameters() if weight.grad is None]
    assert unused == []
    skips = model.eval().encode(images).skips
    assert [tuple(skip.shape[1:]) for skip in skips] == list(model.layout.skip_shapes)


def test_a_network_that_tiles_the_image_says_which_sizes_it_takes():
    with pytest.raises(
        EncoderContractError, match="maxvit_t takes images whose sides are multiples of 224 pixels, not"
    ):
        build_encoder("torchvision:maxvit_t", 3, input_size=(192, 224))


def test_a_network_of_timm_that_cannot_be_made_for_a_size_says_which_it_takes():
    with pytest.raises(EncoderContractError, match=r"timm cannot make nest_tiny.*only handles square.*\(3, 224, 224\)"):
        build_encoder("timm:nest_tiny", 3, input_size=(192, 160))


def test_a_tag_of_weights_that_timm_does_not_know_is_refused_with_those_it_knows():
    with pytest.raises(EncoderContractError, match=r"no weights resnet18\.mine .*known tags.* a1_in1k"):
        build_encoder("timm:resnet18.mine", 3)


def test_one_side_stands_for_both():
    shapes = [
        [tuple(weight.shape) for weight in build_encoder("timm:test_vit", 1, input_size=size).parameters()]
        for size in (64, (64, 64))
    ]
    assert shapes[0] == shapes[1]
