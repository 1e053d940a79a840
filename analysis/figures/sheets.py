"""Drawing at places given in inches, where things in different rows must stand exactly below each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from analysis.figures.formats import plain

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase, SubFigure


@dataclass(frozen=True)
class Sheet:
    """A part of a figure, measured in inches from its upper left corner.

    What is drawn on it takes no part in matplotlib's constrained layout: that moves axes by the size of their labels,
    so that columns of different rows would no longer meet.

    Attributes:
        part: of the figure.
        width: in inches.
        height: in inches.
    """

    part: SubFigure
    width: float
    height: float

    @classmethod
    def on(cls, part: FigureBase, width: float, height: float) -> Sheet:
        """A sheet that covers a part; a whole figure gets one part, since its layout asks for one."""
        from matplotlib.figure import Figure

        place = part.subfigures(1, 1) if isinstance(part, Figure) else part
        return cls(cast("SubFigure", place), width, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes at a place."""
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.part.add_axes(place)
        axes.set_in_layout(False)
        return axes

    def text(self, left: float, top: float, words: str, points: float, **options: Any) -> Any:
        """Text whose upper left corner (or what `ha` and `va` say) lies at a place."""
        written = self.part.text(
            left / self.width, 1 - top / self.height, plain(words), **{"va": "top", **options, "fontsize": points}
        )
        written.set_in_layout(False)
        return written


def text_inches(words: str, points: float, *, is_bold: bool = False) -> float:
    """Width of a line of text in the font that is set, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=points, weight="bold" if is_bold else "normal")
    width: float = text_to_path.get_text_width_height_descent(words, font, False)[0]
    return 1.03 * width / 72  # hinted letters on a screen are a little wider


def wrapped_text(words: str, points: float, inches: float) -> list[str]:
    """Text as lines that are at most so wide; a word that is wider is cut in its middle."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_inches(longer, points) <= inches:
            lines[-1] = longer
        else:
            lines.append(cut_text(word, points, inches))
    return lines


def cut_text(words: str, points: float, inches: float) -> str:
    """Text on one line that is at most so wide; "…" stands for what was cut out of its middle."""
    if text_inches(words, points) <= inches:
        return words
    for kept in range(len(words) - 1, 0, -1):
        shorter = f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"
        if text_inches(shorter, points) <= inches:
            return shorter
    return "…"
