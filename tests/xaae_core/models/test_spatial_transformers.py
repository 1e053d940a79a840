"""ViT and Swin as encoders: every token ends where its patch is, and the transformer is left as it was."""

import pytest
import timm
import torch
from timm.models import SwinTransformer as TimmSwin
from timm.models import VisionTransformer as TimmViT
from torch import nn
from torchvision.models import SwinTransformer, VisionTransformer, resnet18
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformerBlockV2

from xaae_core.errors import EncoderContractError
from xaae_core.models import SpatialTransformer, add_xaae_blocks
from xaae_core.models.spatial_maps import check_patches, evenly_spaced
from xaae_core.models.spatial_transformers import resample_positions


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def vit(**options):
    return VisionTransformer(64, 16, 6, 2, 24, 32, **options).eval()


def swin(version=1):
    extra = {"block": SwinTransformerBlockV2, "downsample_layer": PatchMergingV2} if version == 2 else {}
    return SwinTransformer([4, 4], 12, [1, 1, 2, 1], [1, 2, 2, 4], [4, 4], **extra).eval()


def timm_vit(**options):
    return TimmViT(**{"img_size": 64, "embed_dim": 24, "depth": 6, "num_heads": 2, "num_classes": 5} | options).eval()


def timm_swin(**options):
    return TimmSwin(img_size=64, window_size=4, embed_dim=12, depths=(1, 1, 1, 1), num_heads=(1, 1, 2, 2)).eval()


def tokens_of(network, images):
    """The last tokens [B, N, D] before the head, by torchvision's own code."""
    x = network._process_input(images)
    return network.encoder(torch.cat([network.class_token.expand(len(x), -1, -1), x], dim=1))


def test_the_map_is_the_tokens_of_torchvisions_vit_without_the_class_token():
    network, images = vit(), torch.rand(2, 3, 64, 64)
    features = SpatialTransformer(network, strides=(16,))(images)
    assert features.shape == (2, 24, 4, 4)
    for row in range(4):
        for column in range(4):
            torch.testing.assert_close(features[:, :, row, column], tokens_of(network, images)[:, 1 + 4 * row + column])


@pytest.mark.parametrize("options", [{}, {"reg_tokens": 4}, {"class_token": False, "global_pool": "avg"}], ids=str)
def test_the_map_is_the_tokens_of_timms_vit_without_its_special_tokens(options):
    network, images = timm_vit(**options), torch.rand(2, 3, 64, 64)
    features = SpatialTransformer(network, strides=(16,))(images)
    tokens = network.forward_features(images)[:, network.num_prefix_tokens :]  # [B, 16, D]
    torch.testing.assert_close(features, tokens.transpose(1, 2).reshape(2, 24, 4, 4))


@pytest.mark.parametrize("version", [1, 2])
def test_the_deepest_map_is_what_torchvisions_swin_pools(version):
    network, images = swin(version), torch.rand(2, 3, 64, 96)
    features = SpatialTransformer(network)(images)
    assert torch.equal(features, network.permute(network.norm(network.features(images))))
    assert features.shape == (2, 96, 2, 3)


def test_the_deepest_map_is_that_of_timms_swin():
    network, images = timm_swin(), torch.rand(2, 3, 64, 64)
    stages = network.layers(network.patch_embed(images))  # [B, 2, 2, D], channels last
    torch.testing.assert_close(SpatialTransformer(network)(images), stages.permute(0, 3, 1, 2))


