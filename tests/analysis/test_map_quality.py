"""How far a map can be read: equal to scikit-learn's measure, and right where the answer is known."""

import dataclasses

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_swiss_roll
from sklearn.manifold import trustworthiness

from analysis.map_quality import measure_kept, measure_map
from analysis.neighbours import find_neighbours


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    """Latent vectors and a bad map of them."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(150, 12))
    return z, z[:, :2] + 0.3 * rng.normal(size=(150, 2))


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_is_scikit_learns_and_continuity_is_it_the_other_way_round(pair, k):
    z, points = pair
    found = measure_map(z, points, k=k)
    assert found.trustworthiness == pytest.approx(trustworthiness(z, points, n_neighbors=k), abs=1e-12)
    assert found.continuity == pytest.approx(trustworthiness(points, z, n_neighbors=k), abs=1e-12)
    assert found.trustworthiness < 0.95


def _digits() -> tuple[np.ndarray, np.ndarray]:
    z = load_digits().data[:600].astype(np.float64)
    z += 1e-3 * np.random.default_rng(0).normal(
        size=z.shape
    )  # whole numbers tie, and scikit-learn breaks ties by chance
    return z, z @ np.linalg.svd(z - z.mean(axis=0), full_matrices=False)[2][:2].T


def _roll() -> tuple[np.ndarray, np.ndarray]:
    z, turn = make_swiss_roll(501, random_state=0)
    return z, np.stack([turn, np.abs(z[:, 1] - 10)], axis=1)  # unrolled, then folded


def _far_away() -> tuple[np.ndarray, np.ndarray]:
    z = np.random.default_rng(3).normal(size=(400, 40)) + 1000
    return z, z[:, 5:7] ** 3


@pytest.mark.parametrize("data", [_digits, _roll, _far_away])
@pytest.mark.parametrize("is_given", [False, True])
def test_on_all_cases_the_figures_are_scikit_learns(data, is_given):
    z, points = data()
    found = measure_map(z, points, neighbours=find_neighbours(z, 15) if is_given else None)
    assert found.n_rated == len(z)
    exact = 1e-5 if is_given else 1e-9  # a graph is of float32, scikit-learn computes these in double precision
    assert found.trustworthiness == pytest.approx(trustworthiness(z, points, n_neighbors=10), abs=exact)
    assert found.continuity == pytest.approx(trustworthiness(points, z, n_neighbors=10), abs=exact)
    assert 0.5 < found.trustworthiness < 0.999


def test_drawn_cases_have_the_ranks_that_all_have():
    """Beyond `most_rated` another way through the code leads to the same numbers."""
    rng = np.random.default_rng(4)
    z = rng.normal(size=(900, 7)).astype(np.float32)
    points = (z[:, :2] + rng.normal(size=(900, 2))).astype(np.float32)
    whole, drawn = measure_map(z, points), measure_map(z, points, most_rated=899)
    assert drawn.n_rated == 899
    assert drawn.trustworthiness == pytest.approx(whole.trustworthiness, abs=2e-3)
    assert np.array_equal(drawn.kept, whole.kept)
    assert np.array_equal(measure_kept(z, points), whole.kept)


def test_a_map_that_is_a_rotation_keeps_everything():
    z = np.random.default_rng(1).normal(size=(80, 2))
    turned = z @ np.array([[0.6, -0.8], [0.8, 0.6]]) * 7 + 3
    found = measure_map(z, turned)
    assert (found.trustworthiness, found.continuity) == (1, 1)
    assert (found.kept == 1).all()
    assert "100%" in found.sentence()


def test_the_share_kept_counts_the_neighbours_of_each_case(pair):
    z, points = pair
    found = measure_map(z, points, k=6)
    for row in (0, 77):
        near_z, near_map = (
            set(np.argsort(np.linalg.norm(rows - rows[row], axis=1))[1:7].tolist()) for rows in (z, points)
        )
        assert found.kept[row] == pytest.approx(len(near_z & near_map) / 6)


def test_a_sample_of_the_cases_estimates_the_same(pair):
    z, points = pair
    whole, part = measure_map(z, points), measure_map(z, points, most_rated=70)
    assert (whole.n_rated, part.n_rated) == (150, 70)
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.03)
    assert part.trustworthiness != whole.trustworthiness


def test_k_is_lowered_where_cases_are_few_and_identical_cases_do_no_harm():
    z = np.repeat(np.eye(3), 3, axis=0)
    found = measure_map(z, z[:, :2], k=10)
    assert found.k == 4
    assert np.isfinite([found.trustworthiness, found.continuity]).all()


def test_ties_are_broken_for_the_map_and_not_by_chance():
    grid = np.stack(np.meshgrid(np.arange(9.0), np.arange(9.0)), axis=-1).reshape(-1, 2)  # every distance ties
    found = measure_map(grid, grid * 3)
    assert (found.trustworthiness, found.continuity) == (1, 1)
    assert (found.kept == 1).all()
    assert trustworthiness(grid, grid * 3, n_neighbors=10) < 1  # what breaking ties by chance would say


@pytest.mark.parametrize("most_rated", [2000, 150])
def test_identical_cases_may_lie_in_any_order_on_the_map(most_rated):
    rng = np.random.default_rng(5)
    z = np.repeat(rng.normal(size=(10, 8)), 30, axis=0)
    points = np.repeat(20 * rng.normal(size=(10, 2)), 30, axis=0) + 0.01 * rng.normal(size=(300, 2))
    found = measure_map(z, points, most_rated=most_rated)
    assert (found.kept == 1).all()
    assert found.trustworthiness == 1


def test_a_map_that_puts_all_in_one_place_kept_nothing():
    z = np.random.default_rng(6).normal(size=(400, 5))
    found = measure_map(z, np.zeros((400, 2)))
    assert found.kept.mean() < 0.1
    assert found.trustworthiness < 0.7


def test_far_more_shown_neighbours_are_real_on_a_true_map_than_on_a_shuffled_one():
    z, points = _roll()
    shuffled = points[np.random.default_rng(0).permutation(len(points))]
    assert measure_map(z, points).kept.mean() > 0.25 > 0.1 > measure_map(z, shuffled).kept.mean()


def test_the_sentence_says_when_the_neighbours_were_not_all_found():
    z, points = _roll()
    graph = dataclasses.replace(find_neighbours(z, 15), recall=0.93)
    assert "93% of the neighbours in z were found" in measure_map(z, points, neighbours=graph).sentence()
    assert "found" not in measure_map(z, points).sentence()


def test_nonsense_is_refused():
    graph = find_neighbours(np.eye(5), 2)
    with pytest.raises(ValueError, match="neighbours of 5"):
        measure_map(np.eye(6), np.eye(6)[:, :2], neighbours=graph)
    with pytest.raises(ValueError, match="not finite"):
        measure_map(np.eye(6), np.full((6, 2), np.nan))
    with pytest.raises(ValueError, match="2 latent vectors"):
        measure_map(np.zeros((2, 3)), np.zeros((2, 2)))
