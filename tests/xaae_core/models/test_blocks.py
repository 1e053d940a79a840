"""The blocks around a user's encoder: freezing, and a label head of one's own."""

import pytest
import torch
from torch import nn

from xaae_core.errors import EncoderContractError
from xaae_core.models import add_xaae_blocks, build_encoder


def _trained_step(model):
    x = torch.rand(4, 1, 16, 16)
    model.classif_loss_func(model(x), torch.tensor([0, 1, 0, 1]), 0.1, 0.1, 1.0).backward()


@pytest.mark.parametrize("calls_train", [False, True])
def test_a_frozen_encoder_gets_no_gradient_and_keeps_its_statistics(calls_train):
    torch.manual_seed(0)
    encoder = build_encoder("small:4-6", 1)
    model = add_xaae_blocks(encoder, 16, 1, 3, recons_metric="ssim", freeze_encoder=True)
    if calls_train:
        model.train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    outer = model.to_latent[2].running_mean.clone()
    _trained_step(model)
    assert all(parameter.grad is None for parameter in encoder.parameters())
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())
    assert not any(module.training for module in encoder.modules())
    assert not torch.equal(model.to_latent[2].running_mean, outer)  # the added blocks do train
    assert model.to_latent[1].weight.grad is not None
    assert not model.eval().to_latent.training


def test_an_encoder_that_is_not_frozen_trains():
    model = add_xaae_blocks(build_encoder("small:4-6", 1), 16, 1, 3, recons_metric="ssim")
    before = model.encoder[0][1].running_mean.clone()
    _trained_step(model)
    assert model.encoder[0][0].weight.grad.abs().sum() > 0
    assert not torch.equal(model.encoder[0][1].running_mean, before)


def test_a_label_head_of_ones_own_is_used_and_left_in_its_mode():
    head = nn.Sequential(nn.Linear(3, 7), nn.Dropout(0.5), nn.Linear(7, 4))
    head[1].eval()
    model = add_xaae_blocks(build_encoder("small:4", 1), 16, 1, 3, classes=4, linear=head)
    assert [module.training for module in head.modules()] == [True, True, False, True]
    assert model.eval().classify(torch.zeros(5, 3)).shape == (5, 4)
    assert model.classifier is head


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (nn.Linear(3, 5), r"returned shape \(2, 5\).*expected \(2, 2\).*set classes=5"),
        (nn.Linear(9, 2), r"failed on z of shape \(2, 3\).*map \[B, 3\] to \[B, 2\]"),
    ],
)
def test_a_label_head_that_does_not_fit_is_refused(head, message):
    with pytest.raises(EncoderContractError, match=message):
        add_xaae_blocks(build_encoder("small:4", 1), 16, 1, 3, linear=head)
