"""Skip dropout is a setting of each call: exact at 0 and 1, seeded between, and what is dropped adds nothing."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaae_core.models import DynamicUnetSkipDropout, add_xaae_blocks, build_encoder
from xaae_core.models.skip_dropout import drop_channels, drop_images
from xaae_core.models.unet import SkipBlock
from xaae_core.models.upsampling import fit_to


def _seeded(seed):
    return torch.Generator().manual_seed(seed)


def _count_skip_convolutions(model):
    """A list that grows by the batch size of every skip convolution that runs."""
    batches = []
    for module in model.modules():
        if isinstance(module, SkipBlock) and module.n_skip:
            module.conv_skip.register_forward_hook(lambda module, inputs, output: batches.append(len(output)))
    return batches


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("is_training", [False, True])
def test_all_or_nothing_draws_no_random_number(model, images, share, is_training):
    encoding = model.encode(images)
    model.decoder.blocks.train(is_training).eval()
    state = torch.get_rng_state()
    first = model.decode(encoding.z, encoding.skips, skip_dropout=share)
    second = model.decode(encoding.z, encoding.skips, skip_dropout=share)
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_same_seed_gives_the_same_picture(model, images, share):
    encoding = model.encode(images)

    def decoded(seed):
        return model.decode(encoding.z, encoding.skips, skip_dropout=share, generator=_seeded(seed))

    assert torch.equal(decoded(3), decoded(3))
    assert not torch.equal(decoded(3), decoded(4))


def test_the_setting_does_not_depend_on_how_the_model_was_trained(images, stirred):
    torch.manual_seed(0)
    pictures = []
    for trained_with in (0.0, 1.0):
        torch.manual_seed(0)
        model = stirred(add_xaae_blocks(build_encoder("small:4-6-8", 1), (48, 32), 1, 5, skip_dropout=trained_with))
        encoding = model.encode(images)
        pictures.append([model.decode(encoding.z, encoding.skips, skip_dropout=share) for share in (0.0, 1.0)])
    assert torch.equal(pictures[0][0], pictures[1][0])
    assert torch.equal(pictures[0][1], pictures[1][1])
    assert not torch.allclose(pictures[0][0], pictures[0][1])


@pytest.mark.parametrize("share", [-0.1, 1.0001, float("nan"), float("inf")])
def test_a_share_outside_0_to_1_is_refused_by_name(model, images, share):
    encoding = model.encode(images)
    with pytest.raises(ValueError, match=f"skip_dropout is {share}"):
        model.decode(encoding.z, encoding.skips, skip_dropout=share)
    with pytest.raises(ValueError, match="skip_dropout is"):
        add_xaae_blocks(build_encoder("small:4", 1), 16, 1, skip_dropout=share)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_share_of_dropped_channels_is_what_was_asked_for(share):
    skips = (torch.ones(40, 100, 2, 2), torch.ones(40, 50, 1, 1))
    kept = drop_channels(skips, share, _seeded(0))
    dropped = torch.cat([mask.flatten() for mask in kept.masks]) == 0
    assert dropped.float().mean().item() == pytest.approx(share, abs=0.02)  # 6,000 draws: σ ≤ 0.0065
    assert {float(value) for mask in kept.masks for value in mask.flatten()} == {0.0, 1.0}
    assert [tuple(mask.shape) for mask in kept.masks] == [(40, 100, 1, 1), (40, 50, 1, 1)]


def test_with_every_skip_dropped_its_half_is_not_computed(model, images):
    encoding = model.encode(images)
    batches = _count_skip_convolutions(model)
    model.decode(encoding.z, encoding.skips, skip_dropout=1.0)
    model.decode(encoding.z)
    assert batches == []
    model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
    assert batches == [3] * len(encoding.skips)


def test_nothing_but_z_reaches_the_picture_at_1(model, images):
    encoding = model.encode(images)
    noise = tuple(torch.full_like(skip, 1e6) for skip in encoding.skips)
    assert torch.equal(model.decode(encoding.z, noise, skip_dropout=1.0), model.decode(encoding.z))


def test_dropping_every_channel_one_by_one_equals_dropping_all(model, images):
    """Towards 1 the picture goes over into the one that z alone draws, without a jump."""
    encoding = model.encode(images)
    almost = model.decode(encoding.z, encoding.skips, skip_dropout=1 - 1e-7, generator=_seeded(0))
    torch.testing.assert_close(almost, model.decode(encoding.z), rtol=0, atol=1e-6)
    barely = model.decode(encoding.z, encoding.skips, skip_dropout=1e-7, generator=_seeded(0))
    torch.testing.assert_close(barely, model.decode(encoding.z, encoding.skips, skip_dropout=0.0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_skips_shared_by_a_path_equal_expanded_ones(model, images, share):
    encoding = model.encode(images[:1])
    path = encoding.z + torch.linspace(-2, 2, 7)[:, None]
    batches = _count_skip_convolutions(model)
    shared = model.decode(path, encoding.skips, skip_dropout=share, generator=_seeded(5))
    assert batches == [1] * len(encoding.skips)  # computed once for the whole path
    one_by_one = [model.decode(z[None], encoding.skips, skip_dropout=share, generator=_seeded(5)) for z in path]
    torch.testing.assert_close(shared, torch.cat(one_by_one), rtol=0, atol=1e-6)
    if share == 0.0:
        expanded = tuple(skip.expand(7, -1, -1, -1) for skip in encoding.skips)
        torch.testing.assert_close(shared, model.decode(path, expanded, skip_dropout=0.0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("is_light", [False, True])
def test_the_split_convolution_equals_one_over_the_concatenation(is_light):
    torch.manual_seed(0)
    block = SkipBlock(8, 5, (12, 10), 6, is_light=is_light).eval()
    block.skip_norm.running_mean.normal_()
    x, skip = torch.randn(2, 8, 6, 5), torch.randn(2, 5, 12, 10)
    joined = torch.cat([fit_to(block.up(x), (12, 10)), F.relu(block.skip_norm(skip))], dim=1)
    weight = torch.cat([block.conv_up.weight, block.conv_skip.weight], dim=1)
    expected = block.tail(F.relu(block.norm(F.conv2d(joined, weight, padding=1))))
    torch.testing.assert_close(block(x, skip), expected, rtol=1e-5, atol=1e-5)


def test_whole_images_are_dropped_at_random_in_training():
    skips = (torch.ones(2000, 3, 2, 2), torch.ones(2000, 4, 1, 1))
    torch.manual_seed(0)
    first, second = (drop_images(skips, 0.3, is_random=True) for _ in range(2))
    assert torch.equal(first.masks[0], first.masks[1])  # an image loses all of its skips or none
    assert first.masks[0].shape == (2000, 1, 1, 1)
    assert 1 - first.masks[0].mean().item() == pytest.approx(0.3, abs=0.04)
    assert not torch.equal(first.masks[0], second.masks[0])


@pytest.mark.parametrize(("share", "n_dropped"), [(0.0, 0), (0.25, 2), (0.5, 4), (0.8, 6), (1.0, 8)])
def test_validation_drops_a_fixed_share_of_whole_images(share, n_dropped):
    skips = (torch.ones(8, 3, 2, 2),)
    kept = drop_images(skips, share, is_random=False)
    again = drop_images(skips, share, is_random=False)
    mask = torch.zeros(8) if kept is None else torch.ones(8) if kept.masks is None else kept.masks[0].flatten()
    assert int((mask == 0).sum()) == n_dropped
    assert (kept is None and again is None) or kept.masks is None or torch.equal(kept.masks[0], again.masks[0])


def test_an_image_that_lost_its_skips_in_training_is_drawn_as_at_inference(images, stirred):
    torch.manual_seed(0)
    model = stirred(
        add_xaae_blocks(build_encoder("small:4-6-8", 1), (48, 32), 1, 5, skip_dropout=0.5, skip_dropout_per="image")
    )
    model(images)
    encoding = model.encode(images)
    kept = model.decoder.thin_for_training(encoding.skips).masks[0].flatten().bool()
    assert kept.tolist() == [True, False, True]  # evenly spaced
    alone, crisp = (model.decode(encoding.z, encoding.skips, skip_dropout=share) for share in (1.0, 0.0))
    expected = torch.where(kept.view(-1, 1, 1, 1), crisp, alone)
    torch.testing.assert_close(model.decoder_output, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("per", ["channel", "image"])
def test_validation_is_the_same_every_time_and_training_is_not(images, per, stirred):
    torch.manual_seed(0)
    model = stirred(
        add_xaae_blocks(build_encoder("small:4-6-8", 1), (48, 32), 1, 5, skip_dropout=0.5, skip_dropout_per=per)
    )
    pictures = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model(images)
        pictures.append(model.decoder_output)
    assert torch.equal(*pictures)
    model.decoder.training = True  # the switch alone: batch statistics stay as they are
    drawn = set()
    for seed in range(6):
        torch.manual_seed(seed)
        model(images)
        drawn.add(float(model.decoder_output.detach().sum()))
    assert len(drawn) > 1


def test_fully_dropped_training_gives_the_skips_no_gradient(images):
    model = add_xaae_blocks(build_encoder("small:4-6-8", 1), (48, 32), 1, 5, recons_metric="ssim")
    model.denoising_ae_loss_func(images, 1.0, 0.0, model(images), None).backward()
    skip_halves = [p for name, p in model.decoder.named_parameters() if ".conv_skip." in name or "skip_norm" in name]
    assert skip_halves
    assert all(parameter.grad is None for parameter in skip_halves)
    assert model.encoder[0][0].weight.grad.abs().sum() > 0  # through z


def test_the_decoder_can_be_used_on_its_own():
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1))
    decoder = DynamicUnetSkipDropout(encoder, 3, (20, 28), 0.5).eval()
    skip = torch.rand(2, 4, 10, 14)
    picture = decoder(torch.rand(2, 8, 5, 7), [skip]).detach()
    assert picture.shape == (2, 3, 20, 28)
    assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
    assert decoder.skip_dropout == 0.5


@pytest.mark.parametrize(("option", "value"), [("decoder", "heavy"), ("skip_dropout_per", "pixel")])
def test_unknown_options_are_named(option, value):
    with pytest.raises(ValueError, match=f'{option} is "{value}"; expected'):
        add_xaae_blocks(build_encoder("small:4", 1), 16, 1, **{option: value})


def test_skips_that_were_never_trained_add_nothing():
    model = add_xaae_blocks(build_encoder("small:4-6-8", 1), (48, 32), 1, 5).eval()
    encoding = model.encode(torch.rand(2, 1, 48, 32))
    crisp = model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
    torch.testing.assert_close(crisp, model.decode(encoding.z), rtol=0, atol=1e-6)
