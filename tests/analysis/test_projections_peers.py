"""The maps are those of the libraries they come from: as good, and equal where the same is computed."""

import warnings

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from analysis.directions import fit_direction
from analysis.map_quality import measure_map
from analysis.neighbours import find_neighbours, nearest_among
from analysis.projections import Method, project
from analysis.projections.umap_map import place_by_umap, umap_class
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable


def digits(n: int = 700) -> np.ndarray:
    return load_digits().data[:n].astype(np.float32)


def three_classes(n: int = 90) -> LatentTable:
    rng = np.random.default_rng(2)
    labels = np.arange(n) % 3
    z = rng.normal(size=(n, 5)) + 4 * np.eye(5)[labels]
    table = table_of(z)
    return type(table)(
        z=table.z, ids=table.ids, paths=table.paths, split=table.split, labels=labels,
        probabilities=np.empty((n, 0), np.float32), classes=("a", "b", "c"),
    )  # fmt: skip


@pytest.mark.slow
def test_umap_is_as_trustworthy_as_umap_learns_own() -> None:
    z = digits()
    theirs = umap_class()(random_state=0, n_jobs=1).fit_transform(z)
    ours = project(table_of(z), "umap")
    assert ours.measured.trustworthiness == pytest.approx(measure_map(z, theirs).trustworthiness, abs=0.01)
    assert ours.measured.kept.mean() == pytest.approx(measure_map(z, theirs).kept.mean(), abs=0.03)


def test_placing_on_a_umap_is_umap_learns_transform() -> None:
    z, new = digits()[:600], digits()[600:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = umap_class()(random_state=0, n_jobs=1, transform_seed=7).fit(z)
        theirs = model.transform(new)
        other = model.set_params(transform_seed=8).transform(new)
    found = nearest_among(new, z, 15)
    ours = place_by_umap(model.embedding_, *found, min_dist=0.1, seed=7, report=lambda done, everything: None)
    apart, by_chance = (np.linalg.norm(these - theirs, axis=1) for these in (ours, other))
    assert (apart == 0).mean() > 0.2, "those that start at the same bits end at the same bits"
    assert np.median(apart) <= np.median(by_chance)
    assert np.median(by_chance) < 0.05 * np.ptp(model.embedding_)


def test_t_sne_is_as_trustworthy_as_scikit_learns() -> None:
    z = digits()
    theirs = TSNE(random_state=0).fit_transform(z)
    ours = project(table_of(z), "tsne")
    assert ours.measured.trustworthiness == pytest.approx(measure_map(z, theirs).trustworthiness, abs=0.005)
    assert ours.measured.kept.mean() == pytest.approx(measure_map(z, theirs).kept.mean(), abs=0.03)


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_the_number_of_threads_changes_no_bit(method: Method) -> None:
    points = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            points.append(project(table_of(digits(200)), method, rate=False).points)
    np.testing.assert_array_equal(points[0], points[1])


def test_known_neighbours_give_the_same_map_as_found_ones() -> None:
    table = two_clouds()
    graph = find_neighbours(table.z, 59)
    np.testing.assert_array_equal(
        project(table, "tsne", perplexity=10, neighbours=graph).points, project(table, "tsne", perplexity=10).points
    )
    too_few = graph.nearest(3)
    np.testing.assert_array_equal(
        project(table, "tsne", perplexity=10, neighbours=too_few).points, project(table, "tsne", perplexity=10).points
    )


@pytest.mark.parametrize(
    ("method", "target", "table"),
    [
        ("pca", None, two_clouds()),
        ("pls", "yes", two_clouds()),
        ("pls", "severity", two_clouds()),
        ("pls", None, numbers_table()),
        ("pls", None, three_classes()),
    ],
)
def test_a_linear_map_is_its_plane(method: Method, target: str | None, table: LatentTable) -> None:
    made = project(table, method, target=target)
    assert made.plane is not None
    by_hand = (table.z.astype(np.float64) - made.plane.centre) @ made.plane.weights
    np.testing.assert_allclose(made.points, by_hand, rtol=1e-6, atol=1e-6)
    assert project(two_clouds(), "tsne", rate=False).plane is None


def test_more_than_two_classes_get_the_plane_of_scikit_learns_pls() -> None:
    table = three_classes()
    made = project(table, "pls")
    fitted = table.split == "train"
    theirs = PLSRegression(2, scale=False, tol=1e-12, max_iter=5000)
    theirs.fit(table.z[fitted].astype(float), np.eye(3)[table.labels[fitted]])
    assert made.plane is not None
    for axis in (0, 1):
        own = made.plane.weights[:, axis] / np.linalg.norm(made.plane.weights[:, axis])
        assert abs(own @ theirs.x_weights_[:, axis]) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(made.points[fitted].std(axis=0), 1, rtol=1e-5)
    assert "3 classes" in made.axes[0]
    assert "target" not in made.parameters
    one_target = project(table, "pls", target="b")
    np.testing.assert_allclose(one_target.points[:, 0], fit_direction(table, "b").score(table.z), atol=1e-5)


def test_one_class_of_three_makes_no_plane() -> None:
    table = three_classes()
    with pytest.raises(DirectionError, match="1 of the 3 classes"):
        project(table.rows(table.labels == 1), "pls")


@pytest.mark.parametrize("method", ["pca", "tsne", "umap", "pls"])
def test_latents_of_one_dimension_and_mostly_identical_ones_make_a_map(method: Method) -> None:
    rng = np.random.default_rng(0)
    line = rng.normal(size=(60, 1))
    crowd = np.concatenate([np.ones((50, 4)), rng.normal(size=(10, 4))])
    for z in (line, crowd):
        made = project(table_of(z, np.arange(60) % 2), method)
        assert np.isfinite(made.points).all()
        again = project(table_of(z, np.arange(60) % 2), method)
        np.testing.assert_array_equal(made.points, again.points)
