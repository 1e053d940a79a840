"""A path as a figure: what is drawn is what the path has, at every width, and nothing covers anything."""

import csv
import io
import re
import string
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.export import draw_file
from analysis.figures.figure import Figure, MovingDrawing
from analysis.figures.filmstrip import PathFigure, path_table, pick_steps
from analysis.figures.panels import combine_figures
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from tests.analysis.figures.drawn_parts import put_on_canvas
from tests.analysis.figures.paths import figure_of, path_of, signal_path

WIDTHS = (89.0, 120.0, 183.0)
STYLE = FigureStyle(dpi=100)


def bare_figure(path: Any, title: str = "") -> PathFigure:
    """Without anything that was judged."""
    return PathFigure(path, path.frames[path.origin], 1, title)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "drawing",
    [
        figure_of(path_of(n_steps=21)),
        figure_of(path_of(3, 7, size=(20, 40)), title="case 3fa9c1 · " + "very long words " * 12),
        figure_of(path_of(n_steps=11, is_regression=True)),
        bare_figure(path_of(2)),
        figure_of(signal_path()),
        figure_of(signal_path(tuple(f"EEG {letter}-{letter}z" for letter in string.ascii_uppercase[:23]))),
    ],
    ids=["pictures", "colours", "numbers", "bare", "signals", "many channels"],
)
def test_no_text_covers_another_or_leaves_the_figure(drawing: PathFigure, width: float) -> None:
    drawn = put_on_canvas(drawing, FigureStyle(width_mm=width))
    assert drawn.overlaps() == []
    assert drawn.outside() == []


@pytest.mark.parametrize("font_size", [5, 10])
def test_no_text_covers_another_at_other_sizes_of_text(font_size: float) -> None:
    for drawing in (figure_of(path_of(n_steps=21)), figure_of(signal_path())):
        drawn = put_on_canvas(drawing, FigureStyle(width_mm=120, font_size=font_size))
        assert drawn.overlaps() == []
        assert drawn.outside() == []


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_change_that_is_drawn_is_that_of_the_path_on_one_symmetric_scale(channels: int) -> None:
    path = path_of(channels)
    drawn = put_on_canvas(figure_of(path), STYLE)
    images = [image for image in drawn.images(STYLE.changing) if image.get_array().ndim == 2]
    steps = pick_steps(path, len(images))
    assert len(images) == len(steps) >= 5
    for image, step in zip(images, steps, strict=True):
        expected = (path.frames[step] - path.frames[path.origin]).mean(axis=0)
        np.testing.assert_allclose(image.get_array(), expected, atol=1e-6)
    limits = {image.get_clim() for image in images}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    assert high == pytest.approx(np.abs((path.frames - path.frames[path.origin]).mean(axis=1)).max())


@pytest.mark.parametrize("width", WIDTHS)
def test_each_shown_step_says_which_it_is_and_what_is_known_of_it(width: float) -> None:
    figure = figure_of(path_of(n_steps=21))
    words = put_on_canvas(figure, FigureStyle(width_mm=width)).words()
    path = figure.traversal
    told = [float(text.removesuffix(" SD").replace("−", "-")) for text in words if re.fullmatch(r"\S+ SD", text)]
    shown = [int(np.abs(path.steps - step).argmin()) for step in told]
    assert told == pytest.approx([path.steps[step] for step in shown], abs=0.051)
    assert {0, path.origin, 20} <= set(shown)
    assert told == sorted(told)
    assert path.probabilities is not None
    for step in shown:
        assert f"{path.probabilities[step, 1]:.2f}" in words
        assert any(text.endswith(f" {figure.levels[step]}") for text in words)


def test_trust_is_never_told_by_colour_alone() -> None:
    words = put_on_canvas(figure_of(path_of()), STYLE).words()
    signs = {text.split(" ")[1]: text.split(" ")[0] for text in words if re.fullmatch(r"\S (good|caution|poor)", text)}
    assert set(signs) == {"good", "caution", "poor"}
    assert len(set(signs.values())) == 3


