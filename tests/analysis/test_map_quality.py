"""How far a map can be read: equal to scikit-learn's measure, and right where the answer is known."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from analysis.map_quality import measure_map


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


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="2 latent vectors"):
        measure_map(np.zeros((2, 3)), np.zeros((2, 2)))
