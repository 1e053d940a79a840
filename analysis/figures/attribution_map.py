"""Attributions as a figure: the picture, the map laid on it, and the map alone; of a signal, traces over their map."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from analysis.figures.attribution_traces import draw_traces, traces_height
from analysis.figures.attribution_words import method_words, said_of_map, verdict_colour
from analysis.figures.heat_layers import LEVELS, SMOOTHED, draw_bar, draw_heat, draw_overlay, outline_mask
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import INK, LONGEST, MARGIN, Paper, head_height
from analysis.figures.pictures import show_picture
from analysis.figures.style import FigureStyle, Size
from xaae_core.signal_form import SignalForm, case_noun

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_NARROW = 4.4  # inches: below, words stand above the pictures and not beside them
_GAP, _BAR, _TICKS = 0.07, 0.07, 0.5  # inches between pictures; a colour bar's width, and that of its numbers
_WORDS = 1.35
_SMALLEST = 0.5


@dataclass(frozen=True, eq=False)
class AttributionFigure:
    """What a figure of attributions shows.

    Every map has its own scale, with zero in the middle and white: orange adds to the target, violet takes from it.
    A signal has a lane for each channel over time in seconds, in its unit, and the mask as brackets.

    Attributes:
        picture: what was explained [C, H, W] in [0, 1]; a signal [1, C, T] as its model takes it.
        attributions: one row each, of the same picture.
        title: a line above.
        mask: what matters in the picture, bool [H, W], drawn as an outline; None where that is not known.
        verdicts: what checks have said of each map, one line each; () where none were made.
        form: what the signal looks like; None of a picture.
    """

    kind: ClassVar[str] = "attribution"
    picture: NDArray[Any]
    attributions: Sequence[Attribution]
    title: str = ""
    mask: NDArray[np.bool_] | None = None
    verdicts: Sequence[str] = ()
    form: SignalForm | None = None

    def __post_init__(self) -> None:
        wrong = [found.map.shape for found in self.attributions if found.map.shape != self.picture.shape[-2:]]
        if wrong or not self.attributions:
            raise ValueError(
                f"{len(self.attributions)} attributions, maps of {wrong or 'no'} size beside a picture of "
                f"{self.picture.shape[-2:]}; expected at least one, all of the picture's size"
            )
        if self.mask is not None and self.mask.shape != self.picture.shape[-2:]:
            raise ValueError(f"the mask has the shape {self.mask.shape}; expected {self.picture.shape[-2:]}")
        if len(self.verdicts) not in (0, len(self.attributions)):
            raise ValueError(
                f"{len(self.verdicts)} verdicts for {len(self.attributions)} maps; expected one each, or none"
            )

    def height(self, style: FigureStyle) -> float:
        """Inches it takes; no more than a page where pictures can be made smaller."""
        if self.form is not None:
            return traces_height(self, self.form, style)
        return _Sheet(self, style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw one row a method, or of a signal one block of lanes."""
        if self.form is not None:
            draw_traces(part, self, self.form, style)
        else:
            _Sheet(self, style).draw(part)

    def numbers(self) -> str:
        """Every pixel with each method's map; of a signal every sample of each channel."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        names = [found.method for found in self.attributions]
        marks = [] if self.mask is None else ["mask"]
        values = self.picture.mean(axis=0) if self.form is None else self.form.in_units(self.picture[0])
        first = ["row", "column", "picture"] if self.form is None else ["channel", "seconds", "value"]
        table.writerow([*first, *marks, *_each_once(names)])
        columns = [values, *([] if self.mask is None else [self.mask.astype(int)])]
        columns += [found.map for found in self.attributions]
        for (row, column), *cells in zip(np.ndindex(values.shape), *(part.ravel() for part in columns), strict=True):
            place = (
                [row, column]
                if self.form is None
                else [self.form.channel_names[row], f"{column / self.form.sampling_rate:.6g}"]
            )
            table.writerow([*place, *(f"{cell:.6g}" for cell in cells)])
        return text.getvalue()

    def caption(self) -> str:
        """What is seen, scale by scale."""
        noun = case_noun(self.form)
        part = "pixels" if self.form is None else "moments"
        targets = " and ".join(dict.fromkeys(found.target for found in self.attributions))
        said = [f"Which {part} of a {noun} move the {targets}, by {_listed([*map(_name, self.attributions)])}."]
        seen = "Each row shows the original, the map laid on it and the map alone." if self.form is None else (
            "Each block shows the channels as lines over the time in seconds, and the map as the colour behind them."
        )  # fmt: skip
        said.append(f"{seen} Orange adds to the number and violet takes from it; white is zero, and every map has its "
            "own symmetric scale, whose ends leave out the strongest 0.5 %.")  # fmt: skip
        said += [f"{_name(found)}: {found.meaning}." for found in self.attributions if found.meaning]
        if self.mask is not None:
            said.append("The white line is the outline of what matters." if self.form is None else
                "Brackets mark what matters.")  # fmt: skip
        levels = " and ".join(f"{level:.0%}" for level in LEVELS)
        said.append("In greyscale light adds and dark takes, and zero is grey" + ("." if self.form is not None else
            f"; lines on the picture are where the map, smoothed over {SMOOTHED:.1%} of its width, reaches {levels} of "
            "its strongest, dashed where it takes from the number."))  # fmt: skip
        if self.verdicts:
            said.append("The verdict of the sanity checks stands beside each map.")
        return " ".join(said)


class _Sheet:
    """Where everything of a figure of pictures lies."""

    def __init__(self, figure: AttributionFigure, style: FigureStyle) -> None:
        self.figure, self.style = figure, style
        self.is_narrow = style.width < _NARROW
        self.aspect = figure.picture.shape[-2] / figure.picture.shape[-1]
        self.top = head_height(figure.title, style) + (0 if self.is_narrow else style.line("small") + 0.02)
        room = style.width - 2 * MARGIN - _BAR - _TICKS - 2 * _GAP
        widest = (room - _GAP) / 2 if self.is_narrow else (room - _WORDS - 2 * _GAP) / 3
        self.side = self._fitting(widest)
        self.words = [self._words(place) for place in range(len(figure.attributions))]

    def _fitting(self, widest: float) -> float:
        """Width of a picture with which all rows fit a page."""
        rows = len(self.figure.attributions) + self.is_narrow
        room = (LONGEST - self.top) / rows - 0.1 - (4 * self.style.line("small") if self.is_narrow else 0)
        return max(_SMALLEST, min(widest, room / self.aspect))

    @property
    def high(self) -> float:
        """Height of a picture."""
        return self.side * self.aspect

    @property
    def room(self) -> float:
        """Width of the words."""
        whole = self.style.width - 2 * MARGIN
        return whole if self.is_narrow else whole - 3 * (self.side + _GAP) - _BAR - _TICKS - _GAP

    def _words(self, place: int) -> list[tuple[str, list[str]]]:
        """Lines beside a row, or above it, by what they are: method, target, verdict or reason."""
        found, style = self.figure.attributions[place], self.style
        inches = self.whole_room if self.is_narrow else self.room - 0.05
        said = [("method", wrap_words(method_words(found.method), inches, style, "text", is_bold=True))]
        said += [("target", wrap_words(line, inches, style, "small", most=4)) for line in said_of_map(found)]
        if self.figure.verdicts:
            verdict, _, reason = self.figure.verdicts[place].partition(": ")
            said.append(("verdict", wrap_words(verdict, inches, style, "small", is_bold=True)))
            said.append(("reason", wrap_words(reason, inches, style, "small", most=7)))
        return said

    @property
    def whole_room(self) -> float:
        """Width of words that go across."""
        return self.style.width - 2 * MARGIN

    def _said_height(self, place: int) -> float:
        return sum(self.style.line("text" if what == "method" else "small", len(lines))
            for what, lines in self.words[place])  # fmt: skip

    def row_height(self, place: int) -> float:
        """Inches of a method's row."""
        said = self._said_height(place)
        return (said + 0.04 + self.high if self.is_narrow else max(said, self.high)) + 0.1

    @property
    def height(self) -> float:
        """Inches of all."""
        rows = sum(self.row_height(place) for place in range(len(self.words)))
        first = self.high + 0.1 + self.style.line("small") if self.is_narrow else 0
        return self.top + first + rows

    def draw(self, part: FigureBase) -> None:
        paper = Paper.ruled(part, self.style, self.height)
        paper.head(self.figure.title)
        top = self.top
        if self.is_narrow:
            top = self._draw_original(paper, top)
        else:
            self._write_heads(paper)
        for place in range(len(self.words)):
            self._draw_row(paper, place, top)
            top += self.row_height(place)

    def _left(self, column: int) -> float:
        """Where the pictures of a column begin; the original is column 0 of a wide figure."""
        beside = 0 if self.is_narrow else self.room + _GAP
        return MARGIN + beside + column * (self.side + _GAP)

    def _write_heads(self, paper: Paper) -> None:
        level = self.top - self.style.line("small") - 0.02
        for column, words in enumerate(("original", "map laid on it", "map")):
            paper.write(self._left(column) + self.side / 2, level, [words], align="center")

    def _draw_original(self, paper: Paper, top: float) -> float:
        paper.write(MARGIN + self.side / 2, top, ["original"], align="center")
        top += self.style.line("small")
        axes = paper.axes(MARGIN, top, self.side, self.high)
        show_picture(axes, self.figure.picture, self.style)
        outline_mask(axes, self.figure.mask)
        keys = ["left: the map laid on the picture; right: the map alone"]
        keys += [] if self.figure.mask is None else ["white line: outline of what matters"]
        inches, level = self.style.width - 2 * MARGIN - self.side - 0.1, top
        for key in keys:
            level = paper.write(MARGIN + self.side + 0.1, level, wrap_words(key, inches, self.style)) + 0.05
        return top + self.high + 0.1

    def _draw_row(self, paper: Paper, place: int, top: float) -> None:
        figure, found = self.figure, self.figure.attributions[place]
        level = top
        for what, lines in self.words[place]:
            colour = verdict_colour(figure.verdicts[place]) if what == "verdict" else INK
            kind: Size = "text" if what == "method" else "small"
            level = paper.write(MARGIN, level, lines, kind, colour=colour, is_bold=what in ("method", "verdict"))
        if self.is_narrow:
            top = level + 0.04
        else:
            axes = paper.axes(self._left(0), top, self.side, self.high)
            show_picture(axes, figure.picture, self.style)
            outline_mask(axes, figure.mask)
        columns = (0, 1) if self.is_narrow else (1, 2)
        laid = paper.axes(self._left(columns[0]), top, self.side, self.high)
        draw_overlay(laid, figure.picture, found.map, self.style)
        if not self.style.is_greyscale:  # there the map has lines of its own
            outline_mask(laid, figure.mask)
        alone = paper.axes(self._left(columns[1]), top, self.side, self.high)
        drawn = draw_heat(alone, found.map, self.style)
        outline_mask(alone, figure.mask)
        bar = paper.axes(self._left(columns[1]) + self.side + 0.04, top, _BAR, self.high)
        draw_bar(bar, drawn, self.style)


def _name(found: Attribution) -> str:
    return method_words(found.method)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _each_once(names: Sequence[str]) -> list[str]:
    """Names of columns; one that is there twice has its number."""
    return [name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names, start=1)]
