"""Every kind of figure at every journal's widths: text of 5 points and more, within the page, that stays text."""

import warnings
import xml.etree.ElementTree as ElementTree
from functools import cache

import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.style import context
from matplotlib.text import Text

from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing
from analysis.figures.legibility import find_texts
from analysis.figures.style import JOURNAL_WIDTHS, SMALLEST_POINTS, FigureStyle
from tests.analysis.figures.samples import SAMPLES

ALIKE = 1.5  # millimetres: columns of different journals that are drawn as one


def widths() -> list[float]:
    """The narrowest and the widest of every journal's widths, of those that are nearly the same the narrower."""
    kept: list[float] = []
    for width in sorted({width for columns in JOURNAL_WIDTHS.values() for width in columns.values()}):
        if not kept or width - kept[-1] > ALIKE:
            kept.append(width)
    return [kept[0], kept[-1]]


@cache
def sample(kind: str) -> Drawing:
    return SAMPLES[kind]()


def test_every_kind_of_drawing_has_a_sample() -> None:
    """A drawing that is missing here would be tested nowhere."""
    import importlib
    import pkgutil

    import analysis.figures

    known = set()
    for module in pkgutil.iter_modules(analysis.figures.__path__, "analysis.figures."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and isinstance(getattr(value, "kind", None), str) and hasattr(value, "draw"):
                known.add(value.kind)
    assert known == {sample(name).kind for name in SAMPLES}


@pytest.mark.parametrize("width_mm", widths())
@pytest.mark.parametrize("kind", SAMPLES)
def test_no_text_is_drawn_smaller_than_five_points(kind: str, width_mm: float) -> None:
    """With the smallest text that a style can ask for: what is smaller than asked shows."""
    style = FigureStyle(width_mm=width_mm, font_size=SMALLEST_POINTS)
    canvas = Canvas(figsize=(style.width, sample(kind).height(style)), layout="constrained")
    with context(["default", style.settings()]):
        sample(kind).draw(canvas, style)
    texts = [text for text in canvas.findobj(Text) if isinstance(text, Text) and text.get_text().strip()]
    assert texts
    assert not [text.get_text() for text in texts if text.get_fontsize() < SMALLEST_POINTS]


@pytest.mark.parametrize("width_mm", widths())
@pytest.mark.parametrize("kind", SAMPLES)
def test_no_text_of_the_file_is_smaller_than_five_points(kind: str, width_mm: float) -> None:
    """Formulas too, which draw their exponents smaller than the text that they are in."""
    style = FigureStyle(width_mm=width_mm, font_size=SMALLEST_POINTS, dpi=72)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # such as a layout that has no room
        svg = draw_file(sample(kind), "svg", style)
    assert not [text for text in find_texts(svg, "svg") if text.points < SMALLEST_POINTS - 0.01]
    root = ElementTree.fromstring(svg)
    assert float(root.get("width", "")[:-2]) == pytest.approx(style.width * 72, abs=0.5)
