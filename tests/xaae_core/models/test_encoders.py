"""Which encoders work, where their skips are found, and what the others are told."""

import pytest
import torch
from torch import nn
from torchvision import models

from xaae_core.errors import EncoderContractError
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.models.skip_taps import find_layout


def conv(n_in, n_out, stride=1, **options):
    return nn.Conv2d(n_in, n_out, 3, stride=stride, padding=options.pop("padding", 1), **options)


class SqueezeExcitation(nn.Module):
    """A gate from a 1×1 map, as in SE-ResNets."""

    def __init__(self, n):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Sequential(nn.Conv2d(n, n, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.gate(self.pool(x))


class PreActivation(nn.Module):
    """norm → ReLU in place → strided convolution, plus a shortcut."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.norm, self.act = nn.BatchNorm2d(n_in), nn.ReLU(inplace=True)
        self.conv, self.short = conv(n_in, n_out, 2), nn.Conv2d(n_in, n_out, 1, 2)

    def forward(self, x):
        y = self.act(self.norm(x))
        return self.conv(y) + self.short(y)


class SharedActivation(nn.Module):
    """One ReLU for every resolution."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.act = conv(1, 4, 2), conv(4, 6, 2), conv(6, 8, 2), nn.ReLU()

    def forward(self, x):
        return self.act(self.c(self.act(self.b(self.act(self.a(x))))))


class Tokens(nn.Module):
    """A vision transformer's patch embedding and one block."""

    def __init__(self, as_map):
        super().__init__()
        self.embed, self.as_map = nn.Conv2d(3, 24, 16, 16), as_map
        self.block = nn.TransformerEncoderLayer(24, 2, 32, batch_first=True)

    def forward(self, x):
        y = self.embed(x)
        tokens = self.block(y.flatten(2).transpose(1, 2))
        return tokens.transpose(1, 2).reshape(y.shape) if self.as_map else tokens


def check(encoder, size, channels, skip_sizes, feature_size, **options):
    """Wrap, encode and decode: the skips are where they should be and every gradient arrives."""
    model = add_xaae_blocks(encoder, size, channels, 4, recons_metric="ssim", skip_dropout=0.0, **options)
    assert [shape[1:] for shape in model.layout.skip_shapes] == skip_sizes
    assert model.encoder_feature_shape[1:] == feature_size
    height, width = model.input_size
    x = torch.rand(2, channels, height, width)
    model.train()
    model(x)
    assert model.decoder_output.shape == x.shape
    model.denoising_ae_loss_func(x, 1.0, 0.1, None, None).backward()
    first = next(model.encoder.parameters())
    assert first.grad is not None
    assert first.grad.abs().sum() > 0
    for block in model.decoder.blocks:
        if block.n_skip:
            torch.nn.init.normal_(block.conv_skip.weight)  # starts at zero
    encoding = model.eval().encode(x)
    assert [tuple(skip.shape[1:]) for skip in encoding.skips] == list(model.layout.skip_shapes)
    assert (
        not torch.equal(model.decode(encoding.z, encoding.skips, skip_dropout=0.0), model.decode(encoding.z))
        or not encoding.skips
    )
    return model


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_odd_sizes_and_any_number_of_channels(channels):
    skips = [(125, 95), (63, 48), (32, 24), (16, 12)]
    check(build_encoder("small:2-4-4-6-8", channels), (250, 190), channels, skips, (8, 6), decoder="light")


def test_odd_sizes_with_the_references_decoder():
    check(build_encoder("small:4-6-8", 1), (61, 47), 1, [(31, 24), (16, 12)], (8, 6), decoder="unet")


def test_a_stem_at_full_resolution_is_no_skip():
    encoder = nn.Sequential(conv(1, 4), nn.ReLU(), conv(4, 6, 2), nn.ReLU(), conv(6, 8, 2))
    check(encoder, 32, 1, [(16, 16)], (8, 8))


def test_gates_of_squeeze_and_excitation_are_no_skips():
    stages = [layer for n in (4, 8, 16) for layer in (conv(max(n // 2, 3), n, 2), SqueezeExcitation(n))]
    check(nn.Sequential(conv(3, 3), *stages), (40, 56), 3, [(20, 28), (10, 14)], (5, 7))


def test_pre_activation_blocks_and_activations_in_place():
    encoder = nn.Sequential(conv(1, 4, 2), PreActivation(4, 6), PreActivation(6, 8), nn.ReLU(inplace=True))
    check(encoder, 32, 1, [(16, 16), (8, 8)], (4, 4))


def test_one_activation_shared_by_all_resolutions_gives_the_skip_of_each():
    model = check(SharedActivation(), 32, 1, [(16, 16), (8, 8)], (4, 4))
    assert model.layout.skip_names == ("act", "act")
    x = torch.rand(1, 1, 32, 32)
    first = model.encoder.a(x).relu()
    skips = model.encode(x).skips
    assert torch.equal(skips[0], first)
    assert torch.equal(skips[1], model.encoder.b(first).relu())


def test_convolutions_without_padding_are_one_resolution():
    encoder = nn.Sequential(
        conv(1, 4, padding=0), conv(4, 4, padding=0), nn.MaxPool2d(2), conv(4, 6, padding=0), conv(6, 6, padding=0),
        nn.MaxPool2d(2), conv(6, 8, padding=0),
    )  # fmt: skip
    check(encoder, 60, 1, [(24, 24)], (10, 10))


def test_strides_other_than_two():
    check(nn.Sequential(conv(1, 4, 3), nn.ReLU(), conv(4, 6, 3)), 63, 1, [(21, 21)], (7, 7))
    check(nn.Sequential(conv(1, 4, (2, 1)), nn.ReLU(), conv(4, 6, (2, 1))), 32, 1, [(16, 32)], (8, 32))


def test_a_decoded_picture_keeps_its_place_when_maps_shrink_by_other_factors():
    """A bright left half of the features is a bright left half of the picture, not of a part of it."""
    model = add_xaae_blocks(nn.Sequential(conv(1, 8, (2, 1)), nn.ReLU()), (32, 32), 1, 4, decoder="light").eval()
    features = torch.zeros(1, 8, 16, 32)
    features[..., :16] = 3.0
    changed = (model.decoder(features) - model.decoder(torch.zeros(1, 8, 16, 32))).abs().sum(dim=(0, 1, 2))
    assert changed[:15].min() > 0
    assert changed[18:].max() < 1e-6


@pytest.mark.parametrize(("patch", "n_up"), [(4, 2), (16, 4)])
def test_patch_embeddings_without_skips_are_bridged(patch, n_up):
    encoder = nn.Sequential(nn.Conv2d(3, 24, patch, patch), nn.ReLU())
    model = check(encoder, (64, 96), 3, [], (64 // patch, 96 // patch))
    assert len(model.decoder.blocks) == n_up - 1  # the head doubles once more


def test_a_transformer_behind_a_wrapper():
    check(Tokens(as_map=True), 48, 3, [], (3, 3))


TORCHVISION = {
    "resnet18": ([(32, 32), (16, 16), (8, 8), (4, 4)], (2, 2)),
    "resnet50": ([(32, 32), (16, 16), (8, 8), (4, 4)], (2, 2)),
    "mobilenet_v3_small": ([(32, 32), (16, 16), (8, 8), (4, 4)], (2, 2)),
    "efficientnet_b0": ([(32, 32), (16, 16), (8, 8), (4, 4)], (2, 2)),
    "densenet121": ([(32, 32), (16, 16), (8, 8), (4, 4)], (2, 2)),
    "convnext_tiny": ([(16, 16), (8, 8), (4, 4)], (2, 2)),
}


def _trunk(name):
    network = models.get_model(name, weights=None)
    return nn.Sequential(*list(network.children())[:-2]) if name.startswith("resnet") else network.features


@pytest.mark.parametrize("name", TORCHVISION)
def test_shapes_with_encoders_of_torchvision(name):
    skip_sizes, feature_size = TORCHVISION[name]
    with torch.device("meta"):
        model = add_xaae_blocks(_trunk(name), 64, 3, 4).eval()
        encoding = model.encode(torch.rand(2, 3, 64, 64))
        picture = model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
    assert [tuple(skip.shape[2:]) for skip in encoding.skips] == skip_sizes
    assert model.encoder_feature_shape[1:] == feature_size
    assert picture.shape == (2, 3, 64, 64)


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCHVISION)
def test_training_with_encoders_of_torchvision(name):
    check(_trunk(name), 64, 3, *TORCHVISION[name], decoder="light")


def test_maps_with_their_channels_last_are_no_skips():
    """At 256 pixels ConvNeXt's inner maps [B, 64, 64, 96] look like 64 channels of 64×96."""
    with torch.device("meta"):
        layout = find_layout(models.get_model("convnext_tiny", weights=None).features, (256, 256), 3)
        close = find_layout(models.get_model("convnext_tiny", weights=None).features, (400, 400), 3)
    assert layout.skip_shapes == ((96, 64, 64), (192, 32, 32), (384, 16, 16))
    assert close.skip_shapes == ((96, 100, 100), (192, 50, 50), (384, 25, 25))  # 96 channels, 100 pixels


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_resnets_by_name(name):
    with torch.device("meta"):
        layout = find_layout(build_encoder(f"torchvision:{name}", 3), (250, 190), 3)
    assert [shape[1:] for shape in layout.skip_shapes] == [(125, 95), (63, 48), (32, 24), (16, 12)]
    assert layout.feature_shape == (2048 if name == "resnet50" else 512, 8, 6)


def test_the_dummy_pass_leaves_the_encoder_as_it_was():
    encoder = nn.Sequential(conv(1, 4, 2), nn.BatchNorm2d(4), nn.Dropout(0.5), conv(4, 4, 2))
    encoder[1].eval()  # frozen by the user, inside an encoder in training mode
    state = {key: value.clone() for key, value in encoder.state_dict().items()}
    random_state = torch.get_rng_state()
    find_layout(encoder, (32, 32), 1)
    assert [module.training for module in encoder.modules()] == [True, True, False, True, True]
    assert all(torch.equal(value, state[key]) for key, value in encoder.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert not any(module._forward_hooks for module in encoder.modules())


def test_a_failed_dummy_pass_leaves_no_hooks_and_says_what_was_tried():
    encoder = nn.Sequential(conv(3, 4, 2), conv(4, 4, 2))
    encoder[0].eval()
    with pytest.raises(EncoderContractError, match=r"dummy batch of shape 1×1×32×32.*input_channels it was made for"):
        find_layout(encoder, (32, 32), 1)
    assert [module.training for module in encoder.modules()] == [True, False, True]
    assert not any(module._forward_hooks for module in encoder.modules())


class Returning(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.body, self.function = conv(3, 8, 2), function

    def forward(self, x):
        return self.function(self.body(x))


REFUSED = {
    "tokens": (lambda y: y.flatten(2).transpose(1, 2), r"tokens, shape \(1, 256, 8\)"),
    "pooled": (lambda y: y.mean((2, 3)), r"a vector for each image \(pooled\?\), shape \(1, 8\)"),
    "a tuple": (lambda y: (y, y), r"a tuple of 2 \(\(1, 8, 16, 16\), \(1, 8, 16, 16\)\)"),
    "a dict": (lambda y: {"low": y, "high": y}, "a dict with the keys low, high"),
    "no tensor": (lambda y: None, "a NoneType"),
    "a map that grew back": (lambda y: nn.functional.interpolate(y, scale_factor=2.0), "8 channels of 32×32"),
    "channels last": (lambda y: y.repeat(1, 8, 1, 1).permute(0, 2, 3, 1), "16 channels of 16×64"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_encoders_without_a_usable_map_are_told_what_was_found_and_what_to_expose(what):
    function, found = REFUSED[what]
    with pytest.raises(EncoderContractError, match=found) as caught:
        add_xaae_blocks(Returning(function), 32, 3)
    assert "ONE spatial feature map [B, channels, h, w]" in str(caught.value)
    assert "wrapper" in str(caught.value)


@pytest.mark.parametrize("encoder", [conv(3, 4), nn.Sequential(conv(3, 4), conv(4, 4, padding=0))])
def test_maps_that_do_not_shrink_are_refused(encoder):
    with pytest.raises(EncoderContractError, match=r"input of 32×32 pixels: its maps do not shrink"):
        add_xaae_blocks(encoder, 32, 3)


@pytest.mark.parametrize("spec", ["", "large", "torchvision", "torchvision:vgg12", "torchvision:resnet7", "small:a"])
def test_unknown_encoders_are_named(spec):
    with pytest.raises(EncoderContractError):
        build_encoder(spec, 3)


@pytest.mark.parametrize("widths", ["0", "-3", "5000", "1-1-1-1-1-1-1-1-1", "4--4"])
def test_widths_out_of_bounds_are_refused(widths):
    with pytest.raises(EncoderContractError, match=f'the widths "{widths}"'):
        build_encoder(f"small:{widths}", 3)


def test_the_small_encoder_has_the_promised_stages():
    widths = [stage[0].out_channels for stage in build_encoder("small", 1)]
    assert widths == [16, 32, 64, 96, 128]
    assert [stage[0].out_channels for stage in build_encoder("small:16-32-64", 1)] == [16, 32, 64]


@pytest.mark.parametrize("size", [0, -4, (16,), (16, 16, 16), (0, 16)])
def test_impossible_sizes_are_named(size):
    with pytest.raises(ValueError, match="input_size is"):
        add_xaae_blocks(build_encoder("small:4", 1), size, 1)


@pytest.mark.parametrize("option", [{"encoding_dims": 0}, {"classes": 0}, {"recons_metric": "mse"}])
def test_impossible_options_are_named(option):
    (name,) = option
    with pytest.raises(ValueError, match=name):
        add_xaae_blocks(build_encoder("small:4", 1), 16, 1, **option)


def test_normalisation_needs_a_value_for_each_channel_and_is_part_of_the_weights():
    with pytest.raises(ValueError, match="normalisation has 2 values for 3 channels"):
        add_xaae_blocks(build_encoder("small:4", 3), 16, 3, normalisation=([0.5, 0.5], [1.0, 1.0]))
    model = add_xaae_blocks(build_encoder("small:4", 3), 16, 3, normalisation=([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]))
    assert model.state_dict()["pixel_mean"].flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model.eval().encode(torch.full((1, 3, 16, 16), 0.5))
    assert seen[0][0, :, 0, 0].tolist() == pytest.approx([0.8, 0.5, 0.2 / 0.7])
