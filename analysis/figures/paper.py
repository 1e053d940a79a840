"""A sheet with a title and text in lines: tables, rows of pictures with words beside them, contact sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from analysis.figures.lettering import wrap_words
from analysis.figures.sheets import Sheet
from analysis.figures.style import FigureStyle, Size

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MARGIN = 0.04
"""Inches that stay free at every edge."""
LONGEST = 9.3
"""Inches of the longest figure that a page takes, with its caption below."""
INK = "#1b1b1b"


@dataclass(frozen=True)
class Paper(Sheet):
    """A sheet that is written on in a style.

    Attributes:
        style: its text.
    """

    style: FigureStyle

    @classmethod
    def ruled(cls, part: FigureBase, style: FigureStyle, height: float) -> Self:
        """Paper that covers a part of a figure whose layout is constrained, as wide as the style says."""
        grid = part.subfigures(1, 1, squeeze=False)  # a layout without any grid in it would warn
        return cls(grid[0, 0], style.width, height, style)

    def write(
        self,
        left: float,
        top: float,
        lines: Sequence[str],
        what: Size = "small",
        *,
        colour: str = INK,
        is_bold: bool = False,
        align: str = "left",
    ) -> float:
        """Write lines below each other, the first one's top at `top`; returns where the next would begin.

        Args:
            left: where they begin; with `align` "center" or "right" their middle or end.
            top: of the first line.
            lines: as `wrap_words` gives them.
            what: kind of text.
            colour: of the letters.
            is_bold: whether they are bold.
            align: "left", "center" or "right".
        """
        step, size = self.style.line(what), self.style.size(what)
        for place, line in enumerate(lines):
            middle = 1 - (top + (place + 0.5) * step) / self.height
            self.part.text(
                left / self.style.width, middle, line, fontsize=size, color=colour, va="center_baseline", ha=align,
                fontweight="bold" if is_bold else "normal",
            )  # fmt: skip
        return top + step * len(lines)

    def head(self, title: str) -> float:
        """Write the title; returns where what is below it begins."""
        lines = title_lines(title, self.style)
        return self.write(MARGIN, MARGIN, lines, "title", is_bold=True) + (0.05 if lines else 0)

    def rule(self, top: float, *, left: float = MARGIN, right: float | None = None, colour: str = "#b0b0b0") -> None:
        """A thin line across."""
        from matplotlib.lines import Line2D

        end = self.style.width - MARGIN if right is None else right
        level = 1 - top / self.height
        places = (left / self.style.width, end / self.style.width)
        self.part.add_artist(Line2D(places, (level, level), color=colour, linewidth=0.5))


def title_lines(title: str, style: FigureStyle) -> list[str]:
    """A title as lines that fit the width, three at most."""
    return wrap_words(title, style.width - 2 * MARGIN, style, "title", most=3, is_bold=True)


def head_height(title: str, style: FigureStyle) -> float:
    """Inches above which `Paper.head` writes the title."""
    n = len(title_lines(title, style))
    return MARGIN + style.line("title", n) + (0.05 if n else 0)
