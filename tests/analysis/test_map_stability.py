"""Maps laid over each other: turning and mirroring is no movement, and a cluster that jumps is blamed alone."""

import numpy as np
import pytest

from analysis.map_alignment import fit_similarity, map_size
from analysis.map_stability import measure_stability, stability_seeds

CENTRES = np.array([[0, 0], [10, 2], [3, 9], [12, 12]], dtype=float)


def clusters(sizes: tuple[int, ...] = (200, 200, 200, 200), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A map of round clusters [N, 2], and which cluster each point is in [N]."""
    member = np.repeat(np.arange(len(sizes)), sizes)
    return CENTRES[member] + np.random.default_rng(seed).normal(size=(len(member), 2)), member


def turned(points: np.ndarray, angle: float, *, is_mirrored: bool, scale: float) -> np.ndarray:
    """The same map as another seed may show it."""
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([-1.0 if is_mirrored else 1.0, 1.0])
    return points @ mirror @ matrix * scale + [7, -40]


@pytest.mark.parametrize("angle", [0.0, 1.0, 2.5, 4.0])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_copy_that_is_turned_mirrored_and_scaled_is_perfectly_stable(angle, is_mirrored):
    points, _ = clusters()
    found = measure_stability([points, turned(points, angle, is_mirrored=is_mirrored, scale=0.01), points * 50])
    assert found.n_layouts == 3
    assert found.moved.max() < 1e-6
    assert not found.is_unstable.any()
    assert np.allclose(found.aligned, points[None], atol=1e-4)
    assert "The seed changes nothing" in found.sentence()


@pytest.mark.parametrize("sizes", [(200, 200, 200, 200), (360, 150, 150, 140), (30, 300, 300, 170)])
@pytest.mark.parametrize("who", [0, 3])
def test_a_cluster_that_jumps_is_found_and_the_others_are_not_blamed(sizes, who):
    points, member = clusters(sizes)
    jumped = points.copy()
    jumped[member == who] += [-25, 20]
    noisy = points + 0.2 * np.random.default_rng(1).normal(size=points.shape)
    found = measure_stability([points, turned(jumped, 2, is_mirrored=True, scale=3), noisy])
    assert found.is_unstable[member == who].all()
    assert not found.is_unstable[member != who].any()
    assert found.moved[member == who].min() > 5 * found.moved[member != who].max()
    assert f"{sizes[who]} of {len(points)} cases" in found.sentence()


def test_the_movement_is_a_share_of_the_maps_size():
    points, member = clusters()
    jumped = points.copy()
    jumped[member == 2, 0] -= 0.5 * map_size(points)
    found = measure_stability([points, jumped])
    assert found.moved[member == 2] == pytest.approx(0.5, abs=0.01)


def test_clusters_that_change_places_are_all_unstable_and_their_insides_do_not_matter():
    points, member = clusters()
    other = points - CENTRES[member] + CENTRES[np.array([1, 0, 3, 2])[member]]
    assert measure_stability([points, other]).is_unstable.mean() > 0.4


def test_a_shuffled_map_is_not_stable():
    points = np.random.default_rng(0).normal(size=(500, 2))
    found = measure_stability([points, points[np.random.default_rng(1).permutation(500)]])
    assert found.is_unstable.mean() > 0.8
    assert "must not be read" in found.sentence()


def test_the_order_of_the_other_maps_and_the_way_the_first_lies_do_not_matter():
    points, _ = clusters()
    maps = [points + np.random.default_rng(seed).normal(size=points.shape) for seed in range(3)]
    found = measure_stability(maps)
    assert np.allclose(found.moved, measure_stability([maps[0], maps[2], maps[1]]).moved, atol=1e-6)
    other = [turned(maps[0], 1, is_mirrored=True, scale=4), *maps[1:]]
    assert np.allclose(found.moved, measure_stability(other).moved, atol=0.01)


def test_the_limit_is_what_decides():
    points, _ = clusters()
    shifted = points + 0.8 * np.random.default_rng(0).normal(size=points.shape)
    found = measure_stability([points, shifted], limit=0.05)
    assert np.array_equal(found.is_unstable, found.moved > 0.05)
    assert 0 < found.is_unstable.sum() < len(points)
    assert "more than 5% of the map's size" in found.sentence()


def test_a_similarity_of_many_points_is_fitted_from_some_and_holds_for_all():
    points = np.random.default_rng(0).normal(size=(20_000, 2))
    fit = fit_similarity(points, turned(points, 3, is_mirrored=True, scale=2))
    assert np.allclose(fit.moved(points), turned(points, 3, is_mirrored=True, scale=2), atol=1e-8)


def test_the_seeds_that_are_compared_begin_with_the_maps_own():
    assert stability_seeds(7) == (7, 8, 9)
    assert max(stability_seeds(2**32 - 1)) < 2**32


@pytest.mark.parametrize(
    ("layouts", "words"),
    [
        ([np.zeros((5, 2))], "expected two or more"),
        ([np.eye(5)[:, :2], np.eye(6)[:, :2]], r"\(6, 2\)"),
        ([np.eye(5)[:, :2], np.full((5, 2), np.nan)], "not finite"),
        ([np.ones((5, 2)), np.eye(5)[:, :2]], "in one place"),
    ],
)
def test_nonsense_is_refused(layouts, words):
    with pytest.raises(ValueError, match=words):
        measure_stability(layouts)


def test_a_map_that_collapses_does_no_harm():
    points, _ = clusters()
    found = measure_stability([points, np.zeros_like(points)])
    assert np.isfinite(found.moved).all()
    assert found.is_unstable.any()
