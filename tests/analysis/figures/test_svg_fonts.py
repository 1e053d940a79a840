"""Fonts inside SVG and PDF: only what is used, the same every time, and used by a browser."""

import base64
import io
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from analysis.figures.export import draw_file, export_figure
from analysis.figures.figure import Figure
from analysis.figures.fonts import offered_fonts
from analysis.figures.style import FigureStyle
from analysis.figures.svg_fonts import embed_fonts
from analysis.provenance import Provenance, read_provenance
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError

RULE = re.compile(
    r"@font-face{font-family:'([^']*)';font-weight:(\d+);font-style:(\w+);src:url\(data:font/woff;base64,([^)]*)\)"
)


@dataclass(frozen=True, eq=False)
class Words:
    """A line of text."""

    kind: ClassVar[str] = "words"
    text: str = "plain"
    weight: str = "normal"

    def height(self, style: FigureStyle) -> float:
        return 1.0

    def draw(self, part: Any, style: FigureStyle) -> None:
        part.text(0.1, 0.5, self.text, fontweight=self.weight)

    def numbers(self) -> str:
        return ""

    def caption(self) -> str:
        return "Words."


def faces(svg: bytes) -> dict[tuple[str, str, str], TTFont]:
    found = RULE.findall(svg.decode())
    return {(name, weight, slant): TTFont(io.BytesIO(base64.b64decode(data))) for name, weight, slant, data in found}


def test_only_the_faces_that_are_used_are_inside() -> None:
    assert list(faces(draw_file(Words(), "svg"))) == [("DejaVu Sans", "400", "normal")]
    assert list(faces(draw_file(Words(weight="bold"), "svg"))) == [("DejaVu Sans", "700", "normal")]
    assert [face[2] for face in faces(draw_file(Words("$x$"), "svg"))] == ["oblique"]
    assert not faces(draw_file(Words(""), "svg"))


def test_the_letters_of_the_drawing_and_those_of_a_correction_are_inside() -> None:
    (font,) = faces(draw_file(Words("β → −3 é"), "svg")).values()
    letters = set(font.getBestCmap())
    assert {*map(ord, "β→−é"), *range(0x20, 0x7F)} <= letters
    assert len(letters) < 120
    assert font["hmtx"]["A"][0] > 0


def test_a_face_stays_small() -> None:
    assert len(draw_file(Words(), "svg")) < 25_000


def test_the_same_drawing_has_the_same_bytes_and_is_embedded_once() -> None:
    svg = draw_file(Wave(), "svg")
    assert draw_file(Wave(), "svg") == svg
    assert embed_fonts(svg) == svg


def test_provenance_covers_the_fonts() -> None:
    svg = export_figure(Figure(Wave(), Provenance(kind="wave"), "A wave"), "svg")
    assert read_provenance(svg).warnings == ()
    assert read_provenance(svg.replace(b"font-weight:400", b"font-weight:900", 1)).warnings


def test_an_svg_without_text_stays_as_it_is() -> None:
    bare = b'<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt"><path d="M0 0L9 9"/></svg>'
    assert embed_fonts(bare) == bare


def test_a_font_that_is_not_installed_is_not_claimed() -> None:
    named = b'<svg xmlns="http://www.w3.org/2000/svg"><text style="font-family: \'No Such Font\'">a</text></svg>'
    assert embed_fonts(named) == named


def test_fonts_of_a_pdf_are_embedded_subsets() -> None:
    with pikepdf.open(io.BytesIO(draw_file(Wave(), "pdf"))) as pdf:
        fonts = list(pdf.pages[0].Resources.Font.values())
        parts = [part for font in fonts for part in font.get("/DescendantFonts", [font])]
        assert parts
        for part in parts:
            assert part.FontDescriptor.get("/FontFile2") is not None
            assert re.match(r"/[A-Z]{6}\+DejaVuSans", str(part.BaseFont))


def test_a_style_with_a_font_that_is_not_installed_is_refused() -> None:
    with pytest.raises(FigureError, match=r'font="No Such Font" is not installed.*take one of DejaVu Sans'):
        draw_file(Wave(), "png", FigureStyle(font="No Such Font"))


@pytest.mark.parametrize("font", offered_fonts())
def test_every_offered_font_is_embedded(font: str) -> None:
    style = FigureStyle(font=font)
    assert [name for name, _, _ in faces(draw_file(Words(), "svg", style))] == [font]
    assert draw_file(Words(), "pdf", style)
