"""Single dimensions of z as directions: known spreads, known divergences, and what cannot be walked."""

import math

import numpy as np
import pytest
import torch

from analysis.latent_axes import axis_direction, measure_axes, measure_divergences
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable
from xaae_core.models.image_latents import ImageLatents


def table_of(z, split=None) -> LatentTable:
    n = len(z)
    return LatentTable(
        z=np.asarray(z, np.float32),
        ids=np.array([str(i) for i in range(n)]),
        paths=np.array([""] * n),
        split=np.array(["train"] * n if split is None else split),
        labels=np.full(n, -1),
        probabilities=np.empty((n, 0), np.float32),
        classes=(),
    )


SIGNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def test_the_dimensions_come_by_their_spread():
    axes = measure_axes(table_of(SIGNS * [0.05, 2.0, 0.0] + 7))
    assert [axis.dimension for axis in axes] == [1, 0, 2]
    assert [axis.rank for axis in axes] == [1, 2, 3]
    np.testing.assert_allclose([axis.spread for axis in axes], [2.0, 0.05, 0.0], atol=1e-6)
    assert [axis.is_active for axis in axes] == [True, False, False]


def test_a_step_moves_one_dimension_by_its_spread_and_leaves_the_others():
    direction = axis_direction(table_of(SIGNS * [0.5, 2.0, 1.0] + [0, 3, 0]), 1)
    moved = direction.move(np.array([0.1, 0.2, 0.3]), np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(moved, [[0.1, -1.8, 0.3], [0.1, 0.2, 0.3], [0.1, 4.2, 0.3]], atol=1e-6)
    np.testing.assert_allclose(direction.score(np.array([[9, 3, 9], [9, 5, 9]])), [0, 1], atol=1e-6)
    assert direction.dimension == 1
    assert direction.target == "dimension 1"
    assert math.isnan(direction.quality)


def test_the_training_cases_alone_give_the_unit():
    z = np.concatenate([SIGNS * 1.0, SIGNS * 100.0])
    direction = axis_direction(table_of(z, ["train"] * 4 + ["test"] * 4), 0)
    assert direction.scale == pytest.approx(1.0)
    assert direction.n_cases == 4


@pytest.mark.parametrize(
    ("z", "dimension", "words"),
    [
        (SIGNS * 1.0, 3, "z has 3, 0 to 2"),
        (SIGNS * 1.0, -1, "no dimension -1"),
        (SIGNS * [1.0, 2.0, 0.0], 2, "same value in dimension 2.*such as 1"),
        (SIGNS[:1] * 1.0, 0, "at least 2"),
        (SIGNS * [1.0, np.nan, 1.0], 0, "not finite"),
    ],
)
def test_what_cannot_be_walked_is_named(z, dimension, words):
    with pytest.raises(DirectionError, match=words):
        axis_direction(table_of(z), dimension)


class Known(ImageLatents):
    """A posterior that is the same for every picture."""

    input_size, encoding_dims, has_prior = (2, 2), 2, True

    def posterior(self, x):
        return torch.tensor([[1.0, 0.0]]).expand(len(x), 2), torch.tensor([[0.0, math.log(4.0)]]).expand(len(x), 2)


def test_the_divergence_of_known_gaussians():
    found = measure_divergences(Known(), np.zeros((3, 1, 2, 2), np.float32))
    np.testing.assert_allclose(found, [0.5, 0.5 * (4 - 1 - math.log(4))], rtol=1e-6)


def test_a_model_without_a_prior_has_no_divergence():
    model = Known()
    model.has_prior = False
    assert measure_divergences(model, np.zeros((3, 1, 2, 2), np.float32)) is None
