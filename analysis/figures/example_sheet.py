"""A case beside the training cases that stand behind it, as a contact sheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from analysis.figures.example_tile import (
    BAR,
    BLUE,
    VERMILION,
    Tile,
    draw_case,
    draw_share,
    drawn_channels,
    fitting_lines,
    tile_aspect,
)
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import LONGEST, MARGIN, Paper, head_height
from analysis.figures.style import FigureStyle
from xaae_core.signal_form import SignalForm, case_noun

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

__all__ = ["SheetFigure", "SheetRow", "Tile"]

_NARROW = 4.4
_GAP = 0.1
_TILE, _NARROW_TILE, _SMALLEST = 0.92, 0.6, 0.5  # inches: usual width of a tile, in one column, and the least


@dataclass(frozen=True, eq=False)
class SheetRow:
    """Training cases that matter in one way.

    Attributes:
        role: "similar", "part of the mixture", "helpful" or "harmful"; bars of the last grow from the right.
        title: above them.
        words: beside the title: what the numbers are.
        tiles: the most important first.
    """

    role: str
    title: str
    words: str
    tiles: Sequence[Tile]


@dataclass(frozen=True, eq=False)
class SheetFigure:
    """What a contact sheet shows: the case, framed, then its examples row by row, each with its score.

    All grey pictures share one grey scale; a picture that was not found leaves its place empty and says so.

    Attributes:
        case: the explained case.
        rows: its training cases, by what they are to it.
        title: a line above.
        notes: below the pictures, such as the methods and their parameters; wrapped, never cut.
        form: what the signals look like; None of pictures.
    """

    kind: ClassVar[str] = "examples"
    case: Tile
    rows: Sequence[SheetRow]
    title: str = ""
    notes: tuple[str, ...] = ()
    form: SignalForm | None = None

    def height(self, style: FigureStyle) -> float:
        """Inches it takes; no more than a page where pictures can be made smaller."""
        return _Sheet(self, style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the case, the rows and the notes."""
        _Sheet(self, style).draw(part)

    def numbers(self) -> str:
        """A line for each example: how it matters, its place, its name, its score."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["role", "rank", "case", "score", "told", "words"])
        for row in self.rows:
            for rank, tile in enumerate(row.tiles, start=1):
                score = f"{tile.score:.8g}" if math.isfinite(tile.score) else ""
                table.writerow([row.role, rank, tile.name, score, tile.told, "; ".join(tile.lines)])
        return text.getvalue()

    def caption(self) -> str:
        """What is seen, row by row."""
        rows = "; ".join(f"{row.title}: {row.words}" if row.words else row.title for row in self.rows)
        said = [f"Framed: the explained {case_noun(self.form)} ({self.case.name}). Beside it training cases. {rows}."]
        if any(math.isfinite(tile.share) for row in self.rows for tile in row.tiles):
            said.append("Bars: the scores in parts of the row's scale; those of harmful cases grow from the right.")
        if self.form is not None and len(drawn_channels(self.form)) < self.form.n_channels:
            named = ", ".join(self.form.channel_names[channel] for channel in drawn_channels(self.form))
            said.append(f"Of {self.form.n_channels} channels these are drawn: {named}.")
        return " ".join([*said, *(f"{note.rstrip('.')}." for note in self.notes)])


class _Sheet:
    """Where everything of a sheet lies."""

    def __init__(self, figure: SheetFigure, style: FigureStyle) -> None:
        self.figure, self.style = figure, style
        self.is_narrow = style.width < _NARROW
        pictures = [figure.case.picture, *(tile.picture for row in figure.rows for tile in row.tiles)]
        self.aspect = tile_aspect(pictures, figure.form)
        self.top = head_height(figure.title, style)
        self.case_width = min(1.2, 0.36 * style.width) if self.is_narrow else 1.45
        self.left = MARGIN if self.is_narrow else MARGIN + self.case_width + 0.22
        self.room = style.width - MARGIN - self.left
        longest = max((1, *(len(row.tiles) for row in figure.rows)))
        tile = _NARROW_TILE if self.is_narrow else _TILE
        most = max(1, int((self.room + _GAP) / (tile + _GAP)))
        self.a_row = -(-longest // -(-longest // most))  # as many in each line
        widest = (self.room - (self.a_row - 1) * _GAP) / self.a_row
        self.side = self._fitting(min(widest, 1.3))

    def _fitting(self, widest: float) -> float:
        """Width of a tile with which all rows fit a page."""
        self.side = widest
        over = self.height - LONGEST
        n_lines = sum(self._lines_of(row) for row in self.figure.rows)
        return max(_SMALLEST, widest - max(0.0, over) / max(1, n_lines) / self.aspect)

    def _lines_of(self, row: SheetRow) -> int:
        return max(1, -(-len(row.tiles) // self.a_row))

    def _head(self, row: SheetRow) -> list[str]:
        return wrap_words(row.words, self.room, self.style)

    def _told(self, tile: Tile) -> tuple[list[str], list[str]]:
        """What stands below a picture: the score in words, then the others."""
        told = wrap_words(tile.told, self.side, self.style, "tiny", most=2, is_bold=True)
        return told, fitting_lines((tile.name, *tile.lines), self.side, self.style)

    def _told_height(self, tiles: Sequence[Tile]) -> float:
        n = max((sum(map(len, self._told(tile))) for tile in tiles), default=0)
        bar = BAR + 0.03 if any(math.isfinite(tile.share) for tile in tiles) else 0.0
        return self.style.line("tiny", n) + bar + 0.03

    def _parts(self, row: SheetRow) -> list[Sequence[Tile]]:
        """The tiles of a row, as many as lie beside each other."""
        return [row.tiles[start : start + self.a_row] for start in range(0, len(row.tiles), self.a_row)]

    def _row_height(self, row: SheetRow) -> float:
        lines = sum(self.side * self.aspect + self._told_height(part) for part in self._parts(row))
        head = self.style.line("text") + self.style.line("small", len(self._head(row))) + 0.03
        return head + (lines or self.style.line("small")) + 0.1

    @property
    def _case_lines(self) -> list[str]:
        inches = self.room - self.case_width - 0.1 if self.is_narrow else self.case_width
        return fitting_lines((self.figure.case.name, *self.figure.case.lines), inches, self.style, most=3, what="small")

    @property
    def _case_height(self) -> float:
        told = self.style.line("small", len(self._case_lines))
        high = self.case_width * self.aspect
        return max(high, told) + 0.12 if self.is_narrow else high + told + 0.05

    @property
    def _notes(self) -> list[str]:
        inches = self.style.width - 2 * MARGIN
        return [line for note in self.figure.notes for line in wrap_words(note, inches, self.style, "tiny")]

    @property
    def height(self) -> float:
        """Inches of all."""
        rows = sum(map(self._row_height, self.figure.rows))
        body = self._case_height + rows if self.is_narrow else max(self._case_height, rows)
        notes = self._notes
        return self.top + body + (self.style.line("tiny", len(notes)) + 0.06 if notes else 0) + 0.02

    def draw(self, part: FigureBase) -> None:
        paper = Paper.ruled(part, self.style, self.height)
        paper.head(self.figure.title)
        self._draw_subject(paper)
        top = self.top + (self._case_height if self.is_narrow else 0)
        for row in self.figure.rows:
            self._draw_row(paper, row, top)
            top += self._row_height(row)
        notes = self._notes
        paper.write(MARGIN, self.height - self.style.line("tiny", len(notes)) - 0.02, notes, "tiny", colour="#555555")

    def _draw_subject(self, paper: Paper) -> None:
        high = self.case_width * self.aspect
        axes = paper.axes(MARGIN + 0.015, self.top + 0.015, self.case_width - 0.03, high - 0.03)
        draw_case(axes, self.figure.case.picture, self.figure.form, self.style, is_framed=True)
        left = MARGIN + self.case_width + 0.1 if self.is_narrow else MARGIN
        top = self.top if self.is_narrow else self.top + high + 0.04
        named, *others = self._case_lines
        top = paper.write(left, top, [named], is_bold=True)
        paper.write(left, top, others)

    def _draw_row(self, paper: Paper, row: SheetRow, top: float) -> None:
        level = paper.write(self.left, top, [row.title], "text", is_bold=True)
        level = paper.write(self.left, level, self._head(row)) + 0.03
        if not row.tiles:
            paper.write(self.left, level, ["none"], colour="#555555")
        for tiles in self._parts(row):
            for place, tile in enumerate(tiles):
                self._draw_tile(paper, tile, self.left + place * (self.side + _GAP), level, row.role == "harmful")
            level += self.side * self.aspect + self._told_height(tiles)

    def _draw_tile(self, paper: Paper, tile: Tile, left: float, top: float, is_harmful: bool) -> None:
        high = self.side * self.aspect
        draw_case(paper.axes(left, top, self.side, high), tile.picture, self.figure.form, self.style)
        level = top + high + 0.03
        if math.isfinite(tile.share):
            colour = VERMILION if is_harmful else BLUE
            draw_share(paper, left, level, self.side, tile.share, colour=colour, from_right=is_harmful)
            level += BAR + 0.02
        told, others = self._told(tile)
        level = paper.write(left, level, told, "tiny", is_bold=True)
        paper.write(left, level, others, "tiny")
