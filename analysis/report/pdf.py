"""A report as a PDF on A4 that can be printed, searched and read aloud from its outline."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from analysis.provenance import embed_provenance
from analysis.report.blocks import Answer, Block, Bullets, Facts, Grid, Heading, Paragraph, Picture
from analysis.report.content import Report
from analysis.report.pdf_figures import DrawnFigure, Places, draw_figure, lay_figures
from analysis.report.pdf_tables import facts_table, grid_tables
from analysis.report.pdf_text import FONT, paragraph, plain_markup, register_fonts, text_styles
from analysis.report.sections import USE, report_blocks

_PAGE = (595.28, 841.89)  # A4 in points
_MARGIN, _FOOT = 51.0, 56.0
WIDTH = _PAGE[0] - 2 * _MARGIN
"""Points between the margins: 174 mm."""
_HEIGHT = _PAGE[1] - _MARGIN - _FOOT
_FEW_LINES = 110.0
"""A heading or table is begun on the next page where less than this is left."""
_OTHER_ROOM = 190.0
"""Points that the highest figure leaves for its heading, a paragraph and its caption."""
_SHORT, _FEW_TEXTS = 400, 8
_BARS = {"good": "#1b1b1b", "caution": "#8a6d00", "poor": "#8f1d14", "unknown": "#666666"}


def pdf_of(report: Report) -> bytes:
    """The PDF, with its provenance and that of every figure inside."""
    import pikepdf

    register_fonts()
    blocks = report_blocks(report)
    drawn = {
        block.number: draw_figure(block.figure.drawing, report.settings.style, WIDTH, _HEIGHT - _OTHER_ROOM)
        for block in blocks
        if isinstance(block, Picture)
    }
    n_pages = _laid_out(report, blocks, drawn, Places(), 0)[1]  # a first time, to know how many pages there are
    places = Places()
    content, _ = _laid_out(report, blocks, drawn, places, n_pages)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        lay_figures(pdf, places.found)
        _describe(pdf, report)
        stream = io.BytesIO()
        pdf.save(stream, deterministic_id=True)
    return embed_provenance(stream.getvalue(), "pdf", report.provenance)


def _laid_out(
    report: Report, blocks: Sequence[Block], drawn: dict[int, DrawnFigure], places: Places, n_pages: int
) -> tuple[bytes, int]:
    """The pages without figures, and how many there are."""
    stream = io.BytesIO()
    document = _document(report, stream, n_pages)
    document.build(list(_story(blocks, drawn, places)))
    return stream.getvalue(), document.page


def _document(report: Report, stream: io.BytesIO, n_pages: int) -> Any:
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    def foot(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 7)
        canvas.setFillGray(0.3)
        canvas.drawString(_MARGIN, _FOOT - 24, f"{_shortened(report.title)} · {USE}")
        canvas.drawRightString(_PAGE[0] - _MARGIN, _FOOT - 24, f"page {document.page} of {n_pages}")
        canvas.restoreState()

    class Document(BaseDocTemplate):
        def afterFlowable(self, flowable: Any) -> None:  # noqa: N802  # reportlab's name
            told = getattr(flowable, "outlined", None)
            if told is not None:
                text, level, key = told
                self.canv.bookmarkPage(key)
                self.canv.addOutlineEntry(text, key, level=level, closed=level > 0)

    document = Document(
        stream, pagesize=_PAGE, title=report.title, author=report.author or "xaae", subject=USE, creator="xaae",
        lang="en", initialFontName=FONT, invariant=1,
    )  # fmt: skip
    frame = Frame(_MARGIN, _FOOT, WIDTH, _HEIGHT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=foot)])
    return document


def _story(blocks: Sequence[Block], drawn: dict[int, DrawnFigure], places: Places) -> Iterator[Any]:
    """Everything in order; figures and short lists stay with the headings and short paragraphs above them."""
    from reportlab.platypus import CondPageBreak, KeepTogether

    above: list[Any] = []
    for block in blocks:
        parts = list(_flowables(block, drawn, places))
        if isinstance(block, Picture) or (isinstance(block, Bullets) and len(block.texts) <= _FEW_TEXTS):
            yield KeepTogether([*above, *parts])
            above = []
        elif isinstance(block, Heading) or (above and isinstance(block, Paragraph) and len(block.text) < _SHORT):
            above += parts
        else:
            yield from [*([CondPageBreak(_FEW_LINES)] if above else []), *above, *parts]
            above = []
    yield from above


def _flowables(block: Block, drawn: dict[int, DrawnFigure], places: Places) -> Iterator[Any]:
    """What a block is on the page."""
    match block:
        case Heading():
            yield _heading(block)
        case Paragraph():
            yield paragraph(block.text, block.tone)
        case Bullets():
            yield from (paragraph(text, "bullet", bulletText="•") for text in block.texts)
        case Answer():
            yield _answer(block)
        case Facts():
            yield facts_table(block, WIDTH)
        case Grid():
            yield from grid_tables(block, WIDTH, _HEIGHT)
        case Picture():
            caption = paragraph(f"Figure {block.number}. {block.caption}", "caption")
            yield from (places.box(drawn[block.number]), caption)


def _heading(block: Heading) -> Any:
    """A heading that the outline names, also where it is so long that it goes on on the next page."""
    from reportlab.platypus import Paragraph as Flowing

    class Outlined(Flowing):
        outlined = (block.text, block.level - 1, f"h{id(block)}")

        def split(self, width: float, height: float) -> list[Any]:
            parts: list[Any] = super().split(width, height)
            for part in parts[1:]:
                part.outlined = None
            return parts

    return Outlined(plain_markup(block.text), text_styles()[f"h{block.level}"])


def _answer(block: Answer) -> Any:
    """The verdict beside a bar."""
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table, TableStyle

    told = [paragraph(block.sentence, "answer"), *(paragraph(reason) for reason in block.reasons)]
    looks = [
        ("FONTNAME", (0, 0), (-1, -1), FONT),
        ("BACKGROUND", (0, 0), (-1, -1), HexColor("#f4f4f4")),
        ("LINEBEFORE", (0, 0), (0, -1), 4, HexColor(_BARS[block.level])),
        ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ("TOPPADDING", (0, 0), (-1, -1), 7),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table([[told]], colWidths=[WIDTH], style=TableStyle(looks), spaceBefore=8, spaceAfter=10)


def _describe(pdf: Any, report: Report) -> None:
    """Title, author, language and time, where viewers and readers look for them."""
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = report.title
        metadata["dc:language"] = {"en"}
        metadata["dc:description"] = USE
        metadata["xmp:CreateDate"] = metadata["xmp:ModifyDate"] = report.created
        if report.author:
            metadata["dc:creator"] = [report.author]
    pdf.Root.ViewerPreferences = {"/DisplayDocTitle": True}


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
