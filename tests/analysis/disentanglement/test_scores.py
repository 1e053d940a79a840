"""The scores on codes whose answer is known, and their parts against independent computations."""

from itertools import product

import numpy as np
import pytest

from analysis.disentanglement.codes import CodedFactors, bin_codes, entropies, gaps, mutual_information
from analysis.disentanglement.factor_votes import measure_factor_vae
from analysis.disentanglement.importance_entropies import concentration, measure_dci
from analysis.disentanglement.mutual_information_gap import measure_mig
from analysis.disentanglement.scores import MEANING, measure_disentanglement
from analysis.disentanglement.separated_predictability import balanced_skill, measure_sap
from xaae_core.errors import DisentanglementError

LEVELS = (3, 4, 5, 6)
NAMES = ("shape", "size", "x", "y")
CHANCE = 1 / len(LEVELS)


def grid(copies=2):
    """Every combination of levels, several times over."""
    return np.array(list(product(*(range(n) for n in LEVELS))) * copies)


def coded(z, factors=None):
    return CodedFactors.of(z, grid() if factors is None else factors, NAMES, unordered=("shape",))


def figures(z, **options):
    return measure_disentanglement(coded(z), **options).figures()


@pytest.fixture(scope="module")
def perfect():
    return figures(grid().astype(float))


def test_codes_that_are_the_factors_score_1(perfect):
    assert perfect == pytest.approx(dict.fromkeys(MEANING, 1.0), abs=1e-6)


def test_permuted_scaled_and_shifted_dimensions_change_nothing():
    rng = np.random.default_rng(0)
    z = grid() @ rng.normal(size=(4, 4)) * 0.2 + grid() + rng.normal(size=(len(grid()), 4)) * 0.3
    moved = z[:, [2, 0, 3, 1]] * [5.0, 0.01, 300.0, 2.0] + [1, -2, 3, 100]
    assert figures(moved) == pytest.approx(figures(z), abs=0.015)  # of equal splits a tree takes either


def test_dimensions_turned_by_45_degrees_stand_for_no_factor_but_keep_them(perfect):
    z = grid() - grid().mean(axis=0)
    z = z / z.std(axis=0)
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    turned = figures(np.hstack((z[:, :2] @ turn, z[:, 2:] @ turn)))
    assert turned["mig"] < 0.2
    assert turned["sap"] < 0.2
    assert turned["disentanglement"] < 0.6
    assert turned["completeness"] < 0.6
    assert turned["informativeness"] > 0.9


def test_noise_scores_nothing():
    found = figures(np.random.default_rng(1).normal(size=(len(grid()), 6)))
    assert found["factor_vae"] == pytest.approx(CHANCE, abs=0.05)
    for name in ("disentanglement", "completeness", "mig", "sap", "informativeness"):
        assert found[name] < 0.08, name


def test_one_dimension_for_two_factors_is_complete_but_not_disentangled():
    factors = grid()
    mixed = np.column_stack((factors[:, 2] * 6.0 + factors[:, 3], factors[:, 0], factors[:, 1]))
    found = measure_dci(coded(mixed))
    assert found.completeness > 0.99
    assert found.informativeness > 0.99
    assert found.disentanglement < 0.9


def test_a_factor_written_twice_is_disentangled_but_has_no_gap():
    factors = grid().astype(float)
    twice = np.hstack((factors, factors))
    assert measure_mig(coded(twice)).score == pytest.approx(0, abs=1e-9)
    assert measure_sap(coded(twice)).score == pytest.approx(0, abs=1e-9)
    assert measure_dci(coded(twice)).disentanglement > 0.99
    assert measure_factor_vae(coded(twice)).score == pytest.approx(1)


def test_collapsed_dimensions_neither_help_nor_harm(perfect):
    padded = np.hstack((grid().astype(float), np.full((len(grid()), 2), 0.1)))
    found = figures(padded)
    assert found.pop("completeness") == pytest.approx(1)
    assert found == pytest.approx({name: perfect[name] for name in found}, abs=1e-6)
    nothing = figures(np.zeros((len(grid()), 3)))
    assert nothing.pop("factor_vae") == pytest.approx(CHANCE, abs=0.05)
    assert set(nothing.values()) == {0.0}


