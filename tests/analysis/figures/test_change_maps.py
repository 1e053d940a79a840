"""The change at one step: what is drawn, its scale, and its words."""

import csv
import io
from typing import Any

import numpy as np
import pytest

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.change_map import ChangeMap
from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from tests.analysis.figures.drawn_parts import put_on_canvas
from tests.analysis.figures.paths import figure_of, path_of, signal_path
from xaae_core.errors import FigureError

STYLE = FigureStyle(dpi=100)


@pytest.mark.parametrize("width", [60.0, 89.0, 120.0, 183.0])
@pytest.mark.parametrize("path", [path_of(), path_of(3, size=(20, 50)), signal_path(), signal_path(("II",) * 1)])
def test_no_text_covers_another_or_leaves_the_figure(path: Any, width: float) -> None:
    drawn = put_on_canvas(ChangeMap.of(figure_of(path), 7), FigureStyle(width_mm=width))
    assert drawn.overlaps() == []
    assert drawn.outside() == []


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_four_pictures_of_the_step_on_the_scale_of_the_whole_path(channels: int) -> None:
    path = path_of(channels)
    figure = figure_of(path)
    drawing = ChangeMap.of(figure, 6)
    (change,) = put_on_canvas(drawing, STYLE).images(STYLE.changing)
    np.testing.assert_allclose(change.get_array(), path.change()[6].mean(axis=0), atol=1e-6)
    low, high = change.get_clim()
    assert low == -high == -figure.limit
    np.testing.assert_allclose(drawing.on_original, path.on_original(figure.original)[6], atol=1e-6)


def test_signals_are_laid_on_the_original_without_being_clipped() -> None:
    path = signal_path()
    figure = figure_of(path)
    drawing = ChangeMap.of(figure, 8)
    np.testing.assert_allclose(drawing.on_original, path.on_original(figure.original)[8], atol=1e-6)
    rows = list(csv.DictReader(io.StringIO(drawing.numbers())))
    assert len(rows) == 2 * 300
    change = path.signals()[8] - path.signals()[4]
    np.testing.assert_allclose([float(row["change"]) for row in rows], change.ravel(), atol=1e-4)


def test_its_words_are_those_of_the_step() -> None:
    figure = figure_of(path_of())
    words = " ".join(put_on_canvas(ChangeMap.of(figure, 8), STYLE).words())
    for expected in ("decoded at +2.0 SD", "trust poor", "p(effusion) 0.97", "asked +2.0 SD, found again +1.2 SD"):
        assert expected in words
    caption = ChangeMap.of(figure, 8).caption()
    assert "decodes at +2.0 SD towards effusion" in caption
    assert "no decode" in caption


def test_the_numbers_are_those_of_every_pixel() -> None:
    path = path_of(2, size=(3, 4))
    rows = list(csv.DictReader(io.StringIO(ChangeMap.of(figure_of(path), 0).numbers())))
    assert len(rows) == 2 * 3 * 4
    np.testing.assert_allclose([float(row["change"]) for row in rows], path.change()[0].ravel(), atol=1e-5)


@pytest.mark.parametrize("step", [-1, 9])
def test_a_step_that_the_path_lacks_is_refused(step: int) -> None:
    with pytest.raises(FigureError, match="this path has steps 0 to 8"):
        ChangeMap.of(figure_of(path_of()), step)


@pytest.mark.parametrize("path", [path_of(), signal_path()])
def test_it_is_kept_in_an_archive(path: Any) -> None:
    drawing = ChangeMap.of(figure_of(path), 7)
    (again,) = read_archive(write_archive([Figure(drawing, Provenance(kind="change").stamped())]))
    assert draw_file(again.drawing, "svg", STYLE) == draw_file(drawing, "svg", STYLE)
