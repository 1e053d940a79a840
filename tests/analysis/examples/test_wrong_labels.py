"""Doubtful labels: flipped ones come first, rare classes are not doubted for being rare."""

import numpy as np
import pytest
import torch

from analysis.evaluation.example_quality import mislabel_auc
from analysis.examples.sample_losses import LabelLoss
from analysis.examples.samples import samples_of
from analysis.examples.wrong_labels import measure_self_influence, rank_wrong_labels
from tests.analysis.examples.small_models import logistic_regression
from tests.analysis.latent_tables import table_of, two_clouds
from xaae_core.errors import ExamplesError


def flipped_clouds(n: int = 200, gap: float = 5.0):
    clouds = two_clouds(n, gap=gap)
    flipped = np.zeros(n, bool)
    flipped[np.random.default_rng(1).choice(n, n // 10, replace=False)] = True
    return table_of(clouds.z, np.where(flipped, 1 - clouds.labels, clouds.labels)), flipped


def test_flipped_labels_come_first_by_neighbours_and_by_self_influence():
    table, flipped = flipped_clouds()
    z, y = torch.tensor(table.z, dtype=torch.float64), torch.tensor(table.labels)
    own = measure_self_influence(logistic_regression(z, y, 0.01), samples_of(z, y, table.ids), loss=LabelLoss())
    for known in (None, own):
        found = rank_wrong_labels(table, self_influence=known)
        assert mislabel_auc(found.suspicion, flipped[found.rows]) > 0.9
        assert flipped[found.rows[:10]].all()
        assert (np.diff(found.suspicion) <= 0).all()
        assert (found.suggested[:10] != found.labels[:10]).all()
        assert table.ids[found.rows].tolist() == found.ids.tolist()
    assert "labelled" in found.sentence(0)
    assert "most of them" in found.sentence(0)


def test_self_influence_is_the_squared_length_of_the_gradient():
    z, y = torch.randn(6, 3, dtype=torch.float64), torch.arange(6) % 2
    model = logistic_regression(z, y, 0.1)
    own = measure_self_influence(model, samples_of(z, y), loss=LabelLoss())
    left = model(z).softmax(dim=1) - torch.nn.functional.one_hot(y, 2)
    expected = left.square().sum(dim=1) * (z.square().sum(dim=1) + 1)
    np.testing.assert_allclose(list(own.values()), expected.detach().numpy(), rtol=1e-9)


def test_a_rare_class_is_not_doubted_for_being_rare():
    rng = np.random.default_rng(0)
    labels = np.r_[np.zeros(190, int), np.ones(10, int)]
    z = rng.normal(size=(200, 3))
    z[:, 0] += 2.5 * labels
    found = rank_wrong_labels(table_of(z, labels), n_neighbours=20)
    by_case = dict(zip(found.rows.tolist(), found.suggested.tolist(), strict=True))
    assert np.mean([by_case[row] == 1 for row in range(190, 200)]) >= 0.8


def test_what_cannot_be_doubted_is_refused():
    table = two_clouds()
    with pytest.raises(ExamplesError, match="needs two classes"):
        rank_wrong_labels(table.rows(table.labels == 0))
    with pytest.raises(ExamplesError, match="needs two classes"):
        rank_wrong_labels(table.rows(np.arange(1)))
    with pytest.raises(ExamplesError, match="60 labelled cases have no self-influence, the first: case 0"):
        rank_wrong_labels(table, self_influence={})
    z = table.z.copy()
    z[3] = np.nan
    with pytest.raises(ExamplesError, match="not finite"):
        rank_wrong_labels(table_of(z, table.labels))
