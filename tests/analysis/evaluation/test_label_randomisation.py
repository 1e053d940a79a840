"""Directions and models that learned from shuffled labels mean nothing, and maps must show it."""

import numpy as np
import pytest
import torch

from analysis.attributions import ClassLogit, DirectionScore, LatentDimension, PredictedNumber
from analysis.directions import fit_direction
from analysis.evaluation.label_randomisation import measure_label_randomisation, shuffled_direction
from tests.analysis.attributions.known_models import LinearModel
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import AttributionError, DirectionError


def test_a_shuffled_direction_points_elsewhere_and_means_nothing():
    table = two_clouds(400, 8)
    real = fit_direction(table, n_bootstrap=0)
    found = [shuffled_direction(table, DirectionScore(real), seed=seed) for seed in range(6)]
    assert all(abs(each.vector @ real.vector) <= 0.5 for each in found)
    assert abs(np.mean([each.quality for each in found]) - 0.5) < 0.1 < real.quality - 0.5
    assert {each.n_cases for each in found} == {real.n_cases}
    assert {each.target for each in found} == {real.target}
    assert "shuffled labels" in found[0].method


def test_the_same_seed_shuffles_alike():
    table = two_clouds()
    first, again, other = (shuffled_direction(table, ClassLogit(1), seed=seed).vector for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_class_and_its_direction_shuffle_alike():
    table = two_clouds()
    of_class = shuffled_direction(table, ClassLogit(1, "yes"), seed=3)
    of_direction = shuffled_direction(table, DirectionScore(fit_direction(table, "yes", n_bootstrap=0)), seed=3)
    assert np.array_equal(of_class.vector, of_direction.vector)
    assert shuffled_direction(table, ClassLogit(0), seed=3).target == "no"


def test_the_fit_is_the_real_ones():
    table = two_clouds(120)
    real = fit_direction(table, "severity", n_components=2, fit_split=None, n_bootstrap=0)
    found = shuffled_direction(table, DirectionScore(real), seed=0)
    assert found.method == f"{real.method}, shuffled labels"
    assert found.n_cases == real.n_cases == 120
    assert np.array_equal(table.columns["severity"], two_clouds(120).columns["severity"])  # the table stays


def test_a_predicted_number_is_shuffled_too():
    assert shuffled_direction(numbers_table(), PredictedNumber("grade"), seed=0).target == "grade"


def test_what_cannot_be_shuffled_says_so():
    rng = np.random.default_rng(0)
    one_class = table_of(rng.normal(size=(20, 4)), np.ones(20))
    with pytest.raises(DirectionError, match="same"):
        shuffled_direction(one_class, ClassLogit(1), seed=0)
    with pytest.raises(DirectionError, match="at least 3"):
        shuffled_direction(table_of(rng.normal(size=(1, 4)), np.ones(1)), ClassLogit(1), seed=0)
    with pytest.raises(DirectionError, match="more than 1 latent dimension"):
        shuffled_direction(two_clouds(40, 1), ClassLogit(1), seed=0)
    with pytest.raises(AttributionError, match='no labels make "latent dimension 0"'):
        shuffled_direction(two_clouds(), LatentDimension(0), seed=0)
    with pytest.raises(DirectionError, match="2 classes, none of number 5"):
        shuffled_direction(two_clouds(), ClassLogit(5), seed=0)


PIXELS = np.random.default_rng(0).normal(size=(600, 12, 12)).astype(np.float32)
LABELS = (PIXELS[:, :6].sum(axis=(1, 2)) > 0).astype(np.int64)


def trained(labels: np.ndarray, seed: int) -> LinearModel:
    """z is the projection on the difference of the class means."""
    model = LinearModel(channels=1, side=12, dims=1).eval()
    difference = PIXELS[labels == 1].mean(axis=0) - PIXELS[labels == 0].mean(axis=0)
    with torch.no_grad():
        model.weight.copy_(torch.tensor(difference)[None, None])
        model.bias.zero_()
        model.head.copy_(torch.tensor([[-1.0], [1.0]]))
    return model


def test_models_trained_on_shuffled_labels_make_other_maps():
    model = trained(LABELS, 0)
    told = []
    found = measure_label_randomisation(
        *(trained, LABELS, model, PIXELS[:1], ClassLogit(1), "input_x_gradient"), progress=lambda *at: told.append(at)
    )
    assert found.likeness.signs.max() < 0.3
    assert len(found.maps) == 3
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.sentence().startswith("differs from models trained on shuffled labels: ")


def test_a_training_that_ignores_the_labels_makes_the_same_map():
    found = measure_label_randomisation(
        lambda labels, seed: trained(LABELS, seed), LABELS, trained(LABELS, 0), PIXELS[:1], ClassLogit(1), "saliency"
    )
    assert found.likeness.changes == "no"


def test_labels_that_are_all_the_same_are_refused():
    with pytest.raises(DirectionError, match="all 600 labels are the same"):
        measure_label_randomisation(trained, np.ones(600), trained(LABELS, 0), PIXELS[:1], ClassLogit(1), "saliency")
