"""Reports as PDF: text that can be selected, figures as vectors, whole tables, an outline, and their provenance."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from analysis.figures.style import FigureStyle
from analysis.provenance import read_provenance
from analysis.report import make_report, report_pdf, write_report
from analysis.report.blocks import Heading, Picture, grid
from analysis.report.number_words import between
from analysis.report.pdf import WIDTH
from analysis.report.pdf_figures import draw_figure
from analysis.report.pdf_tables import _column_groups, _widths, grid_tables
from analysis.report.sections import report_blocks
from tests.analysis.figures.drawings import Wave
from tests.analysis.report.made_reports import HOSTILE, checkpoint, full_report, hostile_report, wave
from xaae_core.errors import FigureError

POPPLER = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")


@pytest.fixture(scope="module")
def file() -> bytes:
    return report_pdf(full_report())


@pytest.fixture(scope="module")
def text(file: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a reader selects, words with one space between."""
    return text_of(file, tmp_path_factory.mktemp("pdf"))


def text_of(file: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    (folder / "r.pdf").write_bytes(file)
    told = subprocess.run(["pdftotext", "-layout", str(folder / "r.pdf"), "-"], capture_output=True, check=True)
    return " ".join(told.stdout.decode().split())


def test_headings_captions_and_numbers_can_be_selected(text: str):
    report = full_report()
    for block in report_blocks(report):
        if isinstance(block, Heading):
            assert block.text in text
        if isinstance(block, Picture):
            assert f"Figure {block.number}." in text
    assert report.direction is not None
    assert between(report.direction.quality, report.direction.quality_interval) in text
    for moved in report.cases:
        assert moved.case.name in text
        for chance in moved.path.probabilities[:, 1]:
            assert f"{chance:.2f}" in text
    assert "Ä. Author" in text


def test_text_inside_figures_can_be_selected_too(text: str):
    assert "A wave" in text
    assert "time (s)" in text


def test_nothing_names_a_case_by_its_file(file: bytes, text: str):
    assert "Muster" not in text
    assert b"Muster" not in file


def test_every_page_is_numbered(file: bytes, text: str):
    n_pages = pages_of(file)
    assert n_pages >= 4
    for place in range(1, n_pages + 1):
        assert f"page {place} of {n_pages}" in text


def pages_of(file: bytes) -> int:
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return len(pdf.pages)


def test_it_has_an_outline_a_title_an_author_and_a_language(file: bytes):
    report = full_report()
    with pikepdf.open(io.BytesIO(file)) as pdf, pdf.open_outline() as outline:
        assert outline.root[0].title == report.title
        named = [entry.title for entry in outline.root[0].children]
        assert named == [each.text for each in report_blocks(report) if isinstance(each, Heading) and each.level == 2]
        assert str(pdf.docinfo["/Title"]) == report.title
        assert str(pdf.docinfo["/Author"]) == "Ä. Author"
        assert str(pdf.Root.Lang) == "en"
        assert str(pdf.docinfo["/CreationDate"]).startswith(f"D:{re.sub(r'[-:T]', '', report.created[:19])}")


def test_every_font_that_is_used_is_inside(file: bytes):
    with pikepdf.open(io.BytesIO(file)) as pdf:
        for font in fonts_of(pdf):
            parts = font.get("/DescendantFonts", [font])
            assert any(f"/FontFile{kind}" in parts[0].FontDescriptor for kind in ("", "2", "3")), font.BaseFont


def fonts_of(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font"
            and each.get("/Subtype") in ("/TrueType", "/Type0", "/Type1")]  # fmt: skip


def test_figures_are_vectors_in_their_final_size(file: bytes):
    with pikepdf.open(io.BytesIO(file)) as pdf:
        boxes = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)
                 and each.get("/Subtype") == "/Form" and each.get("/Group") is not None]  # fmt: skip
        drawn = [form for page in pdf.pages for form in page.form_xobjects.values()]
        assert len(drawn) >= 6
        for page in pdf.pages:
            for found in re.findall(rb"([\d.-]+) 0 0 ([\d.-]+) [\d.-]+ [\d.-]+ cm\s*/\S+ Do", contents_of(page)):
                assert [float(share) for share in found] == pytest.approx([1, 1], abs=0.002)
        assert all(float(form.BBox[2]) - float(form.BBox[0]) <= WIDTH + 0.5 for form in [*drawn, *boxes])


