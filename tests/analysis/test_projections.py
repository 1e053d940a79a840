"""Maps: reproducible, honest about few cases, and right where the answer is known."""

import csv
import io
from importlib.metadata import version

import numpy as np
import pytest
from PIL import Image
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA

from analysis.directions import fit_direction
from analysis.figures.export import draw_file
from analysis.figures.formats import format_of
from analysis.figures.latent_map import MapFigure
from analysis.figures.map_drawing import map_drawing
from analysis.figures.style import FigureStyle
from analysis.projections import project
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import DirectionError, ProjectionError

QUICK = ("pca", "pls", "tsne")


def draw_map(figure: MapFigure, form: str = "png") -> bytes:
    return draw_file(map_drawing([figure]), form, FigureStyle(dpi=72))


@pytest.mark.parametrize("method", QUICK)
def test_the_same_seed_gives_the_same_points_bit_for_bit(method):
    first, second = (project(two_clouds(), method, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)
    assert first.points.shape == (60, 2)
    assert first.points.dtype == np.float32
    assert (first.ids == two_clouds().ids).all()


def test_another_seed_gives_another_t_sne_of_another_start():
    table = two_clouds(dims=1)  # one dimension: a random start
    assert not np.array_equal(project(table, "tsne", seed=0).points, project(table, "tsne", seed=1).points)


@pytest.mark.slow
def test_umap_is_reproducible_and_keeps_two_clouds_apart():
    table = two_clouds(gap=12)
    first, second = (project(table, "umap", seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)
    assert first.quality.trustworthiness > 0.8
    assert_clouds_apart(first.points, table.labels)
    few = project(table.rows(np.arange(6)), "umap")
    assert few.notes == (
        "n_neighbors 15 needs more than 15 cases; 5, the largest value that works, is used for these 6",
    )
    assert np.isfinite(few.points).all()


def assert_clouds_apart(points: np.ndarray, labels: np.ndarray) -> None:
    """Every case's nearest on the map is of its class."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(len(points), np.inf))
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.95


@pytest.mark.parametrize("method", QUICK)
def test_two_clouds_stay_two(method):
    table = two_clouds(gap=12)
    assert_clouds_apart(project(table, method).points, table.labels)


def test_pca_is_scikit_learns_up_to_signs_and_says_how_much_it_shows():
    table = two_clouds()
    made = project(table, "pca")
    theirs = PCA(2).fit(table.z.astype(np.float64))
    np.testing.assert_allclose(np.abs(made.points), np.abs(theirs.transform(table.z)), atol=1e-4)
    assert made.axes[0] == f"PC 1 ({theirs.explained_variance_ratio_[0]:.0%} of the variance)"


def test_pls_first_axis_is_the_directions_score_and_the_second_has_scikit_learns_second_weights():
    table = two_clouds(gap=3)
    made = project(table, "pls", target="yes")
    np.testing.assert_allclose(made.points[:, 0], fit_direction(table, "yes").score(table.z), atol=1e-5)
    fitted = table.split == "train"
    theirs = PLSRegression(2, scale=False).fit(table.z[fitted].astype(float), (table.labels[fitted] == 1).astype(float))
    second = table.z @ theirs.x_weights_[:, 1]
    assert abs(np.corrcoef(made.points[:, 1], second)[0, 1]) == pytest.approx(1, abs=1e-6)
    theirs_and_ours = [points - points.mean(axis=0) for points in (theirs.transform(table.z), made.points)]
    sizes = np.linalg.svd(np.hstack(theirs_and_ours), compute_uv=False)
    assert sizes[2] < 1e-4 * sizes[1]  # both maps show the same plane, theirs sheared


def test_pls_takes_a_number_and_turns_with_the_class():
    table = two_clouds()
    assert project(table, "pls", target="severity").axes[0] == "towards severity (SD)"
    yes, no = (project(table, "pls", target=name).points[:, 0] for name in ("yes", "no"))
    np.testing.assert_allclose(yes, -no, atol=1e-5)
    with pytest.raises(DirectionError, match="purple"):
        project(table, "pls", target="purple")


def test_a_model_of_numbers_has_maps_too():
    table = numbers_table()
    made = project(table, "pls")
    assert made.parameters["target"] == "grade"
    rows = list(csv.DictReader(map_drawing([MapFigure(made, table)]).numbers().splitlines()))
    assert float(rows[3]["label"]) == pytest.approx(table.columns["grade"][3], rel=1e-4)
    assert float(rows[3]["prediction"]) == pytest.approx(table.predicted[3], rel=1e-4)
    assert draw_map(MapFigure(made, table)).startswith(b"\x89PNG")


@pytest.mark.parametrize("n", [4, 5, 11])
@pytest.mark.parametrize("method", QUICK)
def test_few_cases_are_mapped_with_what_works(method, n):
    made = project(two_clouds().rows(np.arange(n)), method)
    assert np.isfinite(made.points).all()
    assert made.quality.k == min(10, (n - 1) // 2)
    if method == "tsne":
        assert made.parameters["perplexity"] == pytest.approx((n - 1) / 3)
        assert made.notes == (
            f"perplexity 30 needs at least 91 cases; {(n - 1) / 3:.3g}, the largest value that works, is used for "
            f"these {n}",
        )


def test_what_cannot_be_mapped_is_refused_with_the_reason():
    table = two_clouds()
    with pytest.raises(ProjectionError, match="3 cases; a map needs at least 4"):
        project(table.rows(np.arange(3)), "pca")
    z = table.z.copy()
    z[[7, 9], 2] = np.nan
    with pytest.raises(ProjectionError, match="z is not finite for 2 of 60 cases, the first: case 7, case 9"):
        project(table_of(z), "tsne")
    with pytest.raises(ProjectionError, match="all 8 cases have the same z"):
        project(table_of(np.ones((8, 3))), "pca")
    with pytest.raises(ValueError, match="mds"):
        project(table, "mds")
    with pytest.raises(ValueError, match="perplexity=0"):
        project(table, "tsne", perplexity=0)


@pytest.mark.parametrize("method", QUICK)
def test_identical_cases_beside_others_do_no_harm(method):
    z = np.concatenate([np.zeros((10, 4)), np.random.default_rng(0).normal(size=(10, 4))])
    assert np.isfinite(project(table_of(z, np.arange(20) % 2), method).points).all()


def test_a_projection_cannot_be_changed_and_leaves_its_maker_alone():
    table = two_clouds()
    made = project(table, "pca")
    for array in (made.points, made.ids, made.quality.kept):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(TypeError):
        made.parameters["seed"] = 1


def test_the_caption_says_method_settings_seed_and_quality():
    made = project(two_clouds(), "tsne", seed=4, perplexity=5)
    assert made.caption().startswith(
        f"t-SNE of 60 cases (perplexity 5, implementation openTSNE {version('openTSNE')}, "
        "Barnes-Hut, seed 4); at 10 neighbours"
    )
    assert f"{made.quality.trustworthiness:.3f}" in made.caption()


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_map_is_drawn_in_each_format_the_same_bytes_each_time(form, start):
    table = two_clouds()
    figure = MapFigure(project(table, "pca"), table, title="costs $5 and $6")
    first, second = (draw_map(figure, form) for _ in range(2))
    assert first.startswith(start)
    assert first == second


def test_the_text_of_an_svg_stays_text_and_names_the_classes_with_their_counts():
    table = two_clouds()
    drawn = draw_map(MapFigure(project(table, "pca"), table), "svg").decode()
    for words in ("no (30)", "yes (30)", "trustworthiness"):
        assert words in drawn


def test_a_column_of_numbers_colours_the_points_with_a_colour_bar():
    table = two_clouds()
    made = project(table, "pca")
    by_class, by_number = (
        np.asarray(Image.open(io.BytesIO(draw_map(MapFigure(made, table, name))))) for name in ("", "severity")
    )
    assert not np.array_equal(by_class, by_number)
    assert "severity" in draw_map(MapFigure(made, table, "severity"), "svg").decode()


def test_500_classes_are_drawn_as_the_largest_and_the_rest():
    z = np.random.default_rng(0).normal(size=(500, 3))
    table = table_of(z)
    many = type(table)(
        **{
            **{name: getattr(table, name) for name in ("z", "ids", "paths", "split")},
            "labels": np.arange(500),
            "probabilities": np.empty((500, 0), np.float32),
            "classes": tuple(f"class {index}" for index in range(500)),
        }
    )
    assert "other (488)" in draw_map(MapFigure(project(many, "pca"), many), "svg").decode()


def test_a_map_of_other_cases_is_refused():
    table = two_clouds()
    with pytest.raises(ValueError, match="60 points, the table 10 cases"):
        MapFigure(project(table, "pca"), table.rows(np.arange(10)))


def test_an_unknown_ending_is_refused():
    assert format_of("a/B.PDF") == "pdf"
    with pytest.raises(ValueError, match=r"\.jpeg"):
        format_of("a.jpeg")
