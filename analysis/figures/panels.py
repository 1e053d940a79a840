"""Several figures as the panels of one."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.figures.export import draw_lettered, lettered_height, split
from analysis.figures.figure import Drawing, Figure
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from analysis.provenance.wording import caption_of
from xaae_core.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

LETTERS = string.ascii_lowercase
MOST_PANELS = len(LETTERS)
_LEAST_MM = 40.0
_GAP = 0.06  # inches between rows


@dataclass(frozen=True, eq=False)
class Panels:
    """Drawings beside and below each other, with letters.

    Attributes:
        drawings: in reading order.
        columns: panels beside each other.
    """

    kind: ClassVar[str] = "panels"
    drawings: tuple[Drawing, ...]
    columns: int = 1

    def height(self, style: FigureStyle) -> float:
        """Inches it takes: of every row the highest panel."""
        return sum(height for _, height in self._rows(style)) + _GAP * (len(list(self._rows(style))) - 1)

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw row by row."""
        rows = list(self._rows(style))
        lines = split(part, [height for _, height in rows])
        cell = self._cell(style)
        for line, (panels, height) in zip(lines, rows, strict=True):
            places = np.ravel(line.subfigures(1, self.columns, squeeze=False))
            for place, (letter, drawing) in zip(places, panels, strict=False):
                _draw_from_top(place, drawing, replace(cell, letter=letter), height)

    def numbers(self) -> str:
        """The numbers behind each panel, one table below the other."""
        parts = zip(LETTERS, self.drawings, strict=False)
        return "\n".join(f"# panel {letter}: {each.kind}\n{each.numbers()}" for letter, each in parts)

    def caption(self) -> str:
        """What each panel shows, after its letter."""
        parts = zip(LETTERS, self.drawings, strict=False)
        return " ".join(f"({letter}) {each.caption()}" for letter, each in parts)

    def _cell(self, style: FigureStyle) -> FigureStyle:
        return replace(style, width_mm=max(_LEAST_MM, style.width_mm / self.columns), letter="", has_words=False)

    def _rows(self, style: FigureStyle) -> Iterator[tuple[list[tuple[str, Drawing]], float]]:
        cell, named = self._cell(style), list(zip(LETTERS, self.drawings, strict=False))
        for start in range(0, len(named), self.columns):
            row = named[start : start + self.columns]
            yield row, max(lettered_height(each, replace(cell, letter=letter)) for letter, each in row)


def combine_figures(figures: Sequence[Figure], *, columns: int = 1, title: str = "") -> Figure:
    """One figure of several, each a panel with its letter; its provenance holds that of each.

    Args:
        figures: 1 to 26, in reading order; panels within panels are not taken.
        columns: panels beside each other, 1 to 4.
        title: what a list calls it.

    Raises:
        FigureError: none, more than 26, panels within panels, or columns out of range.
    """
    if not 1 <= len(figures) <= MOST_PANELS:
        many = f"{len(figures):,} panels; one figure has 1 to {MOST_PANELS}, one for each letter"
        raise FigureError(f"{many}: put fewer into it, or export the report, which takes more")
    if not 1 <= columns <= 4:
        raise FigureError(f"columns={columns}; expected 1 to 4")
    if any(figure.drawing.kind == Panels.kind for figure in figures):
        raise FigureError("a figure of panels cannot be a panel itself: give its panels one by one")
    first = figures[0].provenance
    is_one_model = {figure.provenance.checkpoint_sha256 for figure in figures} == {first.checkpoint_sha256}
    is_one_set = {figure.provenance.data_fingerprint for figure in figures} == {first.data_fingerprint}
    told = Provenance(
        kind=Panels.kind,
        checkpoint_sha256=first.checkpoint_sha256 if is_one_model else "",
        checkpoint_name=first.checkpoint_name if is_one_model else "",
        data_fingerprint=first.data_fingerprint if is_one_set else "",
        data_name=first.data_name if is_one_set else "",
        case_ids=tuple(dict.fromkeys(case for figure in figures for case in figure.provenance.case_ids)),
        settings={"columns": columns, "panels": [figure.provenance.stamped().to_table() for figure in figures]},
    )
    caption = ""
    if any(figure.caption for figure in figures):
        own = zip(LETTERS, (caption_of(figure) for figure in figures), strict=False)
        caption = " ".join(f"({letter}) {words}" for letter, words in own)
    drawing = Panels(tuple(figure.drawing for figure in figures), columns)
    return Figure(drawing, told, title or "Panels", caption=caption)


def _draw_from_top(place: FigureBase, drawing: Drawing, style: FigureStyle, height: float) -> None:
    """Draw at the top of a cell that may be higher than the drawing."""
    own = lettered_height(drawing, style)
    if height - own > 0.02:
        place = split(place, [own, height - own])[0]
    draw_lettered(place, drawing, style)
