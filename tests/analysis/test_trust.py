"""Trust and leakage on toy models whose answers are known."""

import numpy as np
import pytest
import torch

from analysis.directions import Direction
from analysis.leakage import measure_leakage
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal, picture_likeness
from xaae_core.models.latent_model import Encoding


class LinearModel(torch.nn.Module):
    """z is the mean of each half of the picture; decoding paints it back, `gain` of it."""

    input_size, input_channels, encoding_dims, classes = (4, 4), 1, 2, 2

    def __init__(self, gain: float = 1.0, from_skips: float = 0.0) -> None:
        super().__init__()
        self.gain, self.from_skips = gain, from_skips

    def encode(self, x):
        z = torch.stack([x[:, 0, :, :2].mean(dim=(1, 2)), x[:, 0, :, 2:].mean(dim=(1, 2))], dim=1)
        return Encoding((z - 0.5) * 8, (x,))

    def decode(self, z, skips=(), *, skip_dropout=1.0, generator=None):
        half = (z * self.gain / 8 + 0.5)[:, None, None, :].repeat_interleave(2, dim=3).expand(-1, 1, 4, 4)
        if skips and skip_dropout < 1:
            half = (1 - self.from_skips) * half + self.from_skips * skips[0]
        return half.clamp(0, 1)

    def classify(self, z):
        return torch.stack([-z[:, 0], z[:, 0]], dim=1)


def along_first(scale: float = 0.5) -> Direction:
    vector = np.array([1.0, 0.0])
    return Direction(vector, np.zeros(2), scale, "given", "b", "a", "AUROC", 1, (1, 1), 1, 0, 10)


def path(model, span=2.0):
    encoding = encode_image(model, np.full((1, 4, 4), 0.5, dtype=np.float32))
    return traverse(model, encoding, along_first(), steps=path_steps(span, 9))


CLOUD = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)


def test_a_faithful_model_achieves_every_step_and_closes_the_cycle():
    model = LinearModel()
    trust = judge_traversal(model, path(model), along_first(), Neighbourhood.of(CLOUD))
    np.testing.assert_allclose(trust.achieved, path_steps(2.0, 9), atol=1e-5)
    assert trust.cycle_error[[0, 1, -2, -1]].max() < 1e-5
    assert set(trust.levels) == {"good"}


@pytest.mark.parametrize(("gain", "level"), [(0.4, "caution"), (0.1, "poor")])
def test_a_decoder_that_shows_part_of_the_move_is_marked(gain, level):
    model = LinearModel(gain)
    trust = judge_traversal(model, path(model), along_first(), Neighbourhood.of(CLOUD))
    np.testing.assert_allclose(trust.achieved, gain * path_steps(2.0, 9), atol=1e-5)
    assert trust.levels[0] == trust.levels[-1] == level
    assert f"{gain:.0%}" in trust.reasons[-1]
    assert trust.levels[4] == "good"


def test_steps_far_from_the_training_cases_are_poor_and_say_so():
    model = LinearModel()
    trust = judge_traversal(model, path(model, span=14.0), along_first(), Neighbourhood.of(CLOUD / 4))
    assert trust.levels[0] == trust.levels[-1] == "poor"
    assert "leaves the data" in trust.reasons[-1]
    assert np.all(np.diff(trust.distance_ratio[4:]) > 0)
    assert np.all(np.diff(trust.prior_p[4:]) < 0)


def test_neighbour_distance_of_a_training_case_ignores_nothing_but_itself():
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    hood = Neighbourhood.of(grid)
    inner = hood.spacing.reshape(10, 10)[3:7, 3:7]
    np.testing.assert_allclose(inner, (4 * 1 + np.sqrt(2)) / 5, rtol=1e-6)
    assert hood.share_closer(np.array([0.0, 100.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("from_skips", [0.0, 1.0])
def test_leakage_tells_z_from_skips(from_skips):
    model = LinearModel(from_skips=from_skips)
    encoding = model.encode(torch.rand(8, 1, 4, 4, generator=torch.Generator().manual_seed(0)))
    assert measure_leakage(model, encoding, skip_dropout=0.0).z_share == pytest.approx(1 - from_skips, abs=1e-6)
    assert measure_leakage(model, encoding, skip_dropout=1.0).z_share == 1.0


def test_leakage_and_neighbourhood_refuse_a_single_case():
    model = LinearModel()
    with pytest.raises(ValueError, match="1 image"):
        measure_leakage(model, model.encode(torch.rand(1, 1, 4, 4)), skip_dropout=0.0)
    with pytest.raises(ValueError, match="1 encoded cases"):
        Neighbourhood.of(CLOUD[:1])


def test_likeness_is_one_for_the_same_picture_and_falls_with_noise():
    rng = np.random.default_rng(0)
    picture = rng.random((1, 32, 32), dtype=np.float32)
    assert picture_likeness(picture, picture) == pytest.approx(1)
    assert picture_likeness(picture, rng.random((1, 32, 32), dtype=np.float32)) < 0.3


def test_a_model_without_a_prior_is_not_judged_by_one():
    model = LinearModel()
    far = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32) * 40
    judged = judge_traversal(model, path(model, span=14.0), along_first(), Neighbourhood.of(far))
    assert any("prior" in reason for reason in judged.reasons)
    model.has_prior = False
    free = judge_traversal(model, path(model, span=14.0), along_first(), Neighbourhood.of(far))
    assert np.isnan(free.prior_p).all()
    assert not any("prior" in reason for reason in free.reasons)
