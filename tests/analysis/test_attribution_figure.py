"""The figure of an attribution: zero is white and in the middle, and the picture shows where the map is empty."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure as Canvas
from PIL import Image

from analysis.attributions import Attribution
from analysis.figures.attribution_map import AttributionFigure
from analysis.figures.export import draw_file
from analysis.figures.heat_layers import LEVELS, colour_limit, line_levels, overlay
from analysis.figures.style import FigureStyle
from xaae_core.data.beats import draw_beats


def attribution(heat: np.ndarray, **fields: object) -> Attribution:
    known: dict[str, object] = {
        "method": "occlusion", "target": "logit of $x$", "score": 1.0, "baseline": "black", "baseline_score": -0.5,
        "convergence_delta": None, "meaning": "fall of the target", "settings": {},
    }  # fmt: skip
    return Attribution(map=heat.astype(np.float32), **{**known, **fields})


def drawn_axes(figure: Any, style: FigureStyle) -> list[Axes]:
    """Everything that the drawing has drawn on, in its order."""
    canvas = Canvas(figsize=(style.width, figure.height(style)), layout="constrained")
    figure.draw(canvas, style)
    return [part for part in canvas.findobj(Axes) if isinstance(part, Axes)]


def test_where_the_map_is_zero_the_overlay_is_the_picture():
    picture = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    heat = np.zeros((8, 8))
    heat[2, 3], heat[5, 5] = 1, -1
    laid = overlay(picture, heat)
    empty = heat == 0
    np.testing.assert_allclose(laid[empty], np.repeat(picture[0][empty][:, None], 3, axis=1), atol=1e-6)
    assert laid[2, 3, 0] > laid[2, 3, 2]  # adds: orange
    assert laid[5, 5, 2] > laid[5, 5, 0]  # takes: violet
    np.testing.assert_allclose(overlay(picture, 7 * heat), laid, atol=1e-6)  # the scale is the map's own


def test_one_hot_pixel_does_not_bleach_the_rest_and_an_empty_map_has_a_scale():
    heat = np.random.default_rng(0).random((40, 40))
    hot = heat.copy()
    hot[3, 3] = 1000
    assert colour_limit(hot) < 1.1
    assert colour_limit(np.zeros((4, 4))) == 1
    single = np.zeros((40, 40))
    single[0, 0] = -3
    assert colour_limit(single) == 3


@pytest.mark.parametrize("width_mm", [183, 89])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_is_as_wide_as_asked_and_says_what_it_shows(channels: int, width_mm: float):
    rng = np.random.default_rng(0)
    figure = AttributionFigure(
        rng.random((channels, 20, 24)), [attribution(rng.normal(size=(20, 24))) for _ in range(2)], "a $ case $"
    )
    style = FigureStyle(width_mm=width_mm, dpi=100)
    drawn = Image.open(io.BytesIO(draw_file(figure, "png", style)))
    assert drawn.width == pytest.approx(width_mm / 25.4 * 100, abs=1)
    text = draw_file(figure, "svg", style).decode()
    for words in ("Occlusion", "a $ case $", "−0.5", "original"):
        assert words in text
    assert "fall of the target" in figure.caption()


@pytest.mark.parametrize("width_mm", [183, 89])
def test_the_map_that_is_drawn_is_the_attributions_on_a_symmetric_scale(width_mm: float):
    rng = np.random.default_rng(0)
    maps = [attribution(size * (rng.normal(size=(20, 24)) + 0.5)) for size in (1, 100)]
    axes = drawn_axes(AttributionFigure(rng.random((1, 20, 24)), maps), FigureStyle(width_mm=width_mm))
    drawn = [part.images[0] for part in axes if part.images and part.images[0].get_cmap().name == "PuOr_r"]
    drawn = [image for image in drawn if image.get_array().shape == (20, 24)]
    assert len(drawn) == len(maps)
    for image, made in zip(drawn, maps, strict=True):
        np.testing.assert_array_equal(image.get_array(), made.map)
        low, high = image.get_clim()
        assert low == -high == -colour_limit(made.map)


def test_many_methods_fit_a_page_as_long_as_pictures_can_be_seen():
    made = attribution(np.random.default_rng(0).normal(size=(20, 20)))
    for width in (183, 89):
        few, many = (AttributionFigure(np.zeros((1, 20, 20)), [made] * n).height(FigureStyle(width_mm=width))
                     for n in (2, 7))  # fmt: skip
        assert few < many < 9.7


def test_maps_of_another_size_are_refused():
    with pytest.raises(ValueError, match="expected at least one, all of the picture's size"):
        AttributionFigure(np.zeros((1, 8, 8)), [attribution(np.zeros((9, 8)))])
    with pytest.raises(ValueError, match="0 attributions"):
        AttributionFigure(np.zeros((1, 8, 8)), [])


def mask_lines(axes: list[Axes]) -> list[np.ndarray]:
    """Points of all contour lines."""
    found = [each for part in axes for each in part.collections if isinstance(each, ContourSet)]
    return [path.vertices for lines in found for path in lines.get_paths()]


def test_the_outline_follows_the_mask_and_verdicts_are_told():
    heat = np.random.default_rng(0).standard_normal((24, 24)).astype(np.float32)
    made = attribution(heat)
    picture, mask = np.full((1, 24, 24), 0.5), np.zeros((24, 24), bool)
    mask[6:18, 9:20] = True
    style = FigureStyle()
    marked = AttributionFigure(picture, [made], "", mask, ("doubtful: read it with caution",))
    points = np.concatenate(mask_lines(drawn_axes(marked, style)))
    assert (points.min(axis=0), points.max(axis=0)) == (pytest.approx([8.5, 5.5]), pytest.approx([19.5, 17.5]))
    assert not mask_lines(drawn_axes(AttributionFigure(picture, [made]), style))
    assert b"doubtful" in draw_file(marked, "svg")
    with pytest.raises(ValueError, match=r"mask has the shape \(3, 3\)"):
        AttributionFigure(picture, [made], mask=np.ones((3, 3), bool))
    with pytest.raises(ValueError, match="2 verdicts for 1 maps"):
        AttributionFigure(picture, [made], verdicts=("a", "b"))


def test_without_colours_the_map_on_the_picture_is_lines_at_its_levels():
    heat = np.zeros((40, 40))
    heat[10:20, 10:20], heat[28:34, 28:34] = 1.0, -0.9
    figure = AttributionFigure(np.full((1, 40, 40), 0.5), [attribution(heat)])
    style = FigureStyle(is_greyscale=True, dpi=100)
    lines = mask_lines(drawn_axes(figure, style))
    smooth, most = line_levels(heat)
    for points in lines:
        rows, columns = np.rint(points[:, 1]).astype(int), np.rint(points[:, 0]).astype(int)
        nearest = np.abs(np.abs(smooth[rows, columns]).mean() - np.array(LEVELS) * most).min()
        assert nearest < 0.2 * most
    assert len(lines) >= 4, "two signs, each twice: a black line below a white one"
    pixels = np.asarray(Image.open(io.BytesIO(draw_file(figure, "png", style))).convert("RGB")).astype(int)
    assert np.ptp(pixels, axis=-1).max() == 0


def test_the_numbers_are_every_pixel_and_those_of_signals_have_channels_and_seconds():
    heat = np.random.default_rng(0).normal(size=(3, 4))
    figure = AttributionFigure(np.full((1, 3, 4), 0.5), [attribution(heat)], mask=heat > 0)
    rows = list(csv.DictReader(io.StringIO(figure.numbers())))
    assert len(rows) == 12
    for row in rows:
        place = int(row["row"]), int(row["column"])
        assert float(row["occlusion"]) == pytest.approx(heat[place], rel=1e-4)
        assert int(row["mask"]) == (heat[place] > 0)
    beats = draw_beats(1, length=64)
    signal = beats.scaled()[:1]
    of_signal = AttributionFigure(signal, [attribution(np.ones(signal.shape[1:]))], form=beats.form)
    first = next(csv.DictReader(io.StringIO(of_signal.numbers())))
    assert (first["channel"], first["seconds"]) == (beats.form.channel_names[0], "0")
    assert float(first["value"]) == pytest.approx(beats.values[0, 0, 0], abs=1e-4)
