"""Every kind of figure in every format: what goes in comes out again, text stays text, edits are noticed."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from functools import cache

import pytest

from analysis.figures.export import FileForm, draw_file, export_figure
from analysis.figures.figure import Figure
from analysis.figures.legibility import smallest_text
from analysis.figures.style import SMALLEST_POINTS, FigureStyle
from analysis.provenance import read_provenance
from app.views import View
from tests.analysis.figures.samples import SAMPLES, figure_with

STYLE = FigureStyle(dpi=72)
TEXT = "{http://www.w3.org/2000/svg}text"
KINDS_AND_FORMS = [(kind, form) for kind in SAMPLES for form in ("png", "svg", "pdf")]
FILMS = [(kind, form) for kind in SAMPLES if kind.startswith("path") for form in ("gif", "mp4")]


@cache
def figure(kind: str) -> Figure:
    made = figure_with(SAMPLES[kind]())
    return replace(made, provenance=made.provenance.stamped())


@cache
def exported(kind: str, form: FileForm) -> bytes:
    return export_figure(figure(kind), form, STYLE)


def words_of_svg(svg: bytes) -> set[str]:
    """Words of its text elements; formulas are written letter by letter."""
    texts = ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter(TEXT)]
    return {word for text in texts for word in re.findall(r"[A-Za-z]{4,}", text)}


def test_paths_move_and_others_do_not() -> None:
    for kind in SAMPLES:
        assert ("gif" in figure(kind).forms) == kind.startswith("path")


@pytest.mark.parametrize(("kind", "form"), [*KINDS_AND_FORMS, *FILMS])
def test_the_provenance_and_the_view_come_out_as_they_went_in(kind: str, form: FileForm) -> None:
    found = read_provenance(exported(kind, form))
    assert found.warnings == ()
    assert found.container == form
    assert found.provenance == figure(kind).provenance
    view = View.from_json(found.provenance.view)
    assert view == View.from_json(figure(kind).provenance.view)
    assert view.query["cohort"] == ("label=effusion", "split=test")


@pytest.mark.parametrize("kind", SAMPLES)
def test_text_of_an_svg_can_be_edited_and_text_of_a_pdf_selected(kind: str) -> None:
    written = words_of_svg(exported(kind, "svg"))
    assert written
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on the PATH; install Debian's poppler-utils to read PDF text as readers do")
    told = subprocess.run(
        ["pdftotext", "-", "-"], input=exported(kind, "pdf"), stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    selectable = re.sub(r"\s", "", told)
    assert {word for word in written if word not in selectable} == set()


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_pdf_is_legible(kind: str) -> None:
    assert smallest_text(exported(kind, "pdf"), "pdf") >= SMALLEST_POINTS - 0.01


@pytest.mark.parametrize("kind", SAMPLES)
def test_an_edited_label_is_noticed(kind: str) -> None:
    svg = exported(kind, "svg").decode()
    text = next(part for part in re.findall(r">([^<>]{3,})</text>", svg) if "&" not in part)
    warnings = read_provenance(svg.replace(f">{text}</text>", ">made up</text>", 1).encode()).warnings
    assert len(warnings) == 1
    assert "drawing was edited" in warnings[0]


@pytest.mark.parametrize("kind", ["path", "map", "attribution"])
def test_the_same_drawing_makes_the_same_file(kind: str) -> None:
    assert draw_file(figure(kind).drawing, "svg", STYLE) == draw_file(SAMPLES[kind](), "svg", STYLE)
