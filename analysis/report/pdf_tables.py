"""Tables of a PDF report: as wide as their words, broken over pages between rows with their header repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.report.blocks import Cell, Facts, Grid
from analysis.report.number_words import number
from analysis.report.pdf_text import paragraph, text_width

_PADDING = 8.0
"""Points between columns."""
_GAP = 28.0
"""Points between the halves of a folded table."""
_LEAST = 24.0
_LONGEST_WORD = 90.0
"""Points after which a word may be broken."""
_LONG = 10
"""Rows from which on a narrow table is folded into two halves beside each other."""
_FEW_LINES = 80.0
_KEPT_SHARE = 0.3
"""Share of a page up to which a table is not broken."""


def facts_table(facts: Facts, width: float) -> Any:
    """Names and values in two columns."""
    rows = [[paragraph(name, "name"), paragraph(value, "cell")] for name, value in facts.shown]
    names = max((text_width(name, "name") for name, _ in facts.shown), default=0.0)
    first = min(names + _PADDING, width * 0.4)
    return _table(rows, [first, width - first], n_repeated=0)


def grid_tables(grid: Grid, width: float, height: float) -> Iterator[Any]:
    """A table with its caption; where it is too wide for the page, several with the first column in each.

    Args:
        grid: the table.
        width: points between the margins.
        height: points of a whole page.
    """
    from reportlab.platypus import CondPageBreak, KeepTogether

    least, most = _widths(grid)
    groups = _column_groups(least, width)
    for columns in groups:
        widths = _shared([least[at] for at in columns], [most[at] for at in columns], width)
        rows = [[_cell(row[at], is_name=at == 0) for at in columns] for row in (grid.header, *grid.rows)]
        rows[0] = [paragraph(grid.header[at], "name") for at in columns]
        table = _folded(rows, widths, width) or _table(rows, widths, n_repeated=1)
        parts = [*([paragraph(grid.caption, "title")] if grid.caption else []), table]
        is_short = table.wrap(width, height)[1] < _KEPT_SHARE * height
        yield from [KeepTogether(parts)] if is_short else [CondPageBreak(_FEW_LINES), *parts]


def _folded(rows: list[list[Any]], widths: Sequence[float], width: float) -> Any | None:
    """The table in two halves beside each other; None where it is short or wide."""
    header, *body = rows
    if len(body) < _LONG or 2 * sum(widths) + _GAP > width:
        return None
    half = -(-len(body) // 2)
    empty = [""] * len(header)
    right = [*body[half:], *([empty] * (2 * half - len(body)))]
    folded = [[*header, "", *header], *([*one, "", *other] for one, other in zip(body[:half], right, strict=True))]
    return _table(folded, [*widths, _GAP, *widths], n_repeated=1, gap=len(widths))


def _table(rows: list[list[Any]], widths: Sequence[float], *, n_repeated: int, gap: int | None = None) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table, TableStyle

    from analysis.report.pdf_text import FONT

    parts = [(0, -1)] if gap is None else [(0, gap - 1), (gap + 1, -1)]
    looks: list[tuple[Any, ...]] = [
        ("FONTNAME", (0, 0), (-1, -1), FONT),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    for first, last in parts:
        looks.append(("LINEBELOW", (first, 0), (last, -1), 0.4, HexColor("#cccccc")))
        if n_repeated:
            looks.append(("LINEBELOW", (first, 0), (last, n_repeated - 1), 0.8, HexColor("#666666")))
    return Table(rows, colWidths=list(widths), repeatRows=n_repeated, style=TableStyle(looks), hAlign="LEFT",
                 spaceBefore=3, spaceAfter=8, splitInRow=1)  # fmt: skip


def _widths(grid: Grid) -> tuple[list[float], list[float]]:
    """Least and full width of each column in points: its longest word, and its longest text."""
    least, most = [], []
    for at, head in enumerate(grid.header):
        texts = [(head, "name"), *((_text(row[at]), "cell" if at else "name") for row in grid.rows)]
        words = [(word, look) for text, look in texts for word in text.split()]
        longest = max((text_width(*word) for word in words), default=0.0)
        least.append(max(_LEAST, min(longest, _LONGEST_WORD) + _PADDING + 1))
        most.append(max(least[-1], max(text_width(*text) for text in texts) + _PADDING + 1))
    return least, most


def _shared(least: Sequence[float], most: Sequence[float], width: float) -> list[float]:
    """The page's width shared out: every column its least, the rest by what each lacks."""
    if sum(most) <= width:
        return list(most)
    lacking = sum(most) - sum(least)
    share = max(0.0, width - sum(least)) / lacking if lacking > 0 else 0.0
    return [low + share * (high - low) for low, high in zip(least, most, strict=True)]


def _column_groups(least: Sequence[float], width: float) -> list[list[int]]:
    """Columns that fit beside each other, the first one in every group."""
    groups: list[list[int]] = [[0]]
    for column in range(1, len(least)):
        if sum(least[at] for at in groups[-1]) + least[column] > width and len(groups[-1]) > 1:
            groups.append([0])
        groups[-1].append(column)
    return groups


def _cell(cell: Cell, *, is_name: bool) -> Any:
    return paragraph(_text(cell), "name" if is_name else "cell" if isinstance(cell, str) else "number")


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return number(cell) if isinstance(cell, float) else f"{cell:,}"
