"""What a data check found, as a figure of text: how bad, what, and what to do."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from analysis.figures.formats import OKABE_ITO, plain
from analysis.figures.style import FigureStyle
from xaae_core.data.checks import Finding, Level
from xaae_core.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

LEVEL_WORDS: dict[Level, str] = {
    "stop": "Mend this first",
    "warn": "Look at this",
    "note": "Worth knowing",
    "good": "Fine",
}
"""How bad a finding is, in words; the same on the page."""
_MARKS: dict[Level, tuple[str, str]] = {
    "stop": ("X", OKABE_ITO[1]),
    "warn": ("^", OKABE_ITO[4]),
    "note": ("o", OKABE_ITO[0]),
    "good": ("s", OKABE_ITO[2]),
}
_WIDE_MM = 120.0
_LETTER = 0.56  # width of a letter in font sizes, about
_BOLD_LETTER = 0.66
_LEFT = 0.14  # inches beside the marks
_GAP = 0.07
_COLUMN_SHARE = 0.44


@dataclass(frozen=True)
class CheckLine:
    """A finding, without the names of cases.

    Attributes:
        level: "stop", "warn", "note" or "good".
        check: which check found it.
        title: what was found.
        detail: what it does to results; may be empty.
        remedy: what to do; may be empty.
        n_cases: cases it is about; 0 where it is about all.
    """

    level: Level
    check: str
    title: str
    detail: str
    remedy: str
    n_cases: int


@dataclass(frozen=True)
class DataCheckTable:
    """A table of findings.

    Attributes:
        words: the data in a few words.
        lines: the worst first.
    """

    kind: ClassVar[str] = "data_check"
    words: str
    lines: tuple[CheckLine, ...]

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        heads = style.line("text", len(self._head(style)))
        return heads + sum(_height(row, style) for row in self._rows(style)) + 2 * _GAP + 0.1

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Write the findings below each other; what to do beside them, in one column below them."""
        width, height = style.width - 0.1, self.height(style)
        axes = part.subplots()
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        y = 0.02
        for words in self._head(style):
            _write(axes, 0, y, words, fontsize=style.size("text"), fontweight="bold")
            y += style.line("text")
        y += _GAP
        for line, row in zip(self.lines, self._rows(style), strict=True):
            axes.plot((0, width), (y, y), color="#d0d0d0", linewidth=0.5)
            _draw_row(axes, line, row, y + _GAP, style, width)
            y += _height(row, style)

    def numbers(self) -> str:
        """One row for each finding."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["level", "check", "finding", "effect", "what_to_do", "cases"])
        for line in self.lines:
            writer.writerow([line.level, line.check, line.title, line.detail, line.remedy, line.n_cases])
        return text.getvalue()

    def caption(self) -> str:
        """How many findings of each kind."""
        counts = [(words, sum(line.level == level for line in self.lines)) for level, words in LEVEL_WORDS.items()]
        told = ", ".join(f"“{words}” {count}" for words, count in counts if count)
        return f"What a check of the data found before any model was trained on them ({self.words}). Findings: {told}."

    def _head(self, style: FigureStyle) -> list[str]:
        return textwrap.wrap(self.words, max(16, int(style.width * 72 / (style.size("text") * _BOLD_LETTER))))

    def _rows(self, style: FigureStyle) -> list[tuple[list[str], list[str]]]:
        """Of each finding the lines of its title, and of what to do."""
        inches = style.width - 0.1 - _LEFT
        is_wide = style.width_mm >= _WIDE_MM
        shares = (_COLUMN_SHARE, 1 - _COLUMN_SHARE) if is_wide else (1.0, 1.0)
        letters = [max(16, int(share * inches * 72 / (style.size("small") * _LETTER))) for share in shares]
        return [
            (
                textwrap.wrap(f"{LEVEL_WORDS[line.level]}: {line.title}", letters[0]),
                textwrap.wrap(line.remedy, letters[1]) if line.remedy else [],
            )
            for line in self.lines
        ]


def data_check_table(words: str, findings: Sequence[Finding]) -> DataCheckTable:
    """The table of a check.

    Args:
        words: the data in a few words.
        findings: without names of cases in their texts (`analysis.report.checked_data`), the worst first.

    Raises:
        FigureError: no findings.
    """
    if not findings:
        raise FigureError("this check found nothing at all: expected one finding or more, also of what is fine")
    lines = (
        CheckLine(found.level, found.check, found.title, found.detail, found.remedy, found.n_cases)
        for found in findings
    )
    return DataCheckTable(words, tuple(lines))


def _height(row: tuple[list[str], list[str]], style: FigureStyle) -> float:
    title, remedy = len(row[0]), len(row[1])
    n_lines = max(title, remedy) if style.width_mm >= _WIDE_MM else title + remedy
    return style.line("small", n_lines) + 2 * _GAP


def _draw_row(
    axes: Axes, line: CheckLine, row: tuple[list[str], list[str]], y: float, style: FigureStyle, width: float
) -> None:
    marker, colour = _MARKS[line.level]
    size, high = style.size("small"), style.line("small")
    axes.plot(0.05, y + high / 2, marker=marker, color=colour, markersize=4.5, markeredgewidth=0, linestyle="")
    x, below = _LEFT, y + len(row[0]) * high
    if style.width_mm >= _WIDE_MM:
        x, below = _LEFT + _COLUMN_SHARE * (width - _LEFT) + 0.05, y
    for place, (left, top, colour) in zip(row, ((_LEFT, y, "#1b1b1b"), (x, below, "#4a4a4a")), strict=True):
        for number, words in enumerate(place):
            _write(axes, left, top + number * high, words, fontsize=size, color=colour)


def _write(axes: Axes, x: float, y: float, words: str, **options: Any) -> None:
    text = axes.text(x, y, plain(words), va="top", **options)
    text.set_in_layout(False)  # places are inches: the axes must not shrink around a line
