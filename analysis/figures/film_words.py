"""The strip below each frame of a film, so that a frame seen alone is not misread: the step, the answer, the trust."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from analysis.figures.path_words import SIGNS, answer_at, answer_label, step_label, way_words

if TYPE_CHECKING:
    from analysis.figures.filmstrip import PathFigure

LEAST_WIDTH = 320
_MARGIN = 12
_INK, _QUIET, _PAPER = 20, 120, 255
_DOT = 5


@dataclass(frozen=True)
class FilmStrip:
    """Words and a scale in grey, as wide as the film.

    Attributes:
        figure: the path.
        picture_width: of the frames, in pixels; a strip is at least 320 wide.
    """

    figure: PathFigure
    picture_width: int

    @property
    def width(self) -> int:
        """In pixels."""
        return max(self.picture_width, LEAST_WIDTH)

    def draw(self, step: int) -> NDArray[np.uint8]:
        """The strip of a step as grey levels [h, width]."""
        sheet = Image.new("L", (self.width, self._height), _PAPER)
        pen = ImageDraw.Draw(sheet)
        line = self._line
        room = self.width - 2 * _MARGIN
        pen.text((_MARGIN, 6), self._fitted(self._step_words(step), room), fill=_INK, font=self._font(is_bold=True))
        said = self._said(step)
        if said:
            pen.text((_MARGIN, 6 + line), self._fitted(said, room), fill=_INK, font=self._font())
        self._draw_scale(pen, step)
        return np.asarray(sheet)

    def _step_words(self, step: int) -> str:
        path = self.figure.traversal
        return f"{step_label(path, step)} {way_words(path)}"

    def _said(self, step: int) -> str:
        figure, parts = self.figure, []
        if answer_label(figure):
            parts.append(f"{answer_label(figure)} {answer_at(figure, step)}")
        if figure.levels and figure.levels[step]:
            parts.insert(0, f"{SIGNS[figure.levels[step]]} trust {figure.levels[step]}")
        return " · ".join(parts)

    def _draw_scale(self, pen: Any, step: int) -> None:
        """A line from the first step to the last, with 0 marked and a dot at the step."""
        steps, middle = self.figure.traversal.steps, self._height - 12
        ends = (f"{steps[0]:+g}".replace("-", "−"), f"{steps[-1]:+g}".replace("-", "−"))
        font = self._font()
        left = _MARGIN + font.getlength(ends[0]) + 8
        right = self.width - _MARGIN - font.getlength(ends[1]) - 8
        pen.text((_MARGIN, middle), ends[0], fill=_QUIET, font=font, anchor="lm")
        pen.text((self.width - _MARGIN, middle), ends[1], fill=_QUIET, font=font, anchor="rm")
        pen.line((left, middle, right, middle), fill=_QUIET, width=1)

        def place(value: float) -> float:
            return float(left + (value - steps[0]) / (steps[-1] - steps[0]) * (right - left))

        pen.line((place(0), middle - 5, place(0), middle + 5), fill=_QUIET, width=1)
        at = place(float(steps[step]))
        pen.ellipse((at - _DOT, middle - _DOT, at + _DOT, middle + _DOT), fill=_INK)

    def _fitted(self, words: str, room: float) -> str:
        """Words that are no wider; what is too long ends with "…"."""
        font = self._font(is_bold=True)
        if font.getlength(words) <= room:
            return words
        while words and font.getlength(f"{words}…") > room:
            words = words[:-1]
        return f"{words}…"

    @cached_property
    def _line(self) -> int:
        return round(1.35 * self._points)

    @cached_property
    def _height(self) -> int:
        n_lines = 1 + bool(self._said(self.figure.traversal.origin))
        return 6 + n_lines * self._line + 26

    @property
    def _points(self) -> int:
        return max(15, round(self.width / 45))

    def _font(self, *, is_bold: bool = False) -> Any:
        return _font(self._points, is_bold)


@cache
def _font(points: int, is_bold: bool) -> Any:
    """DejaVu, which matplotlib brings along, and which has the signs of trust."""
    from matplotlib.font_manager import FontProperties, findfont
    from PIL import ImageFont

    return ImageFont.truetype(
        findfont(FontProperties(family="DejaVu Sans", weight="bold" if is_bold else "normal")), points
    )
