"""Words fit the width they are given, none is lost, and things lie where they are put."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from analysis.figures.lettering import wrap_words
from analysis.figures.paper import Paper
from analysis.figures.style import FigureStyle

TEXT = "Read this map with caution: part of it stays when the model is destroyed, and so on."


@pytest.mark.parametrize("inches", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("is_bold", [False, True])
def test_lines_are_no_wider_than_the_room_and_no_letter_is_lost(inches: float, is_bold: bool) -> None:
    style = FigureStyle(dpi=300)
    lines = wrap_words(TEXT, inches, style, "small", is_bold=is_bold)
    assert "".join(lines).replace(" ", "") == TEXT.replace(" ", "")
    canvas = Canvas(figsize=(8, 8), dpi=300)
    renderer = FigureCanvasAgg(canvas).get_renderer()
    for line in lines:
        drawn = canvas.text(0, 0, line, fontsize=style.size("small"), fontweight="bold" if is_bold else "normal")
        assert drawn.get_window_extent(renderer).width / 300 <= inches + 0.02


def test_what_does_not_fit_ends_with_an_ellipsis_and_dollars_are_dollars() -> None:
    lines = wrap_words(TEXT, 1.0, FigureStyle(), "small", most=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert wrap_words("costs $5 or $6", 3.0, FigureStyle()) == [r"costs \$5 or \$6"]
    assert wrap_words("", 1.0, FigureStyle()) == []
    assert wrap_words("0.5 [0.1,\u00a00.9]", 0.55, FigureStyle()) == ["0.5", "[0.1,\u00a00.9]"], (
        "intervals hold together"
    )


def test_axes_lie_where_they_are_put_also_in_a_part_of_a_figure() -> None:
    style = FigureStyle(width_mm=127)  # five inches
    canvas = Canvas(figsize=(10, 4), layout="constrained")
    right = canvas.subfigures(1, 2, wspace=0)[1]
    axes = Paper.ruled(right, style, 4.0).axes(1.0, 0.5, 2.0, 1.0)
    FigureCanvasAgg(canvas).draw()
    place = axes.get_window_extent().transformed(canvas.dpi_scale_trans.inverted())
    np.testing.assert_allclose(place.extents, (6.0, 2.5, 8.0, 3.5), atol=0.02)