def contents_of(page: pikepdf.Page) -> bytes:
    page.contents_coalesce()
    return page.Contents.read_bytes()


def test_the_whole_is_known_and_each_of_its_figures(file: bytes):
    found = read_provenance(file)
    assert found.provenance.kind == "report"
    assert found.warnings == ()
    assert [panel["kind"] for panel in found.provenance.settings["panels"]] == [
        part.kind for part in full_report().parts
    ]


@POPPLER
def test_poppler_draws_every_page_without_complaint(file: bytes, tmp_path: Path):
    (tmp_path / "r.pdf").write_bytes(file)
    drawn = subprocess.run(["pdftoppm", "-r", "30", "-gray", "r.pdf", "p"], cwd=tmp_path, capture_output=True)
    assert drawn.returncode == 0
    assert drawn.stderr == b""
    assert len(list(tmp_path.glob("p-*.pgm"))) == pages_of(file)


def test_hostile_names_stay_text(tmp_path: Path):
    told = text_of(report_pdf(hostile_report()), tmp_path)
    assert HOSTILE in told


def test_other_scripts_are_written_and_signs_of_control_are_not(tmp_path: Path):
    made = make_report(checkpoint(), title="Ελληνικά, Кириллица, Türkçe\x00\x1b\ud800")
    file = report_pdf(made)
    assert "Ελληνικά, Кириллица, Türkçe" in text_of(file, tmp_path)


def test_a_word_without_end_is_broken_and_stays_on_the_page(tmp_path: Path):
    made = checkpoint()
    named = replace(made, card=replace(made.card, name="x" * 3000, classes=("y" * 400, "yes")))
    told = text_of(report_pdf(make_report(named)), tmp_path)
    assert told.count("x") >= 3000


def test_a_hundred_figures_are_taken(monkeypatch: pytest.MonkeyPatch):
    one = draw_figure(Wave(), FigureStyle(), WIDTH, 500)
    monkeypatch.setattr("analysis.report.pdf.draw_figure", lambda *arguments: one)
    file = report_pdf(make_report(checkpoint(), figures=[wave()] * 100))
    with pikepdf.open(io.BytesIO(file)) as pdf:
        assert sum(len(page.form_xobjects) for page in pdf.pages) >= 100


def test_a_figure_too_high_for_the_page_is_made_smaller_with_larger_text():
    low, high = (draw_figure(Wave(), FigureStyle(font_size=7), WIDTH, height) for height in (500.0, 90.0))
    assert low.height == pytest.approx(WIDTH / 3, abs=1)
    assert high.height == pytest.approx(90, abs=0.1)
    assert high.width < low.width


def test_a_wide_table_becomes_several_that_repeat_the_first_column():
    header = ("", *(f"column {place}" for place in range(20)))
    wide = grid(header, [("row", *range(20))], "Wide.")
    least, _ = _widths(wide)
    groups = _column_groups(least, WIDTH)
    assert len(groups) > 1
    assert all(group[0] == 0 for group in groups)
    assert sorted(at for group in groups for at in group[1:]) == list(range(1, 21))
    assert len(list(grid_tables(wide, WIDTH, 700))) == len(groups)


def test_it_is_written_whole_or_not_at_all(tmp_path: Path):
    report = make_report(checkpoint())
    with pytest.raises(FigureError, match=r'"r.doc" is no name for a report; expected an ending of .html or .pdf'):
        write_report(report, tmp_path / "r.doc")
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(OSError, match="blocked"):
        write_report(report, tmp_path / "blocked" / "r.pdf")
    assert [each.name for each in tmp_path.iterdir()] == ["blocked"]
    assert write_report(report, tmp_path / "R.PDF").read_bytes().startswith(b"%PDF-")
