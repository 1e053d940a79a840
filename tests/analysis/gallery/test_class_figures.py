"""How well classes are told: known answers, and whose classifier it is."""

import math

import numpy as np
import pytest
import torch

from analysis.gallery.class_figures import ClassFigures, measure_classifier
from analysis.gallery.linear_probe import probe_classes
from xaae_core.models.catalogue import build_catalogued


def test_a_perfect_order_has_an_auroc_of_1_and_an_interval_that_knows_how_few_the_cases_are():
    y = np.array([0] * 20 + [1] * 10)
    scores = np.column_stack((-np.arange(30.0), np.arange(30.0)))
    found = ClassFigures.of(scores, y)
    assert found.auroc == 1
    assert 0.8 < found.auroc_interval[0] < 0.97
    assert found.figure == (found.auroc, found.auroc_interval)


def test_a_classifier_that_is_the_wrong_way_round_shows():
    y = np.array([0] * 20 + [1] * 10)
    found = ClassFigures.of(np.column_stack((y, 1 - y)).astype(float), y)
    assert found.accuracy == found.auroc == 0


def test_of_three_classes_there_is_no_auroc():
    found = ClassFigures.of(np.eye(3)[[0, 1, 2, 2]], np.array([0, 1, 2, 0]))
    assert math.isnan(found.auroc)
    assert found.figure[0] == 0.75


def test_a_class_that_the_probe_never_met_is_never_named():
    z = np.eye(3, dtype=np.float32)
    trained = np.tile([0, 2], 40)
    found = probe_classes(z[trained], trained, z[[0, 1, 2, 2]], np.array([0, 1, 2, 2]))
    assert found.accuracy == 0.75


def test_a_saturated_probe_still_orders_the_cases():
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 200)
    z = (1e4 * (y[:, None] - 0.5) + rng.normal(size=(400, 1))).astype(np.float32)
    far = np.array([[-9e6], [-8e6], [8e6], [9e6]], np.float32)  # probabilities of exactly 0 and 1
    assert probe_classes(z, y, far, np.array([0, 0, 1, 1])).auroc == 1
    assert probe_classes(z, y, far, np.array([0, 1, 0, 1])).auroc == pytest.approx(0.75)


def test_a_models_own_classifier_is_measured_where_it_has_one():
    classifier = build_catalogued("classifier_mnist", size=28, channels=1, classes=3)
    z = torch.randn(50, classifier.encoding_dims)
    said = classifier.eval().classify(z).argmax(dim=1).numpy()
    assert measure_classifier(classifier, z.numpy(), said).accuracy == 1
    assert measure_classifier(classifier, z.numpy(), (said + 1) % 3).accuracy == 0
    assert measure_classifier(build_catalogued("vae", size=28, channels=1, dims=2), z[:, :2].numpy(), said) is None
