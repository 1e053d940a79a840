"""Fonts and looks of text in a PDF report."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

_FACES = {"": "DejaVuSans", "B": "DejaVuSans-Bold", "I": "DejaVuSans-Oblique"}
FONT, BOLD, ITALIC = "XaaeSans", "XaaeSans-B", "XaaeSans-I"
_QUIET, _RULE = "#4a4a4a", "#999999"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@cache
def register_fonts() -> None:
    """Tell reportlab the fonts that come with matplotlib; they hold Latin, Greek, Cyrillic, signs of mathematics."""
    import matplotlib
    from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = dict(zip(_FACES, (FONT, BOLD, ITALIC), strict=True))
    for face, file in _FACES.items():
        registerFont(TTFont(names[face], str(folder / f"{file}.ttf")))
    registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


@cache
def text_styles() -> dict[str, Any]:
    """Looks of paragraphs by name."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    register_fonts()
    quiet = HexColor(_QUIET)

    def look(name: str, size: float, **more: Any) -> ParagraphStyle:
        told = {
            "fontName": FONT,
            "bulletFontName": FONT,
            "leading": size * 1.35,
            "textColor": HexColor("#1b1b1b"),
            "spaceAfter": size * 0.5,
        }
        return ParagraphStyle(name, fontSize=size, allowWidows=0, allowOrphans=0, **{**told, **more})

    return {
        "h1": look("h1", 19, fontName=BOLD, leading=23, spaceAfter=4),
        "h2": look("h2", 13, fontName=BOLD, spaceBefore=16, spaceAfter=5, borderPadding=(0, 0, 2, 0)),
        "h3": look("h3", 10.5, fontName=BOLD, spaceBefore=10, spaceAfter=3),
        "": look("text", 9),
        "quiet": look("quiet", 9, textColor=quiet),
        "small": look("small", 7.5, leftIndent=12, firstLineIndent=-12, spaceAfter=2.5),
        "caption": look("caption", 7.5, textColor=quiet, spaceBefore=3, spaceAfter=8),
        "answer": look("answer", 13, fontName=BOLD, spaceAfter=3),
        "cell": look("cell", 7.5, leading=9.8, spaceAfter=0),
        "name": look("name", 7.5, leading=9.8, spaceAfter=0, fontName=BOLD),
        "number": look("number", 7.5, leading=9.8, spaceAfter=0, alignment=2),
        "title": look("title", 7.5, leading=9.8, spaceBefore=5, spaceAfter=0, textColor=quiet),
        "bullet": look("bullet", 9, leftIndent=14, bulletIndent=2, spaceAfter=2.5),
    }


def plain_markup(text: str) -> str:
    """A text as reportlab's markup: nothing in it is taken for markup, and nothing for a sign of control."""
    return escape(_CONTROLS.sub("", text), quote=False)


def paragraph(text: str, look: str = "", **more: Any) -> Any:
    """A paragraph of plain text."""
    from reportlab.platypus import Paragraph

    return Paragraph(plain_markup(text), text_styles()[look], **more)


def text_width(text: str, look: str) -> float:
    """Points that a text takes on one line."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    style = text_styles()[look]
    return float(stringWidth(_CONTROLS.sub("", text), style.fontName, style.fontSize))