def test_a_dimension_that_hardly_varies_votes_only_when_used():
    z = np.hstack((grid().astype(float), np.random.default_rng(2).normal(size=(len(grid()), 1)) * 1e-3))
    z[:, -1] += 1e-4 * grid()[:, 0]
    is_used = np.array([True] * 4 + [False])
    assert measure_factor_vae(coded(z), is_used=is_used).votes[-1].sum() == 0
    assert measure_factor_vae(coded(z), is_used=is_used).score == 1


def test_the_same_seed_gives_the_same_scores():
    z = np.random.default_rng(3).normal(size=(len(grid()), 3)) + grid()[:, :3]
    assert figures(z, seed=5) == figures(z, seed=5)
    assert figures(z, seed=5) != figures(z, seed=6)


def test_mutual_information_and_entropy_are_scikit_learns():
    from scipy.stats import entropy
    from sklearn.metrics import mutual_info_score

    rng = np.random.default_rng(4)
    factors, z = grid(1), rng.normal(size=(len(grid(1)), 5)) + grid(1)[:, :1]
    bins = bin_codes(z, 7)
    reference = [[mutual_info_score(bins[:, d], factors[:, k]) for k in range(4)] for d in range(5)]
    assert mutual_information(bins, factors) == pytest.approx(np.array(reference), abs=1e-12)
    assert entropies(bins) == pytest.approx([entropy(np.bincount(column)) for column in bins.T], abs=1e-12)


def test_bins_are_numpys():
    z = np.random.default_rng(5).normal(size=(500, 3))
    for column, found in zip(z.T, bin_codes(z, 20).T, strict=True):
        assert (np.bincount(found, minlength=20) == np.histogram(column, 20)[0]).all()


def test_the_predictability_of_an_ordered_factor_is_the_r_squared_of_a_line():
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(6)
    z = rng.normal(size=(len(grid()), 3)) + grid()[:, 1:]
    found = measure_sap(coded(z)).predictability
    for dim, factor in product(range(3), range(1, 4)):
        line = LinearRegression().fit(z[:, [dim]], grid()[:, factor])
        assert found[dim, factor] == pytest.approx(line.score(z[:, [dim]], grid()[:, factor]), abs=1e-10)


def test_concentration_is_one_less_the_entropy_of_scipy():
    from scipy.stats import entropy

    importances = np.random.default_rng(7).random((5, 4))
    rows = [1 - entropy(row, base=4) for row in importances]
    expected = np.average(rows, weights=importances.sum(axis=1))
    assert concentration(importances) == pytest.approx(expected)
    assert concentration(np.eye(4)) == 1
    assert concentration(np.ones((4, 4))) == pytest.approx(0)


def test_gaps_are_between_the_two_greatest():
    assert gaps(np.array([[0.9, 0.2], [0.1, 0.3], [0.4, 0.25]])) == pytest.approx([0.5, 0.05])
    assert gaps(np.array([[0.7]])) == pytest.approx([0.7])


def test_balanced_skill_counts_every_level_alike_and_guessing_as_0():
    truth = np.array([0] * 90 + [1] * 10)
    assert balanced_skill(truth, truth) == 1
    assert balanced_skill(truth, np.zeros(100, int)) == 0
    assert balanced_skill(truth, np.array([0] * 90 + [1] * 5 + [0] * 5)) == pytest.approx(0.5)


def test_everything_is_kept_as_json():
    import json

    found = measure_disentanglement(coded(grid().astype(float)))
    kept = json.loads(json.dumps(found.to_json()))
    assert kept["factors"] == list(NAMES)
    assert set(MEANING) <= kept.keys()


@pytest.mark.parametrize(
    ("z", "factors", "said"),
    [
        (np.zeros((5, 2)), np.zeros((5, 2), int), "at least 20"),
        (np.zeros((50, 2)), np.zeros((49, 2), int), "same N cases"),
        (np.full((50, 2), np.nan), np.zeros((50, 2), int), "not finite"),
        (np.zeros((50, 2)), np.zeros((50, 2)), "whole numbers"),
        (np.zeros((50, 2)), np.zeros((50, 2), int), "leave out"),
        (np.zeros((500, 2)), np.arange(1000).reshape(500, 2), "bin what is continuous"),
    ],
)
def test_what_cannot_be_scored_is_said(z, factors, said):
    with pytest.raises(DisentanglementError, match=said):
        CodedFactors.of(z, factors)
