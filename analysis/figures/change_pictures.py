"""A change of a picture: four pictures of one size, beside each other or in two rows, and a colour bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from analysis.figures.lettering import cut_text
from analysis.figures.picture_strip import (
    change_bar_inches,
    draw_change,
    draw_change_bar,
    draw_title,
    drawn_channels,
    title_inches,
)
from analysis.figures.pictures import show_picture
from analysis.figures.sheets import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.change_map import ChangeMap
    from analysis.figures.style import FigureStyle

_MARGIN, _GAP = 0.03, 0.06
_ONE_ROW_INCHES = 4.3  # narrower figures have two rows of two


@dataclass(frozen=True)
class ChangePictures:
    """The four pictures in a style.

    Attributes:
        drawing: of a picture.
        style: it is drawn in.
    """

    drawing: ChangeMap
    style: FigureStyle

    @cached_property
    def height(self) -> float:
        """In inches."""
        rows = 4 // self._n_columns
        return self._top + rows * (self._cell[1] + self._head) + (rows - 1) * _GAP + self._notes_inches

    def draw(self, part: FigureBase) -> None:
        """Draw everything."""
        sheet = Sheet.on(part, self.style.width, self.height)
        draw_title(sheet, self._title, self.style)
        pictures = {
            "original": self.drawing.original,
            f"decoded at {self._step}": self.drawing.decoded,
            "on the original": self.drawing.on_original,
        }
        marks = drawn_channels(self.drawing.original)
        for place, (label, pixels) in enumerate(pictures.items()):
            axes = self._axes(sheet, place, label)
            show_picture(axes, drawn_channels(pixels), self.style, marks_of=marks)
        change, limit = self.drawing.change.mean(axis=0), self.drawing.limit
        drawn = draw_change(self._axes(sheet, 3, "change"), change, limit, self.style, marks_of=marks)
        left, top = self._place(3)
        draw_change_bar(sheet, drawn, left + self._cell[0] + 0.04, top, self._cell[1], limit, self.style, is_right=True)
        bottom = self.height - self._notes_inches
        for number, line in enumerate(self._notes):
            place_of_line = bottom + 0.05 + self.style.line("small", number)
            sheet.text(_MARGIN, place_of_line, line, self.style.size("small"), color="#1b1b1b")

    def _axes(self, sheet: Sheet, number: int, label: str) -> object:
        left, top = self._place(number)
        size = self.style.size("text")
        words = cut_text(label, size, self._cell[0] + _GAP)
        weight = "normal" if number else "bold"
        middle = left + self._cell[0] / 2
        sheet.text(middle, top - 0.03, words, size, ha="center", va="bottom", weight=weight)
        return sheet.axes(left, top, *self._cell)

    def _place(self, number: int) -> tuple[float, float]:
        """Left and upper edge of a picture."""
        row, column = divmod(number, self._n_columns)
        width, height = self._cell
        top = self._top + self._head + row * (height + self._head + _GAP)
        return _MARGIN + column * (width + _GAP), top

    @cached_property
    def _n_columns(self) -> int:
        return 4 if self.style.width >= _ONE_ROW_INCHES else 2

    @cached_property
    def _cell(self) -> tuple[float, float]:
        """Width and height of a picture."""
        rows, columns = self.drawing.decoded.shape[-2:]
        bar = change_bar_inches(self.drawing.limit, self.style)
        width = (self.style.width - 2 * _MARGIN - bar - (self._n_columns - 1) * _GAP) / self._n_columns
        return width, min(width * rows / columns, 2.5 * width)

    @cached_property
    def _step(self) -> str:
        return self.drawing.step_words.split(" SD")[0] + " SD"

    @cached_property
    def _title(self) -> list[str]:
        return self.drawing.title_lines(self.style)

    @cached_property
    def _notes(self) -> list[str]:
        return self.drawing.note_lines(self.style, self.style.width - 2 * _MARGIN)

    @cached_property
    def _notes_inches(self) -> float:
        return self.style.line("small", len(self._notes)) + (0.08 if self._notes else 0.03)

    @property
    def _top(self) -> float:
        return title_inches(self._title, self.style)

    @property
    def _head(self) -> float:
        """Height of the words above a picture."""
        return self.style.line("text") + 0.04
