"""Figures of maps: every case is drawn once in its colour, one legend, and what is said under them is true."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from analysis.case_columns import groups, numbers
from analysis.directions import fit_direction
from analysis.figures.density_map import MOST_POINTS, density_image, extent_of, share_image
from analysis.figures.export import draw_file
from analysis.figures.latent_map import MapFigure
from analysis.figures.map_drawing import map_drawing
from analysis.figures.point_colours import COLOURS, GREY, column_named, point_colours
from analysis.figures.style import FigureStyle
from analysis.map_arrows import direction_arrows
from analysis.projections import Projection, project
from analysis.score_flow import score_flow
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.latents import LatentTable


def bent(table: LatentTable, seed: int = 0) -> Projection:
    """A map as UMAP would hand it back, made at once."""
    return replace(
        project(table, "pca"), method="umap", plane=None, axes=("UMAP 1", "UMAP 2"), seed=seed,
        parameters={"n_neighbors": 15},
    )  # fmt: skip


def svg_of(*figures: MapFigure) -> str:
    return draw_file(map_drawing(figures), "svg").decode()


def words_of(svg: str) -> str:
    return " ".join(re.findall(r">([^<>]+)</text>", svg))


def n_drawn(svg: str, colour: str, what: str = "fill") -> int:
    """Marks of a colour, drawn by reference or, where there is one of a kind, as a path."""
    return len(re.findall(rf'(?:<use [^>]*|clip-path="[^"]*" )style="[^"]*{what}: {colour}', svg, flags=re.IGNORECASE))


def test_every_case_is_drawn_once_in_the_colour_of_its_class():
    table = table_of(two_clouds(40).z, np.arange(40) % 4 == 0)  # 30 no, 10 yes
    svg = svg_of(MapFigure(bent(table), table))
    assert n_drawn(svg, COLOURS[0]) == 30 + 1  # and once in the legend
    assert n_drawn(svg, COLOURS[1]) == 10 + 1
    assert "no (30)" in words_of(svg)
    assert "yes (10)" in words_of(svg)


def test_two_maps_have_one_legend_and_letters():
    table = two_clouds(40)
    svg = svg_of(MapFigure(bent(table), table), MapFigure(project(table, "pca"), table))
    assert n_drawn(svg, COLOURS[0]) == 2 * 20 + 1
    assert words_of(svg).count("yes (20)") == 1
    for part in ("(i) UMAP", "(ii) PCA", "(i) UMAP of 40 cases", "PC 1"):
        assert part in words_of(svg)


def test_selected_cases_keep_their_colour_and_the_rest_stay_in_grey():
    table = two_clouds(40)
    selected = np.arange(40) < 8
    svg = svg_of(
        MapFigure(bent(table), table, is_selected=selected), MapFigure(bent(table), table, is_selected=selected)
    )
    assert n_drawn(svg, COLOURS[0]) == 2 * 4 + 1
    assert n_drawn(svg, "#e0e0e0") == 2 * 32 + 1  # greyed, never hidden
    assert "yes (4 / 20)" in words_of(svg)
    assert "8 of 40 cases are selected" in words_of(svg)


def test_placed_cases_are_rings_and_doubtful_ones_crosses():
    table = two_clouds(40)
    placed, doubtful = np.arange(40) < 6, np.arange(40) >= 30
    figure = MapFigure(replace(bent(table), placed=placed), table, is_doubtful=doubtful)
    svg = svg_of(figure)
    assert n_drawn(svg, COLOURS[0], "fill: none; stroke") == 3
    assert n_drawn(svg, COLOURS[0]) == 20 - 3 - 5 + 1
    for part in ("placed afterwards (6)", "place says little (10)", "Crosses: cases with a place that says little"):
        assert part in words_of(svg)
    assert "(UMAP 10, UMAP 10)" in words_of(svg_of(figure, figure))
    rows = list(csv.DictReader(map_drawing([figure]).numbers().splitlines()))
    assert [row["placed"] for row in rows][4:8] == ["yes", "yes", "no", "no"]
    assert [row["place_says_little"] for row in rows][28:32] == ["no", "no", "yes", "yes"]


def test_the_caption_holds_what_a_reader_needs_to_repeat_and_to_doubt_it():
    table = two_clouds(60, gap=2.0)
    direction = fit_direction(table, n_permutations=199)
    pls = project(table, "pls", seed=3)
    svg = svg_of(
        MapFigure(pls, table, arrows=direction_arrows(pls, table, [direction]), direction=direction),
        MapFigure(
            bent(table, 7), table, flow=score_flow(bent(table).points, direction.score(table.z)), direction=direction
        ),
    )
    words = words_of(svg)
    expected = (
        "seed 3", "seed 7", "n neighbors 15", "trustworthiness", "Coloured by label", "Direction towards yes (PLS,",
        f"AUROC {direction.quality:.3f}", "p = 0.005 (199 shuffles)", f"within {direction.cone_degrees:.0f}° in z",
        f"yes ± {direction.cone_degrees:.0f}°", "2 SD along a direction", "The score of yes",
    )  # fmt: skip
    for part in expected:
        assert part in words
    assert words.count("Direction towards yes") == 1
    assert "noise" not in words


def test_a_direction_that_could_be_noise_is_dashed_and_says_so():
    rng = np.random.default_rng(2)
    table = table_of(rng.normal(size=(60, 8)), rng.permutation(np.arange(60) % 2))
    direction = fit_direction(table, n_permutations=199)
    assert direction.could_be_noise
    pca = project(table, "pca")
    svg = svg_of(MapFigure(pca, table, arrows=direction_arrows(pca, table, [direction]), direction=direction))
    assert "stroke-dasharray" in svg
    assert "it could be noise" in words_of(svg)
    assert "dashed: could be noise" in words_of(svg)


def test_the_flow_is_drawn_where_it_means_something():
    table = two_clouds(300)
    projection = bent(table)
    plain, steep, flat = (
        svg_of(MapFigure(projection, table, flow=flow))
        for flow in (
            None,
            score_flow(projection.points, projection.points[:, 0]),
            score_flow(projection.points, np.random.default_rng(0).normal(size=300)),
        )
    )
    assert steep.count("<path") > plain.count("<path") + 20
    assert flat.count("<path") < steep.count("<path") - 20
    assert "does not follow this map" in words_of(flat)


def test_numbers_have_a_scale_and_what_is_not_known_is_grey():
    table = numbers_table()
    values = table.columns[table.target_name].copy()
    values[:5] = np.nan
    svg = svg_of(MapFigure(bent(table), table, column=numbers("age", values)))
    assert n_drawn(svg, GREY) == 5 + 1
    assert "not known (5)" in words_of(svg)
    assert "age" in words_of(svg)


def test_scores_are_coloured_around_zero():
    colours = point_colours(numbers("score: ill", np.linspace(-1, 3, 50)))
    assert colours.is_diverging
    assert colours.low == -colours.high
    assert not point_colours(numbers("age", np.linspace(-1, 3, 50))).is_diverging
    middle = replace(colours, values=np.zeros(50)).rgb()[0]
    assert np.ptp(middle) < 0.02  # neutral


def test_of_too_many_groups_the_largest_keep_a_colour():
    codes = np.concatenate([np.arange(30), np.repeat(np.arange(5, 17), 4)])
    colours = point_colours(groups("site", codes, tuple(f"site {code}" for code in range(30))))
    assert colours.groups == tuple(f"site {code}" for code in range(5, 17))
    assert colours.rest == "other"
    assert (colours.codes < 0).sum() == 18
    assert len(set(COLOURS)) == len(COLOURS) == 12


def test_the_palette_of_a_screen_is_kept():
    table = two_clouds(20)
    figure = MapFigure(bent(table), table, palette=("#123456", "#abcdef"))
    assert n_drawn(svg_of(figure), "#abcdef") == 10 + 1
    with pytest.raises(ValueError, match="1 colours for the 2 groups of label"):
        map_drawing([replace(figure, palette=("#123456",))])


def large(n: int = MOST_POINTS + 1) -> LatentTable:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    z = rng.normal(size=(n, 2)) + np.outer(labels, (6, 0))
    return table_of(z, labels)


def quick(table: LatentTable) -> Projection:
    """The first two latent dimensions as a map: nothing is measured."""
    return replace(project(table, "pca", rate=False), points=np.asarray(table.z[:, :2]), method="tsne", plane=None)


def test_many_points_are_a_picture_under_axes_that_stay_vectors():
    table = large(30_000)
    figure = MapFigure(quick(table), table, is_doubtful=table.z[:, 0] > 5)
    svg = svg_of(figure)
    assert svg.count("<image") == 1
    assert svg.count("<use") < 60
    assert len(svg) < 700_000
    for part in (
        "no (15,000)",
        "yes",
        "PC 1",
        "Hatched where",
    ):
        assert part in words_of(svg)
    assert draw_file(map_drawing([figure]), "pdf").startswith(b"%PDF")


def test_the_picture_has_the_colours_of_its_points():
    table = large()
    points, colours = np.asarray(table.z[:, :2]), point_colours(column_named(table))
    extent = extent_of(points)
    image = density_image(points, colours, extent, n_pixels=64)
    left, right, bottom, top = extent
    across = ((points[:, 0] - left) / (right - left) * 64).astype(int)
    up = ((points[:, 1] - bottom) / (top - bottom) * 64).astype(int)
    filled = np.zeros((64, 64), bool)
    filled[up, across] = True
    np.testing.assert_array_equal(image[..., 3] > 0, filled)  # a case is seen, and nothing else
    for label, colour in enumerate(colours.colours):
        pure = filled.copy()
        pure[up[table.labels != label], across[table.labels != label]] = False
        assert pure.any()
        expected = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert np.abs(image[pure][:, :3].astype(int) - expected).max() <= 1
    busiest = np.unravel_index(np.bincount(up * 64 + across).argmax(), (64, 64))
    assert image[busiest][3] == image[..., 3].max() == 255


def test_the_picture_does_not_depend_on_the_order_of_the_cases():
    table = large(12_000)
    order = np.random.default_rng(1).permutation(12_000)
    other = table.rows(order)
    images = [
        density_image(np.asarray(each.z[:, :2]), point_colours(column_named(each)), extent_of(table.z[:, :2]))
        for each in (table, other)
    ]
    assert np.abs(images[0].astype(int) - images[1]).max() <= 1


def test_selected_cases_are_seen_among_a_million():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1_000_000, 2)).astype(np.float32)
    colours = point_colours(groups("label", np.zeros(1_000_000, int), ("all",)))
    one = np.zeros(1_000_000, bool)
    one[7] = True
    extent = (-5.0, 5.0, -5.0, 5.0)
    image = density_image(points, colours, extent, n_pixels=100, is_selected=one)
    column, row = ((points[7] + 5) * 10).astype(int)
    rest = np.delete(image.reshape(-1, 4), row * 100 + column, axis=0)
    assert np.ptp(image[row, column][:3].astype(int)) > 60  # a colour
    assert np.ptp(rest[rest[:, 3] > 0][:, :3].astype(int), axis=1).max() <= 1  # greys


def test_shares_are_those_of_the_points_in_each_pixel():
    points = np.array([[0.5, 0.5], [0.6, 0.4], [1.5, 0.5], [1.5, 1.5]], np.float32)
    share = share_image(points, np.array([True, False, True, False]), (0.0, 2.0, 0.0, 2.0), n_pixels=2)
    np.testing.assert_array_equal(share, [[0.5, 1.0], [0.0, 0.0]])


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(form):
    table = two_clouds(30)
    figure = MapFigure(bent(table), table, is_doubtful=np.arange(30) > 20)
    first, second = (draw_file(map_drawing((figure, figure)), form, FigureStyle(dpi=72)) for _ in range(2))
    assert first == second


def test_the_width_is_the_one_asked_for():
    table = two_clouds(30)
    drawing = map_drawing([MapFigure(bent(table), table)] * 2)
    picture = Image.open(io.BytesIO(draw_file(drawing, "png", FigureStyle(width_mm=127, dpi=100))))
    assert picture.width == 500


def test_what_does_not_belong_together_is_refused():
    table, other = two_clouds(30), two_clouds(30)
    projection = bent(table)
    stranger = MapFigure(replace(bent(other), ids=np.array([f"x{row}" for row in range(30)])), other)
    with pytest.raises(ValueError, match="2 maps; expected 1 to 8 of the same cases"):
        map_drawing([MapFigure(projection, table), stranger])
    with pytest.raises(ValueError, match="0 maps"):
        map_drawing([])
    with pytest.raises(ValueError, match="is_selected': 5"):
        MapFigure(projection, table, is_selected=np.ones(5, bool))
    with pytest.raises(ValueError, match='no column "colour"; expected one of label, '):
        map_drawing([MapFigure(projection, table, "colour")])
