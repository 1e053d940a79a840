"""Nearest training cases: known answers, scale, copies, and what is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.examples import ExampleImportance, find_nearest
from analysis.figures.example_sheet import SheetFigure, SheetRow, Tile
from analysis.figures.export import draw_file
from analysis.figures.style import FigureStyle
from tests.analysis.latent_tables import table_of, two_clouds
from xaae_core.errors import ExamplesError

LINE = table_of(np.arange(10.0)[:, None] * [1.0, 0.0] + [1.0, 0.0])  # on a line, 1 apart


def test_scores_are_those_of_lfxai_and_the_nearest_comes_first():
    found = find_nearest(np.array([[4.2, 0.0]]), LINE)
    distances = np.abs(np.arange(1, 11) - 4.2)
    np.testing.assert_allclose(found.distances[0], distances)
    np.testing.assert_allclose(found.scores[0], 1 / distances**2)
    assert found.most_important(0, 3).tolist() == [3, 4, 2]
    assert found.train_ids[found.most_important(0, 1)] == ["case 3"]


def test_every_test_row_is_returned():
    z = np.random.default_rng(0).normal(size=(7, 6))
    table = two_clouds()
    found = find_nearest(z, table, ids=[f"new {row}" for row in range(7)])
    assert found.scores.shape == (7, 60)
    for row in range(7):
        alone = find_nearest(z[row], table)
        np.testing.assert_allclose(found.scores[row], alone.scores[0])
    assert found.test_ids.tolist() == [f"new {row}" for row in range(7)]


def test_distances_are_told_in_units_of_the_usual_spacing():
    """On a line 1 apart the 5 nearest of an inner case are at 1, 1, 2, 2, 3."""
    found = find_nearest(np.array([[4.2, 0.0]]), LINE)
    assert 1.8 <= found.spacing <= 2.2
    np.testing.assert_allclose(found.relative(0), found.distances[0] / found.spacing)
    scaled = find_nearest(np.array([[42.0, 0.0]]), table_of(LINE.z * 10))
    np.testing.assert_allclose(scaled.relative(0), found.relative(0))


def test_the_cosine_looks_at_the_direction_alone():
    table = table_of(np.array([[1.0, 0], [0, 1], [-1, 0], [5, 5]]))
    found = find_nearest(np.array([[3.0, 0.1]]), table, metric="cosine")
    assert found.most_important(0, 4).tolist() == [0, 3, 1, 2]
    np.testing.assert_allclose(found.scores[0, 0], 3 / np.hypot(3, 0.1))
    np.testing.assert_allclose(
        find_nearest(np.array([[300.0, 10]]), table, metric="cosine").scores, found.scores, rtol=1e-6
    )


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_case_itself_and_its_copies_are_known(metric):
    z = np.random.default_rng(0).normal(size=(20, 4))
    z[13] = z[5]
    found = find_nearest(z[5] + 1e-7, table_of(z), metric=metric)
    assert found.same(0).tolist() == [5, 13]
    assert np.isfinite(found.scores).all()


def test_equal_scores_keep_the_order_of_the_table():
    found = find_nearest(np.array([[4.0, 0.0]]), LINE)
    assert found.most_important(0, 5).tolist() == [3, 2, 4, 1, 5]
    assert len(found.most_important(0, 99)) == 10


def test_what_cannot_be_compared_is_refused():
    table = two_clouds()
    with pytest.raises(ExamplesError, match="1 training case; neighbours need at least 2"):
        find_nearest(table.z[0], table.rows(np.arange(1)))
    with pytest.raises(ExamplesError, match="z has 3 dimensions, the training cases' 6"):
        find_nearest(np.zeros(3), table)
    with pytest.raises(ExamplesError, match="the explained case"):
        find_nearest(np.full(6, np.nan), table)
    z = table.z.copy()
    z[8, 1] = np.inf
    with pytest.raises(ExamplesError, match="1 training cases, the first: case 8"):
        find_nearest(table.z[0], table_of(z))
    with pytest.raises(ExamplesError, match="have the same z"):
        find_nearest(np.zeros(2), table_of(np.ones((9, 2))))
    with pytest.raises(ExamplesError, match="no cosine"):
        find_nearest(np.zeros(6), table, metric="cosine")
    with pytest.raises(ValueError, match="manhattan"):
        find_nearest(table.z[0], table, metric="manhattan")


def test_a_result_cannot_be_changed_nor_be_of_another_shape():
    found = find_nearest(np.zeros(6), two_clouds())
    for array in (found.scores, found.distances, found.train_ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]
    with pytest.raises(ValueError, match=r"expected \(1, 2\)"):
        ExampleImportance(np.zeros((2, 1)), np.array(["a"]), np.array(["b", "c"]), "none", {})


def test_the_contact_sheet_names_every_case_and_says_what_was_not_found():
    rng = np.random.default_rng(0)
    tiles = [Tile(rng.random((1, 12, 10)), f"id {row}", ("costs $5 $6",)) for row in range(5)] + [Tile(None, "gone")]
    rows = (SheetRow("similar", "Most similar", "distance", tuple(tiles)),)
    figure = SheetFigure(Tile(rng.random((3, 12, 10)), "me"), rows, "a sheet")
    drawn = Image.open(io.BytesIO(draw_file(figure, "png", FigureStyle(dpi=100))))
    assert drawn.width == pytest.approx(183 / 25.4 * 100, abs=1)
    text = draw_file(figure, "svg").decode()
    for words in ("me", "id 4", "costs $5 $6", "gone", "not found", "a sheet"):
        assert words in text
