"""A part of a figure as a sheet of paper: things lie at so many inches from its left and its top edge.

Tables, rows of pictures with words beside them and contact sheets are ruled like this; charts leave their layout to
matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from analysis.figures.formats import plain
from analysis.figures.style import FigureStyle, Size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase, SubFigure

MARGIN = 0.04
"""Inches that stay free at every edge."""
LONGEST = 9.3
"""Inches of the longest figure that a page takes, with its caption below."""
INK = "#1b1b1b"
_ROOM = 1.05  # letters of a coarse picture are set to whole dots, and so are wider


@dataclass(frozen=True)
class Paper:
    """A part of a figure, ruled in inches.

    Attributes:
        part: matplotlib figure, or a part of one.
        style: its width and text.
        height: inches.
    """

    part: SubFigure
    style: FigureStyle
    height: float

    @classmethod
    def on(cls, part: FigureBase, style: FigureStyle, height: float) -> Self:
        """A sheet that covers a part of a figure whose layout is constrained."""
        grid = part.subfigures(1, 1, squeeze=False)  # a layout without any grid in it would warn
        return cls(grid[0, 0], style, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner lies there."""
        whole = self.style.width
        place = (left / whole, 1 - (top + height) / self.height, width / whole, height / self.height)
        return self.part.add_axes(place)

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


def wrap_words(
    text: str, inches: float, style: FigureStyle, what: Size = "small", *, most: int = 0, is_bold: bool = False
) -> list[str]:
    """A text as lines that are no wider than so many inches.

    A word that is too long for a line goes on in the next one.

    Args:
        text: of one paragraph.
        inches: width of the lines.
        style: whose letters are measured.
        what: kind of text.
        most: lines; what does not fit is cut with "…". 0: all.
        is_bold: whether the letters are bold.
    """
    room = inches * 72
    lines: list[str] = []
    for word in filter(None, text.replace("\n", " ").split(" ")):  # not at spaces that do not break
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _points(longer, style, what, is_bold) <= room:
            lines[-1] = longer
            continue
        lines += _broken(word, room, style, what, is_bold)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]} …", room, style, what, is_bold)]
    return [plain(line) for line in lines]


def _broken(word: str, room: float, style: FigureStyle, what: Size, is_bold: bool) -> list[str]:
    """A word in as many pieces as lines it takes."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and _points(pieces[-1] + letter, style, what, is_bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _cut(line: str, room: float, style: FigureStyle, what: Size, is_bold: bool) -> str:
    """A line that ends with "…", shortened until it fits."""
    text = line.removesuffix("…").rstrip()
    while text and _points(f"{text}…", style, what, is_bold) > room:
        text = text[:-1]
    return f"{text}…"


def _points(text: str, style: FigureStyle, what: Size, is_bold: bool) -> float:
    return _width(text, style.font, is_bold) * style.size(what) * _ROOM


@lru_cache(maxsize=20_000)
def _width(text: str, font: str, is_bold: bool) -> float:
    """Width of a text in the letters' size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    measured: Any = FontProperties(family=[font, "DejaVu Sans"], size=100, weight="bold" if is_bold else "normal")
    return float(TextToPath().get_text_width_height_descent(text, measured, ismath=False)[0]) / 100
