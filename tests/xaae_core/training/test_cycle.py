"""The cycle term: what it measures, and that it leaves no trace but its gradient."""

from functools import partial

import pytest
import torch
from torch import nn

from xaae_core.models import Encoding
from xaae_core.training.cycle import MOVE, cycle_loss, move_at_random, move_between_images


class Echo(nn.Module):
    """A "decoder" that draws `gain` times z as a picture, and an encoder that reads it."""

    def __init__(self, gain=1.0):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(float(gain)))
        self.skip_dropouts = []

    def decode(self, z, skips=(), *, skip_dropout=1.0, generator=None):
        self.skip_dropouts.append(skip_dropout)
        return (z * self.gain)[:, None, None, :]

    def encode(self, x):
        return Encoding(x[:, 0, 0, :])


def seeded(seed):
    return partial(move_at_random, generator=torch.Generator().manual_seed(seed))


def test_it_is_zero_when_every_move_survives_and_the_known_value_when_half_does():
    z = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
    assert cycle_loss(Echo(1.0), z[:500]).item() == 0.0
    # z and the moves are independent: E[(z′/2)²] = (1 + MOVE²/3) / 4 per dimension, for unit spread
    loss = cycle_loss(Echo(0.5), z, seeded(1))
    assert float(loss) == pytest.approx((1 + MOVE**2 / 3) / 4, rel=0.05)


def test_its_gradient_asks_for_more_of_the_move_and_does_not_run_through_the_target():
    model = Echo(0.5)
    z = torch.randn(64, 3, requires_grad=True)
    cycle_loss(model, z).backward()
    assert float(model.gain.grad) < 0  # descent raises the gain
    assert z.grad is None
    assert model.skip_dropouts == [1.0]


def test_batch_statistics_and_modes_stay_as_they_were(tiny):
    model = tiny.make_model().train()
    x = torch.rand(8, 1, 32, 32)
    model(x)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    cycle_loss(model, model.z).backward()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert any(p.grad is not None and bool(p.grad.any()) for p in model.decoder.parameters())
    assert any(p.grad is not None and bool(p.grad.any()) for p in model.encoder.parameters())


def test_the_same_generator_gives_the_same_moves(tiny):
    model, z = tiny.make_model().eval(), torch.randn(8, 4)
    values = [float(cycle_loss(model, z, seeded(seed))) for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]


def test_moves_between_images_are_differences_of_the_batchs_own_rows():
    """Along an axis on which the images do not differ nothing moves; half of the batch is moved."""
    z = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.0, 2.0])
    moved = move_between_images(z)
    assert moved.shape == (5, 3)
    assert (moved[:, 1] == 0).all()
    assert not torch.equal(moved, z[:5])


def test_one_image_alone_has_no_spread_and_does_not_move():
    assert cycle_loss(Echo(1.0), torch.ones(1, 3)).item() == 0.0
