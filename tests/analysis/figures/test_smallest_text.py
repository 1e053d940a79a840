"""The size of text is read from files as it is on paper."""

import math

import pytest
from matplotlib.figure import Figure as Canvas

from analysis.figures.export import draw_file
from analysis.figures.formats import render
from analysis.figures.legibility import find_texts, smallest_text
from analysis.figures.style import FigureStyle
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" viewBox="0 0 100 50">{inside}</svg>'


@pytest.mark.parametrize(
    ("width", "inside", "points"),
    [
        ("100pt", '<text style="font-size: 7px">a</text>', 7.0),
        ("200pt", '<text style="font-size: 7px">a</text>', 14.0),
        ("1in", '<text font-size="10">a</text>', 7.2),
        ("100pt", '<g transform="scale(0.5)"><text style="font: 700 12px sans">a</text></g>', 6.0),
        ("100pt", '<text style="font-size: 8px" transform="translate(3 4) rotate(-90) scale(0.5 0.25)">a</text>', 2.0),
        ("100pt", '<text style="font-size: 8px">a<tspan style="font-size: 3px">2</tspan></text>', 3.0),
        ("100pt", '<text style="font-size: 8px">a<tspan style="font-size: 3px"> </tspan></text>', 8.0),
        ("100pt", '<text transform="matrix(0 2 2 0 9 9)" style="font-size: 3pt">a</text>', 8.0),
        ("100pt", "<path d='M0 0'/>", math.inf),
    ],
)
def test_an_svg_is_measured_at_its_final_width(width: str, inside: str, points: float) -> None:
    assert smallest_text(SVG.format(width=width, inside=inside).encode(), "svg") == pytest.approx(points)


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_both_formats_tell_what_was_asked_for(form: str) -> None:
    canvas = Canvas(figsize=(3, 2))
    canvas.text(0.1, 0.1, "six", fontsize=6, rotation=40)
    canvas.text(0.1, 0.5, "nine", fontsize=9)
    canvas.text(0.1, 0.9, "$x^2$", fontsize=12)
    sizes = sorted({round(text.points, 3) for text in find_texts(render(canvas, form), form)})
    assert sizes == [6, 8.4, 9, 12]  # matplotlib writes exponents with 0.7 of the size


@pytest.mark.parametrize("form", ["svg", "pdf"])
@pytest.mark.parametrize("width_mm", [89.0, 183.0])
def test_text_keeps_its_size_at_any_width(form: str, width_mm: float) -> None:
    style = FigureStyle(width_mm=width_mm, font_size=8)
    assert smallest_text(draw_file(Wave(), form, style), form) == pytest.approx(style.size("tiny"))


@pytest.mark.parametrize("form", ["svg", "pdf"])
@pytest.mark.parametrize("file", [b"", b"nothing", b"<svg", b"%PDF-1.4 cut", b"<html/>"])
def test_what_is_no_figure_is_refused(form: str, file: bytes) -> None:
    with pytest.raises(FigureError, match="no text can be measured"):
        smallest_text(file, form)