def test_where_the_decision_flips_is_told_only_where_it_does() -> None:
    path = path_of()
    assert path.flip(1) == pytest.approx(0.3, abs=0.05)
    assert "flips at +0.30" in " ".join(put_on_canvas(figure_of(path), STYLE).words())
    assert path.probabilities is not None
    sure = replace(path, probabilities=np.tile(path.probabilities[-1], (9, 1)))
    assert "flips" not in " ".join(put_on_canvas(figure_of(sure), STYLE).words())
    assert "does not change" in figure_of(sure).caption()


def test_narrow_figures_have_fewer_columns_and_the_width_of_their_column() -> None:
    figure = figure_of(path_of(n_steps=31))
    counts = []
    for width in (40.0, 183.0):
        style = FigureStyle(width_mm=width, dpi=100)
        counts.append(len(put_on_canvas(figure, style).images(style.changing)))
        with Image.open(io.BytesIO(draw_file(figure, "png", style))) as picture:
            assert picture.width == pytest.approx(style.width * 100, abs=1)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("path", [path_of(), signal_path()], ids=["pictures", "signals"])
def test_a_path_is_a_panel_beside_others(path: Any) -> None:
    made = Provenance(kind="path")
    whole = combine_figures([Figure(figure_of(path), made), Figure(figure_of(path_of(3)), made)], columns=2)
    drawn = put_on_canvas(whole.drawing, FigureStyle())
    assert {"a", "b"} <= set(drawn.words())
    assert drawn.overlaps() == []


def test_picked_steps_hold_origin_and_ends() -> None:
    path = path_of()
    for columns in (3, 5, 7, 9, 20):
        picked = pick_steps(path, columns)
        assert {0, 4, 8} <= set(picked)
        assert len(picked) <= max(columns, 3)
    assert pick_steps(path, 5) == [0, 2, 4, 6, 8]


def test_the_table_holds_the_numbers_behind() -> None:
    figure = figure_of(path_of())
    path, rows = figure.traversal, list(csv.DictReader(io.StringIO(path_table(figure))))
    np.testing.assert_allclose([float(row["step_sd"]) for row in rows], path.steps)
    assert path.probabilities is not None
    np.testing.assert_allclose([float(row["probability_1"]) for row in rows], path.probabilities[:, 1], atol=1e-6)
    np.testing.assert_allclose([float(row["achieved_sd"]) for row in rows], path.steps * 0.6)
    assert [row["trust"] for row in rows] == list(figure.levels)
    assert [row["reason"] for row in rows] == list(figure.reasons)


def test_the_caption_says_what_is_seen() -> None:
    caption = figure_of(path_of()).caption()
    for words in ("decodes at −2.0, −1.0, 0, +1.0, +2.0", "flips at +0.30 SD", "3 good, 4 caution, 2 poor"):
        assert words in caption


@pytest.mark.parametrize("path", [path_of(n_steps=9, size=(64, 64)), signal_path(n_steps=9)])
def test_an_archive_holds_little_more_than_the_frames_and_gives_the_same_drawing(path: Any) -> None:
    figure = Figure(figure_of(path), Provenance(kind="path").stamped(), "a path")
    packed = write_archive([figure])
    assert len(packed) < path.frames.nbytes + 60_000
    (again,) = read_archive(packed)
    assert draw_file(again.drawing, "svg", STYLE) == draw_file(figure.drawing, "svg", STYLE)
    assert isinstance(again.drawing, MovingDrawing)
    assert again.drawing.animation("gif", STYLE) == figure_of(path).animation("gif", STYLE)


def test_a_change_has_the_same_sign_by_colour_in_a_figure_as_beside_the_slider() -> None:
    """Green where it gets darker, purple where it gets brighter, on the dark page and on white paper."""
    from matplotlib import colormaps

    from app.components.path_viewer.colours import change_colours

    paper = (colormaps[FigureStyle().changing](np.array([0.2, 0.8]))[:, :3] * 255).astype(int)
    screen = change_colours()[[50, 204]].astype(int)
    for darker, brighter in (paper, screen):
        assert darker[1] > max(darker[0], darker[2]), "green"
        assert brighter[1] < min(brighter[0], brighter[2]), "purple"
