"""Maps of latent dimensions: apart, the same, dead; and lfxai's own measures."""

from pathlib import Path

import numpy as np
import pytest

from analysis.experiments.dimension_maps import DimensionComparison, compare_dimensions
from analysis.experiments.disentanglement import BETAS, LOSSES, Disentanglement, TrainedVae, count_used
from analysis.experiments.parts import PartStore, run_parts
from analysis.experiments.plans import disvae
from tests.analysis.experiments.tiny_networks import tiny_setup

RNG = np.random.default_rng(0)


def test_dimensions_that_look_at_other_pixels():
    maps = np.zeros((6, 4, 4, 4))
    for dim in range(4):
        maps[:, dim, dim] = RNG.random((6, 4)) + 0.5
    found = compare_dimensions(maps)
    assert found.cosine == pytest.approx(0)
    assert found.entropy == pytest.approx(0)
    assert found.active == 1
    assert found.pearson < 0


def test_dimensions_that_look_at_the_same_pixels():
    one = RNG.random((6, 1, 5, 5)) + 0.1
    found = compare_dimensions(np.tile(one, (1, 4, 1, 1)))
    assert found.pearson == pytest.approx(1)
    assert found.spearman == pytest.approx(1)
    assert found.cosine == pytest.approx(1)
    assert found.entropy == pytest.approx(np.log(4))
    assert found.active == 0  # none has more than its even share


@pytest.mark.parametrize("n_dims", [2, 3, 6])
def test_they_are_lfxais_measures(n_dims):
    metrics = pytest.importorskip("lfxai.utils.metrics")
    maps = RNG.random((7, n_dims, 5, 4)) ** 3
    found = compare_dimensions(maps)
    assert found.pearson == pytest.approx(metrics.pearson_saliency(maps), abs=1e-12)
    if n_dims > 2:  # for two, scipy gives lfxai one number where it expects a matrix
        assert found.spearman == pytest.approx(metrics.spearman_saliency(maps), abs=1e-12)
    assert found.cosine == pytest.approx(metrics.cos_saliency(maps), abs=1e-12)
    assert found.entropy == pytest.approx(metrics.entropy_saliency(maps), abs=1e-12)
    assert found.active == pytest.approx(metrics.count_activated_neurons(maps), abs=1e-12)


def test_a_dead_dimension_is_left_out_where_lfxai_has_nan():
    maps = RNG.random((7, 3, 5, 4))
    maps[:, 1] = 0
    found = compare_dimensions(maps)
    alive = compare_dimensions(maps[:, [0, 2]])
    assert found.pearson == pytest.approx(alive.pearson)
    assert found.cosine == pytest.approx(alive.cosine)
    assert np.isnan(compare_dimensions(np.zeros((2, 3, 4, 4))).pearson)


def test_black_pixels_make_ranks_agree_and_salient_ones_do_not():
    maps = np.zeros((20, 3, 10, 10))
    maps[:, :, 4] = RNG.random((20, 3, 10))
    found = compare_dimensions(maps)
    assert found.spearman > 0.8
    assert abs(found.spearman_salient) < 0.2


def test_other_numbers_are_refused():
    for maps in (np.ones((3, 1, 4, 4)), np.ones((3, 4, 4)), -np.ones((3, 2, 4, 4))):
        with pytest.raises(ValueError, match="D ≥ 2"):
            compare_dimensions(maps)


def test_a_dimension_is_in_use_if_its_mean_moves():
    means = np.c_[RNG.standard_normal(100), 0.01 * RNG.standard_normal(100), np.full(100, 7.0)]
    assert count_used(means) == 1


def network(beta: float, run: int, pearson: float, n_used: float = 3) -> TrainedVae:
    return TrainedVae("beta_vae", beta, run, DimensionComparison(pearson, 0.5, 0.5, 0.5, 1.0, 1.5), n_used, 0.1)


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ([network(1, 0, 0.9), network(1, 1, 0.8), network(10, 0, 0.3), network(10, 1, 0.2)], "in every run"),
        ([network(1, 0, 0.9), network(1, 1, 0.3), network(10, 0, 0.4), network(10, 1, 0.2)], "the runs overlap"),
        ([network(1, 0, 0.9), network(10, 0, 0.2)], "one run"),
        ([network(1, 0, 0.9), network(1, 1, 0.8), network(10, 0, 0.3, 1), network(10, 1, 0.2, 1)], "say nothing"),
    ],
)
def test_the_verdict_follows_the_runs(networks, said):
    found = Disentanglement(tuple(networks), 3)
    assert said in found.sentences()[0]
    assert len(found.rows()) == len(networks)


def test_the_plan_trains_one_network_for_each_loss_beta_and_run(tmp_path: Path):
    setup = tiny_setup()
    store = PartStore(tmp_path, setup.settings)
    run_parts(disvae.parts_of(setup), store)
    found = disvae.collect(setup, store)
    assert len(found.networks) == 2 * len(BETAS) * len(LOSSES)
    assert len({(each.loss, each.beta, each.run) for each in found.networks}) == len(found.networks)
    assert len({each.maps.pearson for each in found.networks}) == len(found.networks)
    assert found.draw("svg")
