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
