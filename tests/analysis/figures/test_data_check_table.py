"""A data check as a figure of text: every finding is written within the figure's width, and legible."""

import csv
import io
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.data_check_table import LEVEL_WORDS, DataCheckTable, data_check_table
from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.legibility import smallest_text
from analysis.figures.style import FigureStyle, style_for
from analysis.provenance import Provenance
from xaae_core.data.checks import Finding
from xaae_core.errors import FigureError

LONG = "a picture is in more than one split and what was learned by heart counts as understood, " * 3
FINDINGS = (
    Finding("duplicates", "stop", LONG, "Figures are too good.", f"Keep one copy. {LONG}", n_cases=12),
    Finding("classes", "warn", "10 pictures of $x$ in test", "", "Put more cases of $x$ into test."),
    Finding("patients", "note", "It is not said which pictures are of the same patient"),
    Finding("files", "good", "All 22 pictures can be read"),
)
TABLE = data_check_table("22 images, 2 classes: no effusion 11, effusion 11; 2 train / 0 valid / 20 test", FINDINGS)
STYLES = (
    style_for("nature", "single"),
    style_for("nature", "double"),
    FigureStyle(width_mm=45),
    FigureStyle(font_size=12),
)


def written(table: DataCheckTable, style: FigureStyle) -> list[Any]:
    canvas = Canvas(figsize=(style.width, table.height(style)), layout="constrained", dpi=100)
    table.draw(canvas, style)
    FigureCanvasAgg(canvas).draw()  # type: ignore[no-untyped-call]
    return list(canvas.axes[0].texts)


@pytest.mark.parametrize("style", STYLES)
def test_every_finding_is_written_whole(style: FigureStyle) -> None:
    words = " ".join(text.get_text() for text in written(TABLE, style)).replace(r"\$", "$").split()
    expected = TABLE.words.split()
    for found in FINDINGS:
        expected += [*f"{LEVEL_WORDS[found.level]}: {found.title}".split(), *found.remedy.split()]
    assert sorted(words) == sorted(expected)


@pytest.mark.parametrize("style", STYLES)
def test_no_line_sticks_out_or_meets_another(style: FigureStyle) -> None:
    boxes = [text.get_window_extent() for text in written(TABLE, style)]
    width, height = style.width * 100, TABLE.height(style) * 100
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    shrunk = [box.padded(-1) for box in boxes]
    assert not any(a.overlaps(b) for n, a in enumerate(shrunk) for b in shrunk[n + 1 :])


def test_the_numbers_have_every_finding_in_order() -> None:
    rows = list(csv.DictReader(io.StringIO(TABLE.numbers())))
    assert [(row["level"], row["finding"], row["effect"]) for row in rows] == [
        (found.level, found.title, found.detail) for found in FINDINGS
    ]


def test_it_is_legible_and_the_kept_one_draws_the_same() -> None:
    content = draw_file(TABLE, "svg", style_for("nature", "single"))
    assert smallest_text(content, "svg") >= 5 - 1e-6
    (found,) = read_archive(write_archive([Figure(TABLE, Provenance(kind="data_check"))]))
    assert draw_file(found.drawing, "svg", style_for("nature", "single")) == content


def test_a_check_without_findings_is_refused() -> None:
    with pytest.raises(FigureError, match="found nothing at all"):
        data_check_table("no pictures", ())
