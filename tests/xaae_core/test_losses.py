"""The losses: known answers by hand, and whose weights each of them trains."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaae_core.losses import adversarial_loss, reconstruction_loss
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.ms_ssim import ms_ssim, ssim

TARGETS = torch.tensor([0, 1, 2, 1])


@pytest.fixture
def blocks():
    torch.manual_seed(0)
    return add_xaae_blocks(build_encoder("small:4-6", 1), 16, 1, 5, 3, recons_metric="ssim")


@pytest.fixture
def images():
    return torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def _with_gradient(module):
    return {name for name, p in module.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}


def test_reconstruction_of_equal_images_costs_nothing():
    x = torch.rand(2, 3, 161, 170)
    assert reconstruction_loss(x, x).item() == pytest.approx(0, abs=1e-6)
    assert reconstruction_loss(x, x, "ssim").item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("metric", "similarity"), [("ms_ssim", ms_ssim), ("ssim", ssim)])
def test_reconstruction_is_half_the_dissimilarity_plus_l1(metric, similarity):
    x, y = torch.rand(2, 2, 1, 161, 161)
    expected = 0.5 * (1 - similarity(x, y).mean()) + (x - y).abs().mean()
    torch.testing.assert_close(reconstruction_loss(x, y, metric), expected)


def test_black_for_white_costs_one_and_a_half():
    """SSIM of a black and a white image is c1 / (1 + c1) = 0.0001; L1 is 1."""
    black, white = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    assert reconstruction_loss(black, white, "ssim").item() == pytest.approx(1.5, abs=1e-4)


@pytest.mark.parametrize("gen_train", [True, False])
def test_who_cannot_tell_pays_ln_2(gen_train):
    half = torch.full((6, 1), 0.5)
    assert adversarial_loss(half, half, gen_train=gen_train).item() == pytest.approx(math.log(2))


def test_the_encoder_pays_for_being_told_apart_and_the_discriminator_for_not_telling():
    fake, real = torch.full((4, 1), 0.1), torch.full((4, 1), 0.8)
    assert adversarial_loss(fake, real, gen_train=True).item() == pytest.approx(-math.log(0.1), rel=1e-5)
    expected = 0.5 * (-math.log(0.9) - math.log(0.8))
    assert adversarial_loss(fake, real, gen_train=False).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("score", [0.0, 1.0])
@pytest.mark.parametrize("gen_train", [True, False])
def test_a_discriminator_that_is_certain_costs_a_finite_loss(score, gen_train):
    certain = torch.full((2, 1), score)
    assert torch.isfinite(adversarial_loss(certain, 1 - certain, gen_train=gen_train))


def test_the_whole_is_the_weighted_sum_of_the_parts(blocks, images):
    logits = blocks(images)
    total = blocks.classif_loss_func(logits, TARGETS, 0.2, 0.3, 0.5)
    parts = 0.3 * blocks.recons_loss + 0.2 * blocks.adv_loss + 0.5 * blocks.classif_loss
    torch.testing.assert_close(total.detach(), parts)
    torch.testing.assert_close(blocks.recons_loss, reconstruction_loss(blocks.decoder_output, images, "ssim").detach())
    torch.testing.assert_close(blocks.classif_loss, F.cross_entropy(logits, TARGETS).detach())
    assert not any(part.requires_grad for part in (blocks.recons_loss, blocks.adv_loss, blocks.classif_loss))


def test_denoising_compares_with_the_clean_batch(blocks, images):
    blocks(images * 0.5)
    loss = blocks.denoising_ae_loss_func(images, 0.7, 0.3, None, None)
    expected = 0.7 * reconstruction_loss(blocks.decoder_output, images, "ssim") + 0.3 * adversarial_loss(
        blocks.gan_fake, blocks.gan_real, gen_train=True
    )
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize(
    "options",
    [{"weight": torch.tensor([1.0, 5.0, 0.5])}, {"label_smoothing": 0.1}, {"reduction": "sum"}, {"ignore_index": 1}],
    ids=lambda options: next(iter(options)),
)
def test_cross_entropy_takes_torchs_options(blocks, images, options):
    logits = blocks(images)
    expected = F.cross_entropy(logits, TARGETS, **options)
    assert not torch.isclose(expected, F.cross_entropy(logits, TARGETS))
    torch.testing.assert_close(blocks.pure_classif_loss_func(logits, TARGETS, **options), expected)
    torch.testing.assert_close(blocks.classif_loss_func(logits, TARGETS, 0.0, 0.0, 1.0, **options), expected)


def test_the_generators_turn_trains_the_encoder_and_not_its_judge(blocks, images):
    blocks.gen_train = True
    blocks(images)
    blocks.aae_loss_func(None, None).backward()
    trained = _with_gradient(blocks)
    assert {name.split(".")[0] for name in trained} == {"encoder", "to_latent"}
    assert all(parameter.grad is None for parameter in blocks.fc_crit.parameters())


def test_the_discriminators_turn_trains_it_alone(blocks, images):
    blocks.gen_train = False
    blocks(images)
    blocks.aae_loss_func(None, None).backward()
    assert {name.split(".")[0] for name in _with_gradient(blocks)} == {"fc_crit"}
    assert blocks.encoder[0][0].weight.grad is None


def test_the_generators_turn_leaves_the_judge_itself_as_it_was(blocks, images):
    before = {name: id(parameter) for name, parameter in blocks.fc_crit.named_parameters()}
    blocks(images)
    assert {name: id(parameter) for name, parameter in blocks.fc_crit.named_parameters()} == before
    assert all(parameter.requires_grad for parameter in blocks.fc_crit.parameters())


@pytest.mark.parametrize("gen_train", [True, False])
def test_reconstruction_and_labels_train_their_parts_on_either_turn(blocks, images, gen_train):
    blocks.gen_train = gen_train
    logits = blocks(images)
    blocks.classif_loss_func(logits, TARGETS, 0.1, 0.5, 0.5).backward()
    parts = {name.split(".")[0] for name in _with_gradient(blocks)}
    assert {"encoder", "to_latent", "from_latent", "decoder", "classifier"} <= parts
    assert ("fc_crit" in parts) is not gen_train


def test_taking_turns_moves_the_encoded_distribution_towards_the_gaussian():
    """The latent GAN does what it is for: a shifted, narrow z comes to the Gaussian's mean and spread."""
    torch.manual_seed(0)

    class Model(nn.Module):
        gen_train = True

    x = torch.randn(256, 4)
    shift, scale = nn.Parameter(torch.full((4,), 2.0)), nn.Parameter(torch.full((4,), 0.3))
    judge = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Sigmoid())
    players = {True: torch.optim.Adam([shift, scale], 0.02), False: torch.optim.Adam(judge.parameters(), 0.01)}
    for step in range(400):
        turn = step % 2 == 0
        z = x * scale + shift
        loss = adversarial_loss(judge(z if turn else z.detach()), judge(torch.randn(256, 4)), gen_train=turn)
        players[turn].zero_grad()
        loss.backward()
        players[turn].step()
    assert shift.abs().mean().item() < 0.7


def test_fastais_tensors_are_taken_and_give_plain_ones(blocks, images):
    class TensorImage(torch.Tensor):
        """Stands for fastai's subclass."""

    logits = blocks(images.as_subclass(TensorImage))
    loss = blocks.classif_loss_func(logits, TARGETS.as_subclass(TensorImage), 0.1, 0.5, 0.5)
    loss.backward()
    assert math.isfinite(float(loss.detach()))
