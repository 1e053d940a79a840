"""A figure: what is drawn, in words and in numbers, and how it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self, runtime_checkable

from analysis.figures.style import FigureStyle
from analysis.provenance.provenance import Provenance

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Animation = Literal["gif", "mp4"]


@runtime_checkable
class Drawing(Protocol):
    """What a figure shows: a frozen dataclass of arrays, texts and numbers that can draw itself.

    Drawings hold what is drawn and no more, so that they can be kept in a file (`archive`): arrays, texts, numbers,
    tuples and tables of them, and further frozen dataclasses of these from `analysis` and `xaae_core`.
    """

    kind: ClassVar[str]

    def height(self, style: FigureStyle) -> float:
        """Inches it takes at the style's width."""
        ...

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw on a matplotlib figure, or on a part of one, of the style's width and `height`.

        The layout is constrained; the style's settings hold while it is called.
        """
        ...

    def numbers(self) -> str:
        """The numbers behind it, as CSV text."""
        ...

    def caption(self) -> str:
        """What is seen, in full sentences: axes, colours, scales, units. How it was made is the provenance's to say."""
        ...


@runtime_checkable
class MovingDrawing(Drawing, Protocol):
    """A drawing that also moves."""

    def animation(self, form: Animation, style: FigureStyle) -> bytes:
        """The bytes of a GIF or an MP4."""
        ...


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawing with its provenance.

    Attributes:
        drawing: what is drawn.
        provenance: how it was made.
        title: what a list of figures calls it.
        note: what its user wrote beside it; their own words.
        caption: its user's caption; "" for the one that is written from the drawing and the provenance.
    """

    drawing: Drawing
    provenance: Provenance
    title: str = ""
    note: str = ""
    caption: str = ""

    @property
    def forms(self) -> tuple[str, ...]:
        """The formats it can be exported in."""
        return ("png", "svg", "pdf", *(("gif", "mp4") if isinstance(self.drawing, MovingDrawing) else ()))

    def _repr_html_(self) -> str:
        from analysis.displays import show_figure

        return show_figure(self)

    def noted(self, note: str) -> Self:
        """The same with another note."""
        return replace(self, note=note)
