"""Maps as drawings: each point at its place, each case in the legend, text that stays text, colours that stay apart."""

import csv
import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.case_columns import groups, numbers
from analysis.directions import fit_direction
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.density_map import MOST_POINTS
from analysis.figures.export import draw_file, export_figure
from analysis.figures.figure import Drawing, Figure
from analysis.figures.latent_map import MapFigure, prediction_of, predictions_of, truth_of, truths_of
from analysis.figures.legibility import smallest_text
from analysis.figures.map_drawing import MapDrawing, map_drawing
from analysis.figures.map_layers import MOST_VECTORS
from analysis.figures.map_sizes import MapSizes
from analysis.figures.panels import combine_figures
from analysis.figures.point_colours import COLOURS, point_colours
from analysis.figures.style import FigureStyle, style_for
from analysis.map_arrows import direction_arrows
from analysis.projections import project
from analysis.provenance import Provenance
from tests.analysis.colour_sight import CONDITIONS, distances
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from tests.analysis.test_map_figures import bent, large, quick
from xaae_core.case_tokens import case_token
from xaae_core.latents import LatentTable

SVG = "{http://www.w3.org/2000/svg}"
SINGLE = style_for("nature", "single", dpi=100)
SMALL = FigureStyle(dpi=72)


def both(table: LatentTable, **further: Any) -> MapDrawing:
    """A bent map and a plane with its arrow."""
    direction = fit_direction(table, n_permutations=199)
    pls = project(table, "pls")
    arrows = direction_arrows(pls, table, [direction])
    return map_drawing(
        [MapFigure(bent(table), table, **further), MapFigure(pls, table, arrows=arrows, direction=direction, **further)]
    )


def texts_of(svg: bytes) -> list[str]:
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def marks_of(svg: bytes, axes: int) -> NDArray[np.float64]:
    """Where the points of one of the axes are drawn [N, 2], in the SVG's units."""
    root = ElementTree.fromstring(svg)
    frames = [group for group in root.iter(f"{SVG}g") if re.fullmatch(r"axes_\d+", group.get("id", ""))]
    places = [
        (float(mark.get("x", 0)), float(mark.get("y", 0)))
        for cloud in frames[axes].iter(f"{SVG}g")
        if cloud.get("id", "").startswith("PathCollection")
        for mark in cloud.iter(f"{SVG}use")
    ]
    return np.array(places)


def n_images(svg: bytes) -> int:
    return len(list(ElementTree.fromstring(svg).iter(f"{SVG}image")))


@pytest.mark.parametrize("style", [SMALL, SINGLE], ids=["double", "single"])
def test_every_point_lies_where_the_map_puts_it_in_one_scale_for_both_axes(style: FigureStyle) -> None:
    table = two_clouds(300)
    drawing = both(table)
    svg = draw_file(drawing, "svg", style)
    for number, drawn in enumerate(drawing.maps):
        found = marks_of(svg, number)
        assert len(found) == len(table)
        points = drawn.points.astype(np.float64)
        scale = np.ptp(found[:, 0]) / np.ptp(points[:, 0])
        assert np.ptp(found[:, 1]) / np.ptp(points[:, 1]) == pytest.approx(scale, rel=1e-3)
        expected = points * (scale, -scale)  # y runs down in an SVG
        expected += found.mean(axis=0) - expected.mean(axis=0)
        nearest = np.linalg.norm(expected[:, None] - found, axis=-1)
        assert nearest.min(axis=1).max() < 0.01
        assert len(set(nearest.argmin(axis=1).tolist())) == len(table)


def test_the_legend_counts_every_case_once() -> None:
    table = two_clouds(200)
    codes = np.random.default_rng(0).integers(-1, 30, 200)
    column = groups("site", codes, tuple(f"site {code}" for code in range(30)))
    svg = draw_file(map_drawing([MapFigure(bent(table), table, column=column)]), "svg", SMALL)
    counts = [int(found[1]) for text in texts_of(svg) if (found := re.fullmatch(r"(?:site \d+|other) \((\d+)\)", text))]
    assert sum(counts) == 200
    assert len(counts) == len(COLOURS) + 1


