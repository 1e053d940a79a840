"""Two maps held against each other: what they share, what of it is real, and the sentence that says so."""

import dataclasses

import numpy as np
import pytest

from analysis.map_agreement import compare_maps
from analysis.neighbours import find_neighbours
from analysis.projections import Projection, rate
from xaae_core.errors import ProjectionError

Z = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)


def as_map(points: np.ndarray, method: str = "umap", seed: int = 0) -> Projection:
    """Points as a map whose quality was not measured."""
    ids = np.array([f"case {row}" for row in range(len(points))])
    return Projection(points.astype(np.float32), ids, method, {}, seed, None, ("x", "y"))


def test_a_turned_map_agrees_wholly_and_everything_on_it_is_real():
    turned = Z @ np.array([[0.0, -3.0], [3.0, 0.0]])
    found = compare_maps(as_map(Z), as_map(turned, "tsne"), Z)
    assert (found.shared == 1).all()
    assert found.mean_shared == found.real_if_shared == 1
    assert "100% of the neighbours on the UMAP map are real, 100% of those on the t-SNE map" in found.sentence()


def test_a_shuffled_map_shares_what_chance_gives():
    shuffled = Z[np.random.default_rng(1).permutation(300)]
    found = compare_maps(as_map(Z), as_map(shuffled, "tsne"), Z)
    assert found.by_chance == pytest.approx(10 / 299)
    assert found.mean_shared == pytest.approx(found.by_chance, abs=0.02)
    assert found.first_kept.mean() == 1
    assert found.second_kept.mean() < 0.1


def test_the_share_is_counted_case_by_case_and_both_ways_round():
    rng = np.random.default_rng(2)
    first, second = Z + 0.3 * rng.normal(size=Z.shape), Z + 0.3 * rng.normal(size=Z.shape)
    found = compare_maps(as_map(first), as_map(second, "tsne"), Z, k=7)
    for row in (0, 123):
        near = [
            set(np.argsort(np.linalg.norm(points - points[row], axis=1))[1:8].tolist())
            for points in (first.astype(np.float32), second.astype(np.float32))
        ]
        assert found.shared[row] == pytest.approx(len(near[0] & near[1]) / 7)
    other_way = compare_maps(as_map(second, "tsne"), as_map(first), Z, k=7)
    assert np.array_equal(found.shared, other_way.shared)
    assert other_way.titles == ("t-SNE", "UMAP")


def test_what_two_maps_agree_on_is_more_often_real_than_what_one_shows():
    rng = np.random.default_rng(3)
    first, second = (Z + 0.3 * rng.normal(size=Z.shape) for _ in range(2))
    found = compare_maps(as_map(first), as_map(second, "tsne"), Z, neighbours=find_neighbours(Z, 15))
    assert found.real_if_shared > max(found.first_kept.mean(), found.second_kept.mean()) + 0.1


def test_a_quality_that_was_measured_is_used():
    rated = rate(as_map(Z), Z)
    assert rated.quality is not None
    assert compare_maps(rated, as_map(Z[::-1], "tsne"), Z).first_kept.base is rated.quality.kept.base


def test_few_cases_say_what_chance_would_give_and_equal_methods_are_told_apart():
    few = compare_maps(as_map(Z[:20]), as_map(Z[:20], seed=4), Z[:20])
    assert few.k == 9
    assert "would be chance" in few.sentence()
    assert few.titles == ("UMAP (seed 0)", "UMAP (seed 4)")
    assert compare_maps(as_map(Z), as_map(Z), Z).titles == ("first UMAP", "second UMAP")


def test_maps_of_other_cases_are_refused():
    with pytest.raises(ProjectionError, match="300 cases and the t-SNE map 299"):
        compare_maps(as_map(Z), as_map(Z[1:], "tsne"), Z)
    swapped = dataclasses.replace(as_map(Z), ids=as_map(Z).ids[::-1])
    with pytest.raises(ProjectionError, match="not the same ones in the same order"):
        compare_maps(as_map(Z), swapped, Z)
    with pytest.raises(ValueError, match="299 latent vectors"):
        compare_maps(as_map(Z), as_map(Z), Z[1:])
