"""Laws of the corruption transforms."""

import pytest
import torch

from xaae_core.training import AddGaussianNoise, RandomMasking


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (50, 37), (8, 200)])
@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.3, 1.0])
def test_each_image_loses_the_rounded_share_of_its_patches_and_nothing_else(height, width, ratio):
    patch = 16
    x = torch.rand(5, 3, height, width, generator=seeded()) * 0.9 + 0.05
    before = x.clone()
    masked = RandomMasking(ratio, patch, generator=seeded(1))(x)
    assert torch.equal(x, before)
    rows, columns = -(-height // patch), -(-width // patch)
    for image, original in zip(masked, x, strict=True):
        n_zero = 0
        for row in range(rows):
            for column in range(columns):
                box = (slice(None), slice(row * patch, (row + 1) * patch), slice(column * patch, (column + 1) * patch))
                is_zero = bool((image[box] == 0).all())
                assert is_zero or torch.equal(image[box], original[box])
                n_zero += is_zero
        assert n_zero == round(ratio * rows * columns)


def test_images_are_masked_independently_and_every_patch_can_be_hit():
    masked = RandomMasking(0.25, 16, generator=seeded())(torch.ones(200, 1, 64, 64))
    patches = masked[:, 0, ::16, ::16].reshape(200, 16)
    assert len({tuple(row.tolist()) for row in patches}) > 100
    assert ((patches == 0).float().mean(dim=0) - 0.25).abs().max() < 0.12


def test_noise_has_the_asked_mean_and_spread_and_stays_in_range():
    noisy = AddGaussianNoise(0.02, 0.05, generator=seeded())(torch.full((8, 1, 100, 100), 0.5))
    assert float(noisy.mean()) == pytest.approx(0.52, abs=1e-3)
    assert float(noisy.std()) == pytest.approx(0.05, abs=1e-3)
    loud = AddGaussianNoise(std=5.0, generator=seeded())(torch.rand(4, 3, 20, 20))
    assert float(loud.min()) == 0.0
    assert float(loud.max()) == 1.0


def test_the_same_generator_state_gives_the_same_corruption():
    x = torch.rand(4, 1, 40, 40)
    for make in (lambda g: RandomMasking(0.5, 8, generator=g), lambda g: AddGaussianNoise(generator=g)):
        assert torch.equal(make(seeded(3))(x), make(seeded(3))(x))
        assert not torch.equal(make(seeded(3))(x), make(seeded(4))(x))


def test_half_precision_stays_half_precision():
    x = torch.rand(2, 1, 32, 32).bfloat16()
    assert RandomMasking()(x).dtype == AddGaussianNoise()(x).dtype == torch.bfloat16


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomMasking(-0.1),
        lambda: RandomMasking(1.1),
        lambda: RandomMasking(patch_size=0),
        lambda: AddGaussianNoise(std=-1),
    ],
)
def test_impossible_settings_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


@pytest.mark.parametrize("length", [64, 50, 8])
@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_a_signal_is_flat_in_the_rounded_share_of_its_stretches_in_all_channels_and_as_it_was_elsewhere(length, ratio):
    patch = 16
    x = torch.rand(5, 3, length, generator=seeded())
    masked = RandomMasking(ratio, patch, generator=seeded(1))(x)
    n_patches = -(-length // patch)
    flat = x.mean(dim=2, keepdim=True).expand_as(x)
    for signal, original, mean in zip(masked, x, flat, strict=True):
        n_flat = 0
        for number in range(n_patches):
            stretch = slice(number * patch, (number + 1) * patch)
            is_flat = torch.equal(signal[:, stretch], mean[:, stretch])
            assert is_flat or torch.equal(signal[:, stretch], original[:, stretch])
            n_flat += is_flat
        assert n_flat == round(ratio * n_patches)


def test_noise_on_signals_is_not_cut_off():
    noisy = AddGaussianNoise(std=0.1, generator=seeded())(torch.ones(20, 2, 100))
    assert noisy.max() > 1.2
    assert noisy.mean().item() == pytest.approx(1, abs=0.01)