def test_many_points_are_one_picture_in_a_vector_figure_whose_text_stays_text() -> None:
    table = two_clouds(MOST_VECTORS + 1)
    svg = draw_file(both(table), "svg", SINGLE)
    assert n_images(svg) == 2  # one a map
    assert len(marks_of(svg, 0)) == 0
    for words in ("(i) UMAP", "towards yes (SD)", "PC 1", "yes (500)", "−1"):
        assert any(words.replace("PC 1", "UMAP 1") in text for text in texts_of(svg)), words
    few = two_clouds(MOST_VECTORS)
    assert n_images(draw_file(both(few), "svg", SINGLE)) == 0


def test_the_points_of_a_vector_figure_have_the_resolution_that_is_asked_for() -> None:
    drawing = map_drawing([MapFigure(bent(table), table) for table in [two_clouds(MOST_VECTORS + 1)]])
    sizes = []
    for dpi in (100, 300):
        (image,) = ElementTree.fromstring(draw_file(drawing, "svg", replace(SINGLE, dpi=dpi))).iter(f"{SVG}image")
        told = image.get("{http://www.w3.org/1999/xlink}href", "")
        sizes.append(len(told))
    assert sizes[1] > 1.8 * sizes[0]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
def test_maps_lie_beside_each_other_where_there_is_room_and_below_where_not(n: int) -> None:
    table = two_clouds(40)
    maps = map_drawing([MapFigure(bent(table), table)] * n).maps
    single, double = MapSizes.of(maps, SINGLE), MapSizes.of(maps, SMALL)
    assert (single.rows, single.columns) == (n, 1)
    assert double.columns > 1 or n == 1
    assert double.rows * double.columns >= n
    assert double.is_beside == (n == 1)
    assert not single.is_beside


@pytest.mark.parametrize("style", [SINGLE, SMALL, FigureStyle(width_mm=40, font_size=14, dpi=72)])
def test_no_text_is_too_small_and_the_layout_always_has_room(style: FigureStyle) -> None:
    drawing = both(two_clouds(60), is_doubtful=np.arange(60) < 9, is_selected=np.arange(60) < 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert smallest_text(draw_file(drawing, "svg", style), "svg") >= 5
        assert smallest_text(draw_file(drawing, "pdf", style), "pdf") >= 5


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_colours_of_groups_stay_apart_for_every_eye(condition: str) -> None:
    apart = distances(COLOURS, condition)
    assert np.diag(apart, 1).min() > 17  # neighbours in the legend
    assert apart[np.triu_indices(len(COLOURS), 1)].min() > 17


def test_in_greyscale_groups_are_evenly_spaced_greys_with_shapes_of_their_own() -> None:
    column = groups("site", np.arange(40) % 5, tuple("abcde"))
    colours = point_colours(column).in_greys()
    levels = [int(colour[1:3], 16) for colour in colours.colours]
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in colours.colours)
    assert np.ptp(np.diff(levels)) <= 1
    assert np.diff(levels).min() > 30
    table = two_clouds(40)
    svg = draw_file(
        map_drawing([MapFigure(bent(table), table, column=column)]), "svg", replace(SMALL, is_greyscale=True)
    )
    (legend,) = (part for part in ElementTree.fromstring(svg).iter(f"{SVG}g") if part.get("id") == "legend_1")
    outlines = [path.get("d") for path in legend.iter(f"{SVG}path") if path.get("id")]
    assert len(outlines) == len(set(outlines)) == 5


def test_in_greyscale_numbers_are_the_darker_the_more_whatever_their_sign() -> None:
    for name in ("age", "score: ill"):
        grey = point_colours(numbers(name, np.linspace(-2, 2, 50))).in_greys().rgb()
        assert np.ptp(grey, axis=1).max() < 1e-6
        assert (np.diff(grey[:, 0]) <= 0).all()
        assert np.diff(grey[1:-1, 0]).max() < 0


def test_in_greyscale_a_density_has_lines_around_its_groups() -> None:
    table = large()
    drawing = map_drawing([MapFigure(quick(table), table)])
    plain, grey = (draw_file(drawing, "svg", FigureStyle(dpi=72, is_greyscale=is_grey)) for is_grey in (False, True))
    assert "three quarters of a group" in " ".join(texts_of(grey))
    assert "three quarters of a group" not in " ".join(texts_of(plain))
    assert grey.count(b"stroke-dasharray") > plain.count(b"stroke-dasharray")
    assert len(table) > MOST_POINTS


