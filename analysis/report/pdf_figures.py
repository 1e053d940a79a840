"""Figures of a PDF report: drawn as PDF in their final size, and laid into the boxes that the pages keep for them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from pikepdf import Pdf

_MM = 72 / 25.4
_LARGEST_FONT = 14.0


@dataclass(frozen=True, eq=False)
class DrawnFigure:
    """A figure as a PDF.

    Attributes:
        content: a PDF of one page.
        width: on the report's page, in points.
        height: likewise.
    """

    content: bytes
    width: float
    height: float


@dataclass(eq=False)
class Place:
    """Where a figure came to lie: number of the page from 0, and its lower left corner in points."""

    drawn: DrawnFigure
    page: int = -1
    left: float = 0.0
    bottom: float = 0.0


@dataclass(eq=False)
class Places:
    """The places of all figures, in order."""

    found: list[Place] = field(default_factory=list)

    def box(self, drawn: DrawnFigure) -> Any:
        """A flowable of the figure's size that notes where it is drawn."""
        from reportlab.platypus.flowables import Flowable

        place = Place(drawn)
        self.found.append(place)

        class Box(Flowable):
            def __init__(self) -> None:
                super().__init__()
                self.width, self.height = drawn.width, drawn.height

            def draw(self) -> None:
                place.page = self.canv.getPageNumber() - 1
                place.left, place.bottom = self.canv.absolutePosition(0, 0)

        return Box()


def draw_figure(drawing: Drawing, style: FigureStyle, width: float, height: float) -> DrawnFigure:
    """Draw a figure no wider and no higher than so many points.

    Text keeps its size; a figure that is too high even so is made smaller, with larger text, so that what is read in
    the end is not.
    """
    fitting = replace(style, width_mm=min(style.width_mm, width / _MM), letter="", has_words=False)
    content = draw_file(drawing, "pdf", fitting)
    size = _size_of(content)
    if size[1] <= height:
        return DrawnFigure(content, *size)
    larger = replace(fitting, font_size=min(_LARGEST_FONT, fitting.font_size * size[1] / height))
    content = draw_file(drawing, "pdf", larger)
    size = _size_of(content)
    share = min(1.0, height / size[1])
    return DrawnFigure(content, size[0] * share, size[1] * share)


def lay_figures(pdf: Pdf, places: Sequence[Place]) -> None:
    """Lay each figure into its place, as vectors, with its text."""
    import pikepdf

    for place in places:
        with pikepdf.open(io.BytesIO(place.drawn.content)) as source:
            right, top = place.left + place.drawn.width, place.bottom + place.drawn.height
            box = pikepdf.Rectangle(place.left, place.bottom, right, top)
            pdf.pages[place.page].add_overlay(source.pages[0], box)


def _size_of(content: bytes) -> tuple[float, float]:
    """Width and height of the first page in points."""
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        box = pdf.pages[0].mediabox
        return float(box[2] - box[0]), float(box[3] - box[1])