@pytest.mark.parametrize("make", [vit, timm_vit])
def test_a_patch_changes_its_own_place_of_every_level(make):
    """With silent attention a token knows its own patch only: no level is transposed, shifted or mirrored."""
    network = make()
    for module in network.modules():
        if hasattr(module, "out_proj") or hasattr(module, "proj"):
            projection = getattr(module, "out_proj", None) or module.proj
            if isinstance(projection, nn.Linear):
                nn.init.zeros_(projection.weight)
    encoder = SpatialTransformer(network)
    maps = []
    for level in encoder.levels:
        level.register_forward_hook(lambda module, inputs, output: maps.append(output))
    images = torch.rand(1, 3, 64, 64)
    changed = images.clone()
    changed[:, :, 48:, 16:32] = 0  # patch (3, 1)
    encoder(images), encoder(changed)
    for before, after in zip(maps[:4], maps[4:], strict=True):
        difference = (after - before).abs().sum(1)[0]
        n = len(difference)  # 16, 8, 4, 2
        row, column = divmod(int(difference.argmax()), n)
        assert (row * 4 // n, column * 4 // n) == ((3, 1) if n >= 4 else (2, 0))
        assert difference[: n // 2].max() == 0  # bilinear: one patch away at most


def check_encoder(encoder, size, skips):
    """Wrap, train a step and encode."""
    model = add_xaae_blocks(encoder, size, 3, 4, recons_metric="ssim", skip_dropout=0.0, decoder="light")
    assert [shape[1:] for shape in model.layout.skip_shapes] == skips
    images = torch.rand(2, 3, *size)
    model.train()
    model.denoising_ae_loss_func(images, 1.0, 0.1, model(images), None).backward()
    first = next(weight for name, weight in model.encoder.named_parameters() if weight.ndim == 4)
    assert first.grad.abs().sum() > 0
    encoding = model.eval().encode(images)
    assert [tuple(skip.shape[1:]) for skip in encoding.skips] == list(model.layout.skip_shapes)
    return model


PYRAMID = [(16, 16), (8, 8), (4, 4)]


@pytest.mark.parametrize("make", [vit, timm_vit, swin, timm_swin, lambda: swin(2)])
def test_any_of_them_is_an_encoder_for_the_blocks(make):
    model = check_encoder(SpatialTransformer(make()), (64, 64), PYRAMID)
    assert model.encoder_feature_shape[1:] == (2, 2)
    assert set(model.layout.skip_names) == {"levels.0", "levels.1", "levels.2"}


@pytest.mark.parametrize(
    "make", [vit, swin, lambda: timm_vit(dynamic_img_size=True), lambda: timm_vit(img_size=(96, 48))]
)
def test_other_sizes_than_the_transformer_was_made_for(make):
    check_encoder(SpatialTransformer(make()), (96, 48), [(24, 12), (12, 6), (6, 3)])


def test_attention_that_looks_like_a_map_is_no_skip():
    """At 128 pixels timm's attention is [B, heads, 65, 12]-like and 65×65: sides that a skip could have."""
    network = timm_vit(img_size=128, qk_norm=True)
    model = add_xaae_blocks(SpatialTransformer(network), 128, 3, 4)
    assert [shape[1:] for shape in model.layout.skip_shapes] == [(32, 32), (16, 16), (8, 8)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (vit, r"images of 60×70 pixels.*patches of 16×16: give input_size 48×64 or 64×80"),
        (timm_vit, r"images of 60×70 pixels.*patches of 16×16: give input_size 48×64 or 64×80"),
        (timm_swin, r"SwinTransformer of timm takes images of 64×64 pixels only, not 60×70.*img_size=\(60, 70\)"),
    ],
)
def test_sizes_that_cannot_be_are_told_with_sizes_that_can(make, message):
    with pytest.raises(EncoderContractError, match=message):
        add_xaae_blocks(SpatialTransformer(make()), (60, 70), 3)


def test_a_fixed_vit_of_timm_is_told_how_to_be_made_for_the_size():
    with pytest.raises(EncoderContractError, match=r"64×64 pixels only, not 96×96.*dynamic_img_size=True"):
        add_xaae_blocks(SpatialTransformer(timm_vit()), 96, 3)


def test_images_smaller_than_a_patch_are_told_the_smallest_size():
    with pytest.raises(EncoderContractError, match="give input_size 16×16 or 16×16"):
        check_patches((9, 12), (16, 16))


@pytest.mark.parametrize("make", [vit, timm_vit, swin, timm_swin])
def test_the_transformer_is_used_and_not_changed(make):
    network, images = make(), torch.rand(1, 3, 64, 64)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    attributes, logits = set(vars(network)), network(images)
    encoder = SpatialTransformer(network)
    add_xaae_blocks(encoder, 64, 3, 4)
    assert {id(weight) for weight in encoder.parameters()} <= {id(weight) for weight in network.parameters()}
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert set(vars(network)) == attributes
    assert torch.equal(network(images), logits)


def test_a_level_adds_no_parameters_and_a_head_is_left_behind():
    network = vit()
    n_head = sum(weight.numel() for weight in network.heads.parameters())
    n_all = sum(weight.numel() for weight in network.parameters())
    assert sum(weight.numel() for weight in SpatialTransformer(network).parameters()) == n_all - n_head


@pytest.mark.parametrize("make", [vit, timm_vit, swin, lambda: timm.create_model("test_vit")])
def test_a_bare_transformer_is_pointed_to_the_adapter(make):
    with pytest.raises(EncoderContractError, match=r"SpatialTransformer\(encoder\)"):
        add_xaae_blocks(make(), 64, 3)


@pytest.mark.parametrize("module", [resnet18, lambda: nn.TransformerEncoderLayer(8, 2, 8), lambda: nn.Identity()])
def test_other_modules_are_refused_with_what_is_expected(module):
    with pytest.raises(EncoderContractError, match=r"cannot read a .*VisionTransformer or SwinTransformer, or a model"):
        SpatialTransformer(module())


@pytest.mark.parametrize("strides", [(), (8, 4), (4, 4, 8), (1, 2)])
def test_strides_that_do_not_rise_are_refused(strides):
    with pytest.raises(ValueError, match="strides are"):
        SpatialTransformer(vit(), strides=strides)


def test_strides_choose_the_levels_and_the_blocks():
    model = check_encoder(SpatialTransformer(vit(), strides=(8, 32)), (64, 64), [(8, 8)])
    assert model.encoder.source.taken == (2, 5)


@pytest.mark.parametrize(
    ("blocks", "maps", "taken"),
    [(12, 4, (2, 5, 8, 11)), (24, 4, (5, 11, 17, 23)), (5, 4, (1, 2, 3, 4)), (2, 4, (0, 1))],
)
def test_blocks_are_taken_evenly_with_the_last_among_them(blocks, maps, taken):
    assert evenly_spaced(blocks, maps) == taken


def test_positions_on_their_own_grid_are_left_as_they_are():
    positions = torch.rand(1, 17, 6)
    assert resample_positions(positions, (4, 4)) is positions


def test_resampled_positions_keep_the_class_token_constants_and_order():
    positions = torch.zeros(1, 17, 3)
    positions[:, 0] = 7
    positions[:, 1:, 0] = 5
    positions[:, 1:, 1] = torch.arange(4.0).repeat_interleave(4)  # rises with the row
    positions[:, 1:, 2] = torch.arange(4.0).repeat(4)  # rises with the column
    found = resample_positions(positions, (6, 3))
    assert torch.equal(found[:, 0], positions[:, 0])
    grid = found[0, 1:].reshape(6, 3, 3)
    torch.testing.assert_close(grid[..., 0], torch.full((6, 3), 5.0))
    assert (grid[1:, :, 1] > grid[:-1, :, 1]).all()
    torch.testing.assert_close(grid[..., 1], grid[:, :1, 1].expand(-1, 3))
    assert (grid[:, 1:, 2] > grid[:, :-1, 2]).all()
