"""A direction fitted to noise says so, a true one does not, and the p-value means what a p-value means."""

import itertools
import math
import time

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.direction_significance import PERMUTATIONS, permutation_p_value, permutations_for
from analysis.directions import fit_direction
from tests.analysis.latent_tables import table_of, two_clouds


def skewed_latents(n=120, dims=24, *, seed=0):
    """Latents as models make them: a few wide dimensions, many narrow ones, correlated, heavy in the tails."""
    rng = np.random.default_rng(seed)
    scales = np.geomspace(5, 0.05, dims)
    return rng.standard_t(4, size=(n, dims)) * scales @ np.linalg.qr(rng.normal(size=(dims, dims)))[0]


@pytest.mark.parametrize("target", ["yes", "grade", "number"])
def test_directions_of_shuffled_targets_are_noise_and_true_ones_are_not(target):
    """Noise is called noise at least 95 of 100 times; at p < 0.01 more than 5 misses are one in a thousand runs."""
    z = skewed_latents()
    axis = np.random.default_rng(5).normal(size=z.shape[1])
    truth = z @ axis + np.random.default_rng(6).normal(size=len(z)) * (z @ axis).std()
    cuts = np.searchsorted(np.quantile(truth, [0.3, 0.5, 0.8]), truth)
    table = table_of(z, truth > np.median(truth), grade=cuts, number=truth)
    real = fit_direction(table, target, n_bootstrap=0, folds=1, n_permutations=PERMUTATIONS)
    assert real.is_significant
    assert not real.could_be_noise
    noise = []
    for seed in range(100):
        order = np.random.default_rng(1000 + seed).permutation(len(z))
        shuffled = table_of(z, table.labels[order], grade=cuts[order], number=truth[order])
        noise.append(fit_direction(shuffled, target, n_bootstrap=0, folds=1, n_permutations=399, seed=seed))
    assert sum(found.could_be_noise for found in noise) >= 95
    assert sum(found.is_significant for found in noise) <= 5


@pytest.mark.parametrize("share", [0.5, 0.08])
def test_p_values_of_noise_are_uniform(share):
    """P(p ≤ a) = a for every a, also where one class is rare; the test would be of no use if it were timid."""
    z = skewed_latents(60, 10)
    labels = np.arange(60) < 60 * share
    p_values = [
        permutation_p_value(z, np.random.default_rng(seed).permutation(labels), 199, seed=seed) for seed in range(400)
    ]
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.035)


def test_p_is_the_share_of_all_orders_that_are_as_strong():
    """With 7 cases every order can be tried; drawing them must come to the same."""
    rng = np.random.default_rng(3)
    z, y = rng.normal(size=(7, 3)), np.array([0, 0, 1, 0, 1, 1, 0.0])
    z[:, 0] += y
    centred = z - z.mean(axis=0)
    strengths = np.array(
        [np.linalg.norm((np.array(order) - y.mean()) @ centred) for order in itertools.permutations(y)]
    )
    exact = np.mean(strengths >= np.linalg.norm((y - y.mean()) @ centred) - 1e-9)
    assert permutation_p_value(z, y, 20_000) == pytest.approx(exact, abs=0.02)


def test_orders_that_change_nothing_count_as_ties():
    """Three cases of two classes have three orders: no p below a third can be earned."""
    z = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 1.0]])
    assert permutation_p_value(z, np.array([0.0, 0.0, 1.0]), 3000) == pytest.approx(1 / 3, abs=0.05)


def test_p_does_not_depend_on_which_class_is_meant_nor_on_units():
    table = table_of(skewed_latents(60), np.arange(60) % 2)
    yes, no = (fit_direction(table, name, n_bootstrap=0, n_permutations=199) for name in ("yes", "no"))
    assert yes.p_value == pytest.approx(no.p_value)
    z, y = table.z.astype(float), table.labels.astype(float)
    assert permutation_p_value(z, y, 199) == pytest.approx(permutation_p_value(1e6 + 1e3 * z, 40 - 3 * y, 199))


def test_only_the_fitted_cases_are_shuffled():
    table = two_clouds(80, gap=1.0)
    alone = table.rows(table.split == "train")
    first, second = (fit_direction(each, n_bootstrap=0, n_permutations=199) for each in (table, alone))
    assert first.p_value == second.p_value


def test_testing_changes_nothing_else_and_the_seed_decides():
    table = two_clouds(60, gap=0.3)
    without, tested, again = (fit_direction(table, n_bootstrap=20, n_permutations=n) for n in (0, 199, 199))
    assert math.isnan(without.p_value)
    assert not without.is_significant
    assert not without.could_be_noise
    assert tested.p_value == again.p_value
    assert (tested.quality_interval, tested.cone_degrees) == (without.quality_interval, without.cone_degrees)
    assert (without.n_permutations, tested.n_permutations) == (0, 199)
    assert len({fit_direction(table, n_bootstrap=0, n_permutations=199, seed=seed).p_value for seed in range(5)}) > 1


def test_the_smallest_p_is_one_in_as_many_as_were_tried():
    found = fit_direction(two_clouds(200, gap=8.0), n_bootstrap=0, n_permutations=999)
    assert found.p_value == pytest.approx(0.001)


def test_more_shuffles_than_fit_into_one_product_are_all_counted(monkeypatch):
    z, y = skewed_latents(50), np.arange(50) % 2
    whole = permutation_p_value(z, y, 333)
    monkeypatch.setattr("analysis.direction_significance._CHUNK_ENTRIES", 50 * 10)
    assert permutation_p_value(z, y, 333) == whole


def test_a_thousand_shuffles_of_a_thousand_cases_take_no_time():
    z = np.random.default_rng(0).normal(size=(1000, 128))
    permutation_p_value(z, np.arange(1000) % 2, 10)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        permutation_p_value(z, np.arange(1000) % 2, 1000)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.2


def test_impossible_numbers_of_shuffles_are_named():
    with pytest.raises(ValueError, match="n_permutations=-1; expected 0"):
        permutation_p_value(np.eye(4), np.arange(4.0), -1)
    for number in (-1, 99):  # with 99 the smallest p is 0.01, and every direction would be called noise
        with pytest.raises(ValueError, match=f"n_permutations={number}; expected 0 .* at least 100"):
            fit_direction(two_clouds(), n_permutations=number)
    assert fit_direction(two_clouds(gap=8), n_permutations=100).is_significant


def test_large_tables_are_tested_with_fewer_shuffles_that_still_suffice():
    assert permutations_for(1000) == 999
    assert 1 / (1 + permutations_for(1_000_000)) < 0.01
