"""Contact sheets: each tile has its picture, its name and its score; long rows go on below, and nothing is cut."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.example_sheet import SheetFigure, SheetRow, Tile
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.label_sheet import DoubtedLabel, LabelSheet
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from xaae_core.data.beats import draw_beats

RNG = np.random.default_rng(0)
PICTURES = RNG.random((9, 1, 14, 12)).astype(np.float32)


def sheet(n: int = 5) -> SheetFigure:
    def tiles(role: str, sign: int) -> tuple[Tile, ...]:
        scores = [sign * (k + 1) / 10 for k in range(n)]
        return tuple(
            Tile(PICTURES[k % 8], f"case {role[:3]}{k:03d}", ("dark",), score, f"{score:+.1f}", (k + 1) / n)
            for k, score in enumerate(scores)
        )

    rows = (
        SheetRow("helpful", "Most helpful", "parts of the loss", tiles("helpful", 1)),
        SheetRow("harmful", "Most harmful", "parts of the loss", tiles("harmful", -1)),
        SheetRow("similar", "Most similar", "", ()),
    )
    return SheetFigure(Tile(PICTURES[8], "case abc123", ("labelled bright",)), rows, "A sheet", ("the method (k=3)",))


def labels(n: int = 7) -> LabelSheet:
    cases = tuple(
        DoubtedLabel(PICTURES[k], f"case {k:06x}", k + 1, "dark", "bright" if k % 2 else "dark", 1 - k / 10, 0.9,
                     f"{100 - 10 * k}% of its nearest cases have another label") for k in range(n)
    )  # fmt: skip
    return LabelSheet(cases, 40, "Second look", ("a question, not an answer",))


def texts_of(drawing: Any, style: FigureStyle) -> list[str]:
    root = ElementTree.fromstring(draw_file(drawing, "svg", style))
    return ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("width_mm", [183, 89, 60])
@pytest.mark.parametrize("n", [2, 12])
def test_every_example_is_named_with_its_score(n: int, width_mm: float) -> None:
    drawing = sheet(n)
    said = texts_of(drawing, FigureStyle(width_mm=width_mm))
    for row in drawing.rows:
        for tile in row.tiles:
            assert tile.told in said
            assert tile.name in said or tile.name.split()[1] in said
    assert {"A sheet", "case abc123", "the method (k=3)", "none"} <= set(said)


def test_bars_are_as_long_as_the_scores_and_harmful_ones_grow_from_the_right() -> None:
    drawing, style = sheet(4), FigureStyle()
    canvas = Canvas(figsize=(style.width, drawing.height(style)), layout="constrained")
    drawing.draw(canvas, style)
    bars = [artist for part in canvas.subfigs for artist in part.artists if hasattr(artist, "get_x")]
    pairs = list(zip(bars[::2], bars[1::2], strict=True))  # what there is room for, and the bar
    for place, (whole, bar) in enumerate(pairs):
        tile = [tile for row in drawing.rows for tile in row.tiles][place]
        assert bar.get_width() == pytest.approx(tile.share * whole.get_width())
        ends = (bar.get_x(), whole.get_x()) if place < 4 else (
            bar.get_x() + bar.get_width(), whole.get_x() + whole.get_width()
        )  # fmt: skip
        assert ends[0] == pytest.approx(ends[1])


def test_the_pictures_are_those_of_the_tiles_in_their_order() -> None:
    drawing = sheet(3)
    canvas = Canvas(layout="constrained")
    drawing.draw(canvas, FigureStyle())
    drawn = [axes.images[0].get_array() for axes in canvas.findobj(Axes) if isinstance(axes, Axes) and axes.images]
    tiles = [drawing.case, *(tile for row in drawing.rows for tile in row.tiles)]
    for pixels, tile in zip(drawn, tiles, strict=True):
        assert tile.picture is not None
        np.testing.assert_allclose(pixels, tile.picture[0])


def test_the_numbers_have_every_score() -> None:
    drawing = sheet()
    rows = list(csv.DictReader(io.StringIO(drawing.numbers())))
    tiles = [(row.role, tile) for row in drawing.rows for tile in row.tiles]
    assert [(row["role"], row["case"], float(row["score"])) for row in rows] == [
        (role, tile.name, pytest.approx(tile.score)) for role, tile in tiles
    ]


def test_a_doubtful_label_asks_and_says_why() -> None:
    drawing = labels()
    said = " ".join(" ".join(texts_of(drawing, FigureStyle())).split())
    for case in drawing.cases:
        assert f"{case.rank}. {case.question}" in said
        assert case.name in said
    assert drawing.cases[0].question == "dark?"
    assert drawing.cases[1].question == "dark → bright?"
    rows = list(csv.DictReader(io.StringIO(drawing.numbers())))
    assert [float(row["disagreement"]) for row in rows] == pytest.approx([case.disagreement for case in drawing.cases])
    assert "7 of 40" in drawing.caption()


def of_signals() -> SheetFigure:
    beats = draw_beats(3, length=64)
    first, second, third = (signal[None] for signal in beats.scaled())
    row = SheetRow("similar", "Most similar", "", (Tile(second, "case 1"), Tile(third, "case 2")))
    return SheetFigure(Tile(first, "case 0"), (row,), form=beats.form)


@pytest.mark.parametrize("drawing", [sheet(), labels(), of_signals()])
def test_a_kept_sheet_draws_the_same(drawing: Any) -> None:
    assert isinstance(drawing, Drawing)
    (back,) = read_archive(write_archive([Figure(drawing, Provenance(kind=drawing.kind))]))
    assert draw_file(back.drawing, "svg") == draw_file(drawing, "svg")
    assert (back.drawing.numbers(), back.drawing.caption()) == (drawing.numbers(), drawing.caption())
