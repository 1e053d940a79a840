"""Augmentation: what may change, how far, and the same again from the same seed."""

import pytest
import torch

from xaae_core.data.augmentation import Augment, augment_batch

STILL = {"shift": 0.0, "zoom": 0.0, "brightness": 0.0}


def spot(row: int, column: int, n: int = 64, side: int = 65) -> torch.Tensor:
    """A batch of n black pictures with one soft bright spot each."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    one = torch.exp(-((y - row) ** 2 + (x - column) ** 2) / 18.0)
    return one.expand(n, 1, side, side).clone()


def centre(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Centre of mass (row, column) of each picture, in pixels."""
    side = images.shape[-1]
    weight = images[:, 0] / images[:, 0].sum(dim=(1, 2), keepdim=True)
    places = torch.arange(side, dtype=torch.float32)
    return (weight.sum(2) * places).sum(1), (weight.sum(1) * places).sum(1)


def test_nothing_asked_nothing_changed():
    images = torch.rand(4, 3, 32, 48)
    torch.testing.assert_close(augment_batch(images, Augment(**STILL), seed=3), images, atol=1e-5, rtol=0)


def test_shift_stays_within_its_share_in_both_directions():
    row, column = centre(augment_batch(spot(32, 32), Augment(**STILL | {"shift": 0.1}), seed=0))
    for moved in (row - 32, column - 32):
        assert moved.abs().max() <= 0.1 * 65 + 0.01
        assert moved.min() < -5
        assert moved.max() > 5
    assert torch.corrcoef(torch.stack((row, column)))[0, 1].abs() < 0.4  # drawn apart


def test_zoom_moves_away_from_the_middle_and_towards_it():
    row, column = centre(augment_batch(spot(12, 32), Augment(**STILL | {"zoom": 0.2}), seed=0))
    torch.testing.assert_close(column, torch.full_like(column, 32.0), atol=0.01, rtol=0)
    factor = (row - 32) / (12 - 32)
    assert factor.min() >= 0.79
    assert factor.max() <= 1.21
    assert factor.max() - factor.min() > 0.3


def test_brightness_leaves_black_black_and_stays_in_range():
    images = torch.full((64, 1, 8, 8), 0.9)
    images[:, :, 0] = 0
    changed = augment_batch(images, Augment(**STILL | {"brightness": 0.3}), seed=0)
    assert (changed[:, :, 0] == 0).all()
    assert changed.max() == 1
    assert 0.9 * 0.69 < changed[:, :, 1:].min() < 0.9 * 0.75


def test_mirroring_only_when_asked_and_for_about_half():
    left = spot(32, 10, n=200)
    assert (centre(augment_batch(left, Augment(), seed=0))[1] < 20).all()
    column = centre(augment_batch(left, Augment(**STILL, horizontal_flip=True), seed=0))[1]
    mirrored = column > 32
    torch.testing.assert_close(column[mirrored], torch.full_like(column[mirrored], 54.0), atol=0.01, rtol=0)
    assert 70 < mirrored.sum() < 130


def test_seed_decides_and_the_global_generator_is_left_alone():
    images, augment = torch.rand(8, 3, 16, 16), Augment()
    before = torch.random.get_rng_state()
    first, again, other = (augment_batch(images, augment, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["shift", "zoom", "brightness"])
@pytest.mark.parametrize("value", [-0.1, 0.95])
def test_limits_outside_their_range_are_refused(name: str, value: float):
    with pytest.raises(ValueError, match=f"{name} is {value}; expected 0 to"):
        Augment(**{name: value})