def test_the_numbers_are_those_of_the_maps_and_name_no_case() -> None:
    table = two_clouds(30)
    doubtful = np.arange(30) < 4
    drawing = both(table, is_doubtful=doubtful, column=numbers("age", np.arange(30.0)))
    rows = list(csv.DictReader(io.StringIO(drawing.numbers())))
    assert [row["case"] for row in rows] == [case_token(case) for case in table.ids.tolist()]
    for drawn in drawing.maps:
        places = [(float(row[f"x_{drawn.method}"]), float(row[f"y_{drawn.method}"])) for row in rows]
        np.testing.assert_allclose(places, drawn.points, rtol=1e-5, atol=1e-6)
        kept = [float(row[f"neighbours_kept_{drawn.method}"]) for row in rows]
        assert drawn.kept is not None
        np.testing.assert_allclose(kept, drawn.kept, atol=1e-3)
    assert [row["label"] for row in rows] == [table.classes[label] for label in table.labels]
    assert [float(row["colour: age"]) for row in rows] == list(range(30))
    assert [row["place_says_little_umap"] for row in rows] == ["yes"] * 4 + ["no"] * 26
    assert not any(case in drawing.numbers() for case in table.ids.tolist())


def test_no_file_of_a_map_holds_the_name_of_a_case() -> None:
    table = two_clouds(20)
    named = replace(table, ids=np.array([f"MUSTERMANN_{row}" for row in range(20)]))
    figure = Figure(both(named), Provenance(kind="map"), "Maps")
    files = [export_figure(figure, "svg", SMALL), write_archive([figure]), figure.drawing.numbers().encode()]
    assert not any(b"MUSTERMANN" in file for file in files)


def test_maps_of_one_method_have_columns_of_their_own() -> None:
    table = two_clouds(20)
    header = map_drawing([MapFigure(bent(table), table)] * 2).numbers().splitlines()[0].split(",")
    assert len(set(header)) == len(header)
    assert {"x_umap", "x_umap_2"} <= set(header)


@pytest.mark.parametrize("table", [two_clouds(30), numbers_table(), table_of(np.eye(6))])
def test_what_is_said_of_all_cases_is_what_is_said_of_each(table: LatentTable) -> None:
    partly = replace(table, labels=np.where(np.arange(len(table)) % 5 == 0, -1, table.labels))
    for each in (table, partly):
        assert truths_of(each).tolist() == [truth_of(each, row) for row in range(len(each))]
        assert predictions_of(each).tolist() == [prediction_of(each, row) for row in range(len(each))]


def test_a_kept_drawing_draws_the_same_bytes() -> None:
    table = two_clouds(60)
    figure = Figure(both(table, is_doubtful=np.arange(60) < 9), Provenance(kind="map"), "Maps")
    (again,) = read_archive(write_archive([figure]))
    for form in ("svg", "png"):
        assert draw_file(again.drawing, form, SMALL) == draw_file(figure.drawing, form, SMALL)
    assert again.drawing.numbers() == figure.drawing.numbers()


def test_maps_are_panels_among_others() -> None:
    figure = Figure(both(two_clouds(40)), Provenance(kind="map"), "Maps")
    assert isinstance(figure.drawing, Drawing)
    svg = export_figure(combine_figures([figure, figure], columns=2), "svg", SMALL)
    assert {"a", "b"} <= set(texts_of(svg))
    assert sum(text == "(ii) PLS" for text in texts_of(svg)) == 2


def test_a_maps_words_stand_inside_the_figure_or_in_its_caption_alone() -> None:
    drawing = both(two_clouds())
    first = " ".join(drawing.caption().split()[:3])
    inside, outside = (texts_of(draw_file(drawing, "svg", FigureStyle(has_words=words))) for words in (True, False))
    assert any(first in text for text in inside)
    assert not any(first in text for text in outside)
    assert drawing.height(FigureStyle(has_words=False)) < drawing.height(FigureStyle())
