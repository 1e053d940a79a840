"""A report as one HTML page that needs nothing else and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape

from analysis.figures.export import MIME, export_figure
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from analysis.provenance import embed_provenance
from analysis.report import html_pieces as pieces
from analysis.report.blocks import Answer, Block, Bullets, Facts, Grid, Heading, Paragraph, Picture
from analysis.report.content import Report
from analysis.report.sections import report_blocks

_MOST_SVG = 1_500_000
"""Bytes of an SVG above which a figure is a PNG: a browser would be slow to draw it."""


def html_of(report: Report) -> str:
    """The page, with the provenance of the report in a meta element, and that of each figure in the figure itself."""
    blocks = report_blocks(report)
    page = pieces.page(report.title, _parts(blocks, replace(report.settings.style, has_words=False)))
    return embed_provenance(page.encode(), "html", report.provenance).decode()


def framed(page: str, title: str) -> str:
    """A page inside another one: neither sees the other's styles, and the reader scrolls in it."""
    look = "width: 100%; height: 42rem; border: 1px solid #999; background: #fff"
    return f'<iframe title="{escape(title)}" srcdoc="{escape(page)}" sandbox style="{look}"></iframe>'


def _parts(blocks: tuple[Block, ...], style: FigureStyle) -> Iterator[str]:
    sections = [block for block in blocks if isinstance(block, Heading) and block.level == 2]
    for block in blocks:
        if sections and block is sections[0]:
            yield pieces.contents([section.text for section in sections])
        if isinstance(block, Heading):
            place = sections.index(block) + 1 if block.level == 2 else 0
            yield pieces.heading(block.text, block.level, anchor=f"s{place}" if place else "")
        else:
            yield _written(block, style)


def _written(block: Block, style: FigureStyle) -> str:
    match block:
        case Paragraph():
            return pieces.paragraph(block.text, block.tone)
        case Bullets():
            return pieces.bullets(block.texts)
        case Answer():
            told = "".join(pieces.paragraph(text) for text in (block.sentence, *block.reasons))
            return f'<div class="verdict {block.level}">{told}</div>'
        case Facts():
            return pieces.facts(block.entries)
        case Grid():
            return pieces.grid(block.header, block.rows, caption=block.caption)
        case Picture():
            content, mime = _drawn(block.figure, style)
            caption = f"Figure {block.number}. {block.caption}"
            return pieces.picture(content, block.alt, caption, mime=mime)
        case Heading():
            return pieces.heading(block.text, block.level)


def _drawn(figure: Figure, style: FigureStyle) -> tuple[bytes, str]:
    """A figure as SVG, or as PNG where that would be large; with its provenance, so that a saved one reopens."""
    content = export_figure(figure, "svg", style)
    if len(content) <= _MOST_SVG:
        return content, MIME["svg"]
    return export_figure(figure, "png", style), MIME["png"]
