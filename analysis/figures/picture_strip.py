"""A path of pictures as a strip: decoded above, the change below, and what is known of each step under it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import text_inches, wrap_words
from analysis.figures.path_chart import PathChart
from analysis.figures.path_columns import Columns, pick_columns
from analysis.figures.path_words import step_label
from analysis.figures.pictures import bare, show_picture, shown_pixels
from analysis.figures.sheets import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle

_MARGIN = 0.03
_GAP = 0.05
_BAR = 0.07


@dataclass(frozen=True)
class PictureStrip:
    """The strip of a figure in a style.

    Attributes:
        figure: of a path of pictures.
        style: it is drawn in.
    """

    figure: PathFigure
    style: FigureStyle

    @cached_property
    def shown(self) -> list[int]:
        """Which steps are drawn."""
        from analysis.figures.filmstrip import pick_steps

        path = self.figure.traversal
        return pick_steps(path, pick_columns(len(path.steps), path.origin, self.style.width, self.style.font_size))

    @cached_property
    def height(self) -> float:
        """In inches."""
        return self._frames_top + 2 * self._cell + _GAP + self._chart.height

    def draw(self, part: FigureBase) -> None:
        """Draw everything."""
        sheet = Sheet.on(part, self.style.width, self.height)
        draw_title(sheet, self._title, self.style)
        self._draw_pictures(sheet)
        below = self._frames_top + self._cell + _GAP
        self._draw_changes(sheet, below)
        self._chart.draw(sheet, below + self._cell)

    def _draw_pictures(self, sheet: Sheet) -> None:
        figure, size = self.figure, self.style.size("text")
        original = drawn_channels(figure.original)
        pictures = [original, *(drawn_channels(figure.traversal.frames[step]) for step in self.shown)]
        labels = ["original", *(step_label(figure.traversal, step) for step in self.shown)]
        for column, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
            axes = sheet.axes(self._columns.start(column), self._frames_top, self._columns.width, self._cell)
            show_picture(axes, pixels, self.style, marks_of=original)
            sheet.text(
                self._columns.middle(column), self._frames_top - 0.03, label, size, ha="center", va="bottom",
                weight="normal" if column else "bold",
            )  # fmt: skip

    def _draw_changes(self, sheet: Sheet, top: float) -> None:
        drawn: Any = None
        original = drawn_channels(self.figure.original)
        for column, step in enumerate(self.shown, start=1):
            axes = sheet.axes(self._columns.start(column), top, self._columns.width, self._cell)
            drawn = draw_change(axes, self.figure.changes[step], self.figure.limit, self.style, marks_of=original)
        right = self._columns.start(1) - _GAP
        draw_change_bar(sheet, drawn, right - _BAR, top, self._cell, self.figure.limit, self.style)

    @cached_property
    def _title(self) -> list[str]:
        return wrap_words(self.figure.title, self.style.width - 0.1, self.style, "title")

    @cached_property
    def _frames_top(self) -> float:
        return title_inches(self._title, self.style) + self.style.line("text") + 0.05

    @cached_property
    def _columns(self) -> Columns:
        return Columns.within(_MARGIN, self.style.width - _MARGIN, len(self.shown))

    @cached_property
    def _cell(self) -> float:
        height, width = self.figure.traversal.frames.shape[-2:]
        return min(self._columns.width * height / width, 2.5 * self._columns.width)

    @cached_property
    def _chart(self) -> PathChart:
        return PathChart(self.figure, self.style, self._columns, tuple(self.shown))


def draw_title(sheet: Sheet, lines: list[str], style: FigureStyle) -> None:
    """Lines of a title in the middle above everything."""
    for number, line in enumerate(lines):
        sheet.text(sheet.width / 2, 0.03 + style.line("title", number), line, style.size("title"), ha="center")


def title_inches(lines: list[str], style: FigureStyle) -> float:
    """Height of a title, with the room below it."""
    return style.line("title", len(lines)) + (0.07 if lines else 0)


def draw_change(axes: Any, change: NDArray[Any], limit: float, style: FigureStyle, *, marks_of: NDArray[Any]) -> Any:
    """Draw a change [H, W] with zero in the middle of the colours; returns what a colour bar is made of.

    Letters that the decoder draws otherwise stand in a change, too: those of `marks_of` [C, H, W] are hidden.
    """
    shown = shown_pixels(change[None], style, marks_of=marks_of)[0]
    drawn = axes.imshow(shown, cmap=style.changing, vmin=-limit, vmax=limit, interpolation="nearest")
    bare(axes)
    for spine in axes.spines.values():  # white is no change, and paper is white
        spine.set(visible=True, linewidth=0.4, edgecolor="#c8c8c8")
    return drawn


def draw_change_bar(
    sheet: Sheet, drawn: Any, left: float, top: float, height: float, limit: float, style: FigureStyle, *,
    is_right: bool = False,
) -> None:  # fmt: skip
    """A colour bar in per cent of the range from black to white.

    Args:
        sheet: to draw on.
        drawn: what `draw_change` gave.
        left: edge of the bar, in inches.
        top: edge of the bar.
        height: of the bar.
        limit: the end of the scale.
        style: of the text.
        is_right: whether the words stand to its right; else to its left.
    """
    place, tiny = sheet.axes(left, top, _BAR, height), style.size("tiny")
    bar = sheet.part.colorbar(drawn, cax=place)
    bar.set_ticks([])
    bar.outline.set_linewidth(0.4)
    ends = _scale_words(limit)
    edge, align = (left + _BAR + 0.03, "left") if is_right else (left - 0.03, "right")
    for share, words, side in zip((0, 0.5, 1), ends, ("top", "center", "bottom"), strict=True):
        sheet.text(edge, top + share * height, words, tiny, ha=align, va=side)
    if not is_right:
        widest = max(text_inches(words, tiny) for words in ends)
        beside = {"ha": "right", "va": "center", "rotation": 90}
        sheet.text(left - widest - 0.08, top + height / 2, "change", style.size("small"), **beside)


def change_bar_inches(limit: float, style: FigureStyle) -> float:
    """Width of a bar with its words to its right, and the room before it."""
    widest = max(text_inches(words, style.size("tiny")) for words in _scale_words(limit))
    return 0.04 + _BAR + 0.03 + widest + 0.02


def _scale_words(limit: float) -> tuple[str, str, str]:
    return change_words(limit), "0", change_words(-limit)


def change_words(change: float) -> str:
    """A change in per cent of the range from black to white; a small one with one digit more."""
    digits = 0 if abs(change) >= 0.0995 else 1
    return f"{100 * change:+.{digits}f} %".replace("-", "−")


def drawn_channels(pixels: NDArray[Any]) -> NDArray[Any]:
    """What is drawn of a picture [C, H, W]: one channel as grey, three as colours, the mean of another number."""
    return pixels if len(pixels) in (1, 3) else np.asarray(pixels).mean(axis=0, keepdims=True)
