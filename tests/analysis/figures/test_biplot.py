"""The PLS biplot: its plane and its arrow are those of the direction, its words and numbers those of the drawing."""

import csv
import io
import math
import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression

from analysis.directions import fit_direction
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.biplot import fit_biplot
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.legibility import smallest_text
from analysis.figures.style import FigureStyle, style_for
from analysis.provenance import Provenance
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.case_tokens import case_token
from xaae_core.errors import DirectionError, ProjectionError

SMALL = FigureStyle(dpi=72)
SVG = "{http://www.w3.org/2000/svg}"


def test_the_first_axis_is_the_directions_score_and_the_arrow_its_projection() -> None:
    table = two_clouds(120, gap=2.0)
    direction = fit_direction(table, n_permutations=199)
    drawn = fit_biplot(table, direction=direction)
    np.testing.assert_allclose(drawn.points[:, 0], direction.score(table.z), atol=1e-5)
    np.testing.assert_allclose(drawn.arrow.start, (0, 0), atol=1e-9)
    np.testing.assert_allclose(drawn.arrow.end, (2, 0), atol=1e-9)


def test_a_direction_of_several_components_lies_askew_as_it_does_in_the_plane() -> None:
    table = two_clouds(120, gap=2.0)
    direction = fit_direction(table, n_components=3)
    drawn = fit_biplot(table, direction=direction)
    ends = np.stack([direction.centre, direction.centre + 2 * direction.scale * direction.vector])
    moved = replace(two_clouds(4), z=np.vstack([ends, ends]).astype(np.float32))
    places = fit_biplot(moved, direction=direction, fitted=table).points
    np.testing.assert_allclose([drawn.arrow.start, drawn.arrow.end], places[:2], atol=1e-4)
    assert abs(drawn.arrow.end[1]) > 1e-3


def test_the_plane_is_that_of_scikit_learns_pls() -> None:
    table = two_clouds(200, gap=1.5)
    train = table.split == "train"
    model = PLSRegression(2, scale=False).fit(table.z[train], (table.labels[train] == 1).astype(float))
    own, theirs = fit_biplot(table).points.astype(np.float64), model.transform(table.z)
    for axis in range(2):  # each of our axes is a mixture of theirs, up to a shift: the planes are one
        left = np.linalg.lstsq(np.column_stack([theirs, np.ones(len(theirs))]), own[:, axis], rcond=None)[1]
        assert left[0] / len(own) < 1e-8


def test_the_shares_are_those_of_the_variance_and_of_the_target() -> None:
    table = two_clouds(400, dims=4, gap=5.0)
    drawn = fit_biplot(table, fitted=replace(table, split=np.array(["train"] * 400)))
    direction = fit_direction(table, fit_split=None)
    along = (table.z.astype(np.float64) @ direction.vector).var() / table.z.var(axis=0, dtype=np.float64).sum()
    assert drawn.shares[0] == pytest.approx(along, rel=1e-3)
    assert 0 <= drawn.shares[1] <= 1 - drawn.shares[0]
    scores = direction.score(table.z)
    assert drawn.explained == pytest.approx(np.corrcoef(scores, table.labels)[0, 1] ** 2, rel=1e-3)
    assert f"{drawn.explained:.0%} of the variance of the target" in drawn.caption()
    assert f"{drawn.shares[0]:.0%} of the variance of z" in draw_file(drawn, "svg", SMALL).decode()


def test_numbers_and_new_cases_have_a_biplot_too() -> None:
    drawn = fit_biplot(numbers_table(), "grade")
    assert drawn.target == "grade"
    assert drawn.explained > 0.5
    new = two_clouds(20, seed=5)
    assert len(fit_biplot(new, fitted=two_clouds(60)).points) == 20


def test_what_has_no_direction_has_no_biplot() -> None:
    with pytest.raises(DirectionError, match="purple"):
        fit_biplot(two_clouds(), "purple")
    with pytest.raises(DirectionError, match="every case has the same"):
        fit_biplot(table_of(np.random.default_rng(0).normal(size=(40, 4)), np.zeros(40)))
    with pytest.raises(ProjectionError, match="latent dimensions"):
        fit_biplot(two_clouds(), direction=fit_direction(two_clouds(dims=5)))


def test_a_direction_that_could_be_noise_is_dashed_and_says_so() -> None:
    rng = np.random.default_rng(2)
    noise = table_of(rng.normal(size=(60, 8)), rng.permutation(np.arange(60) % 2))
    direction = fit_direction(noise, n_permutations=199)
    assert direction.could_be_noise
    drawn = fit_biplot(noise, direction=direction)
    assert "it could be noise" in drawn.caption()
    assert b"stroke-dasharray" in draw_file(drawn, "svg", SMALL)
    assert b"stroke-dasharray" not in draw_file(fit_biplot(two_clouds()), "svg", SMALL)


def test_it_has_one_arrow_a_colour_bar_and_words_that_stay_text() -> None:
    svg = draw_file(fit_biplot(two_clouds(1_200)), "svg", style_for("nature", "single", dpi=72))
    words = [" ".join("".join(part.itertext()).split()) for part in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    for text in ("towards yes", "score on PLS component 1 (SD)", "PLS of z against yes"):
        assert text in words
    assert len(list(ElementTree.fromstring(svg).iter(f"{SVG}image"))) >= 1  # the points


@pytest.mark.parametrize("n", [60, 10_001])
@pytest.mark.parametrize("is_greyscale", [False, True])
@pytest.mark.parametrize("width", [40.0, 89.0, 183.0])
def test_it_is_legible_at_every_width(n: int, is_greyscale: bool, width: float) -> None:
    drawn = fit_biplot(two_clouds(n), direction=fit_direction(two_clouds(60)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw_file(drawn, "svg", FigureStyle(width_mm=width, is_greyscale=is_greyscale, dpi=72))
    assert smallest_text(svg, "svg") >= 5


def test_its_numbers_are_the_drawn_ones_and_name_no_case() -> None:
    table = two_clouds(30)
    drawn = fit_biplot(table)
    rows = list(csv.DictReader(io.StringIO(drawn.numbers())))
    assert [row["case"] for row in rows] == [case_token(case) for case in table.ids.tolist()]
    shown = [(float(row["component_1"]), float(row["component_2"])) for row in rows]
    np.testing.assert_allclose(shown, drawn.points, rtol=1e-5, atol=1e-6)
    assert isinstance(drawn, Drawing)


def test_a_kept_biplot_draws_the_same_bytes() -> None:
    figure = Figure(fit_biplot(two_clouds(60)), Provenance(kind="biplot"))
    (again,) = read_archive(write_archive([figure]))
    assert draw_file(again.drawing, "svg", SMALL) == draw_file(figure.drawing, "svg", SMALL)


def test_cases_of_one_score_do_no_harm() -> None:
    table = two_clouds(30)
    same = replace(table, z=np.repeat(table.z[:1], 30, axis=0))
    drawn = fit_biplot(same, fitted=table)
    assert not math.isnan(drawn.explained)
    assert draw_file(drawn, "png", SMALL).startswith(b"\x89PNG")
