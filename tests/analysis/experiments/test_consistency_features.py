"""Masking what matters moves the representation, masking what does not leaves it: on encoders of known answers."""

import numpy as np
import pytest
import torch
from torch import nn

from analysis.experiments.consistency_features import SHARES, FeatureConsistency, measure_shifts
from analysis.experiments.feature_maps import (
    METHODS,
    REFERENCES,
    encode_all,
    explain_features,
    hide_most_important,
)

SIDE = 8
BLACK = torch.zeros(1, 1, SIDE, SIDE)


class LeftHalf(nn.Module):
    """Looks at the left half alone."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        weights = torch.rand(SIDE, SIDE, 3, generator=generator) + 0.1
        weights[:, SIDE // 2 :] = 0
        self.weights = nn.Parameter(weights.view(-1, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ self.weights


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(12, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1)) + 0.1


@pytest.mark.parametrize("method", METHODS)
def test_half_of_the_pixels_by_any_method_is_all_that_an_encoder_of_the_left_half_sees(method, pictures):
    importance = explain_features(LeftHalf(), pictures, method, baseline=BLACK)
    right = np.zeros(pictures.shape)
    right[..., SIDE // 2 :] = 1
    maps = {
        method: importance,
        "right": right,
        "random": explain_features(LeftHalf(), pictures, "random", baseline=BLACK),
    }
    by_method, by_right, by_chance = measure_shifts(
        LeftHalf(), pictures, maps, baseline=BLACK, shares=(0.5, 1.0)
    )  # fmt: skip
    np.testing.assert_allclose(by_method[0], by_method[1], rtol=1e-5)  # nothing is left to move it further
    np.testing.assert_array_equal(by_right[0], 0)
    assert (by_chance[0] < by_method[0]).all()
    assert (by_chance[0] > 0).all()


def test_with_everything_masked_all_methods_are_the_same(pictures):
    maps = {name: explain_features(LeftHalf(), pictures, name, baseline=BLACK) for name in (*METHODS, *REFERENCES)}
    shifts = measure_shifts(LeftHalf(), pictures, maps, baseline=BLACK, shares=(1.0,))[:, 0]
    expected = LeftHalf()(pictures).detach().double().square().sum(dim=1).numpy()
    np.testing.assert_allclose(shifts, np.tile(expected, (len(maps), 1)), rtol=1e-5)


def test_maps_belong_to_their_pictures(pictures):
    model, turned = LeftHalf(), torch.arange(len(pictures) - 1, -1, -1)
    for method in ("integrated_gradients", "saliency", "contrast"):
        whole = explain_features(model, pictures, method, baseline=BLACK)
        one = explain_features(model, pictures[3:4], method, baseline=BLACK)
        np.testing.assert_allclose(whole[3:4], one, rtol=1e-5, atol=1e-6)
        other_way = explain_features(model, pictures[turned], method, baseline=BLACK)
        np.testing.assert_allclose(other_way, whole[::-1], rtol=1e-5, atol=1e-6)


def test_the_same_seed_gives_the_same_maps_and_leaves_everyone_elses_chance_alone(pictures):
    bent = nn.Sequential(LeftHalf(), nn.Tanh())  # of a linear one, all points have the same gradient
    for method in ("gradient_shap", "random"):
        before = np.random.get_state()[1].copy(), torch.random.get_rng_state()
        first, again, other = (
            explain_features(bent, pictures, method, baseline=BLACK, seed=seed) for seed in (1, 1, 2)
        )
        assert (first == again).all()
        assert (first != other).any()
        assert (np.random.get_state()[1] == before[0]).all()
        assert (torch.random.get_rng_state() == before[1]).all()


@pytest.mark.parametrize(("shape", "n"), [((4, 1, 6, 6), 36), ((4, 2, 5, 5), 25), ((4, 9, 1), 9)])
def test_so_many_features_are_replaced_by_the_baseline_and_the_most_important_ones(shape, n):
    rng = np.random.default_rng(0)
    inputs, baseline = torch.from_numpy(rng.random(shape, dtype=np.float32)) + 1, torch.full((1, *shape[1:]), -3.0)
    importance = rng.standard_normal(shape)
    for share in (0, 0.2, 0.5, 1):
        masked = hide_most_important(inputs, importance, share, baseline=baseline)
        is_hidden = (masked == -3).numpy()
        assert (is_hidden.reshape(4, -1).sum(axis=1) == round(share * n) * (np.prod(shape[1:]) // n)).all()
        assert (masked.numpy()[~is_hidden] == inputs.numpy()[~is_hidden]).all()
    hidden = (hide_most_important(inputs, importance, 1 / n, baseline=baseline) == -3).numpy()
    if shape[1] == 1:
        assert (np.abs(importance).reshape(4, -1).argmax(axis=1) == hidden.reshape(4, -1).argmax(axis=1)).all()


def test_maps_of_other_pictures_are_refused(pictures):
    with pytest.raises(ValueError, match="expected the same shape"):
        hide_most_important(pictures, np.zeros((3, 1, SIDE, SIDE)), 0.5, baseline=BLACK)
    with pytest.raises(ValueError, match="share"):
        hide_most_important(pictures, np.zeros(pictures.shape), 1.5, baseline=BLACK)
    with pytest.raises(ValueError, match="expected one of"):
        explain_features(LeftHalf(), pictures, "magic", baseline=BLACK)


def test_representations_are_of_evaluation_mode_and_the_mode_stays():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Dropout(0.5)).train()
    x = torch.rand(5, 1, 2, 2)
    assert (encode_all(model, x) == encode_all(model, x)).all()
    assert all(module.training for module in model.modules())


def test_advantage_is_the_ratio_over_shares_below_one_and_the_sentence_says_who_beats_chance():
    chance = np.random.default_rng(0).random((1, 3, 1, 50)) + 1
    shifts = np.concatenate([2 * chance, chance, chance])  # [M, K, R, N]
    shifts[:, -1] = 100  # of share 1, which does not count
    found = FeatureConsistency(("saliency", "integrated_gradients", "random"), (0.1, 0.5, 1.0), shifts.swapaxes(1, 2))
    better = found.advantage("saliency")
    assert better.ratio == pytest.approx(2)
    assert better.low == pytest.approx(2)
    assert better.is_better
    assert not found.advantage("integrated_gradients").is_better
    assert found.sentences()[0].startswith("1 of 2 methods")
    assert len(found.rows()) == 3 * 3 * 2
    assert all(found.draw(form) for form in ("png", "svg", "pdf"))


def test_the_published_shares_are_asked():
    assert SHARES[0] == 0.05
    assert SHARES[-1] == 1
