"""The table of checks holds everything that was found, as text, and says it in words, not in colours alone."""

import csv
import io
import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from analysis.attributions import Attribution, Measure
from analysis.evaluation.sanity import SanityCheck, SanityStrip
from analysis.evaluation.sanity_checks import could_not_run
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.sanity_table import SanityRow, SanityTable
from analysis.figures.sanity_words import check_answer, check_head, measure_head, value_words
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance

UNKNOWN = (math.nan, math.nan)
CHECKS = (
    SanityCheck("destroyed", True, 0.11, (0.02, 0.2), "changes when the model is destroyed: yes (similarity 0.11)"),
    SanityCheck("shuffled", False, 0.62, (0.5, 0.7), "differs from shuffled labels: partly (similarity 0.62)", "stays"),
    could_not_run("random", "the score has no range"),
    SanityCheck("complete", True, 0.031, UNKNOWN, "adds up to the score: yes (misses 3.1%)"),
)
MEASURES = (Measure("deletion", 1.02, (0.46, 1.43), "…"), Measure("pointing", 1.0), Measure("sparseness", math.nan))


def row(method: str = "occlusion", checks: tuple[SanityCheck, ...] = CHECKS, size: int = 12) -> SanityRow:
    heat = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    made = Attribution(heat, method, "the score", 1.0, "", None, None, "what it is", {}, measures=MEASURES)
    strip = SanityStrip(made, None, heat[::-1], checks, "doubtful", "Read this map with caution: part of it stays.")
    return SanityRow.of(made.with_measures(*strip.measures()), strip)


TABLE = SanityTable((row(), row("grad_cam", CHECKS[:2])), "May these be believed?")


def texts_of(table: SanityTable, style: FigureStyle) -> str:
    """Everything that the SVG says, without its line breaks."""
    root = ElementTree.fromstring(draw_file(table, "svg", style))
    parts = ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]
    return " ".join(" ".join(parts).split())


@pytest.mark.parametrize("width_mm", [183, 89, 60])
def test_every_check_and_measure_is_in_the_table_as_text(width_mm: float) -> None:
    said = texts_of(TABLE, FigureStyle(width_mm=width_mm))
    for check in CHECKS:
        assert check_answer(check) in said
        if width_mm > 100:
            assert check_head(check.name) in said
        for part in value_words(check.value, check.interval).split(" ["):
            assert " ".join(part.split()) in said
    for measure in MEASURES:
        assert measure_head(measure.name).split()[0] in said
    assert "not measured" in said
    assert said.count("doubtful") == 2
    assert isinstance(TABLE, Drawing)


def test_an_answer_is_a_sign_and_a_word() -> None:
    assert [check_answer(check) for check in CHECKS] == ["✓ yes", "✗ partly", "– not checked", "✓ yes"]


def test_the_csv_has_a_line_for_each_finding_and_checks_are_not_told_twice() -> None:
    lines = list(csv.DictReader(io.StringIO(TABLE.numbers())))
    own = [line for line in lines if line["method"] == "occlusion"]
    assert [line["name"] for line in own if line["kind"] == "check"] == [check.name for check in CHECKS]
    assert [line["name"] for line in own if line["kind"] == "measure"] == [measure.name for measure in MEASURES]
    assert [line["passed"] for line in own if line["kind"] == "check"] == ["yes", "no", "", "yes"]
    first = own[0]
    assert (float(first["value"]), float(first["low"]), float(first["high"])) == (0.11, 0.02, 0.2)
    assert [line["words"] for line in own if line["kind"] == "verdict"] == [row().sentence]


def test_the_caption_says_what_each_column_means() -> None:
    said = TABLE.caption()
    for words in ("weights are random", "shuffled labels", "Deletion", "Pointing game", "✗ not passed"):
        assert words in said


def test_maps_that_are_not_checked_yet_have_empty_cells_and_none_at_all_is_refused() -> None:
    heat = np.zeros((4, 4), np.float32)
    unknown = SanityRow("saliency", "score", heat)
    said = texts_of(SanityTable((row(), unknown)), FigureStyle())
    assert "not checked" in said
    with pytest.raises(ValueError, match="none of the 1 maps was checked or measured"):
        SanityTable((unknown,))


def test_a_kept_table_draws_the_same() -> None:
    (back,) = read_archive(write_archive([Figure(TABLE, Provenance(kind="sanity"), "checks")]))
    assert draw_file(back.drawing, "svg") == draw_file(TABLE, "svg")
    assert back.drawing.numbers() == TABLE.numbers()
