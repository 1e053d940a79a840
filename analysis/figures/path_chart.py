"""What is known of each step of a path, below its picture: the answer, what is found again, and trust."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import cut_text, text_inches, wrap_words
from analysis.figures.path_columns import Columns
from analysis.figures.path_words import (
    SIGNS,
    TRUST_COLOURS,
    TRUST_HEIGHTS,
    answer_at,
    answer_label,
    found_at,
    signed,
    trust_notes,
    way_words,
)
from analysis.figures.sheets import Sheet

if TYPE_CHECKING:
    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle

_ABOVE, _GAP, _STRIP, _BELOW = 0.05, 0.09, 0.11, 0.04
_CHARTS = {"answer": 0.5, "found": 0.5}
_INK, _SOFT, _QUIET = "#1b1b1b", "#4a4a4a", "#8c8c8c"
_SHORTER = {"found again": ("found",), "p": ("p",)}
"""Of headings, where there is little room."""


@dataclass(frozen=True)
class PathChart:
    """Rows of numbers and signs in the columns of a strip, and curves of the whole path below them.

    The first drawn step of a curve lies below the middle of its column, the last below the middle of its own.

    Attributes:
        figure: the path.
        style: it is drawn in.
        columns: of the strip.
        shown: indices of the steps that have a column.
    """

    figure: PathFigure
    style: FigureStyle
    columns: Columns
    shown: tuple[int, ...]

    @cached_property
    def height(self) -> float:
        """In inches."""
        strip = _STRIP + 0.03 if self.figure.levels else 0
        charts = sum(_CHARTS[name] + self._gap(name) for name in self._curves)
        axis = self.style.line("tiny") + self.style.line("small") + 0.07 if self._curves or strip else 0
        notes = self.style.line("small", sum(len(lines) for _, lines in self._notes)) + (0.03 if self._notes else 0)
        return _ABOVE + self.style.line("small", len(self._rows)) + strip + charts + axis + notes + _BELOW

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw below a place."""
        top += _ABOVE
        for heading, texts in self._rows:
            self._draw_row(sheet, top, heading, texts)
            top += self.style.line("small")
        last: Any = None
        if self.figure.levels:
            last = self._draw_trust(sheet, top + 0.03)
            top += _STRIP + 0.03
        for name in self._curves:
            top += self._gap(name)
            last = self._draw_answer(sheet, top) if name == "answer" else self._draw_found(sheet, top)
            top += _CHARTS[name]
        if last is not None:
            self._dress_axis(sheet, last, top)
            top += self.style.line("tiny") + self.style.line("small") + 0.07
        self._draw_notes(sheet, top + 0.03)

    def _draw_row(self, sheet: Sheet, top: float, heading: str, texts: list[str]) -> None:
        size = self.style.size("small")
        right = self.columns.start(1) - 0.06
        fitted = _first_fitting((heading, *_SHORTER.get(heading.split("(")[0], ())), size, right - 0.02)
        sheet.text(right, top, fitted, size, ha="right", color=_SOFT)
        for column, text in enumerate(texts, start=1):
            level = text.split(" ")[-1]
            colour = self._trust_colour(level)
            fitted = text if text_inches(text, size) <= self.columns.width else text.split(" ")[0]
            sheet.text(self.columns.middle(column), top, fitted, size, ha="center", color=colour)

    def _draw_trust(self, sheet: Sheet, top: float) -> Any:
        """A bar for each step of the path, the lower the less it is to be believed."""
        axes, edges = self._axes(sheet, top, _STRIP, self.columns.start(1)), _edges(self.figure.traversal.steps)
        for level in TRUST_HEIGHTS:
            at = [step for step, found in enumerate(self.figure.levels) if found == level]
            look = {"color": self._trust_colour(level), "lw": 0.3, "edgecolor": "white"}
            axes.bar(edges[at], TRUST_HEIGHTS[level], np.diff(edges)[at], align="edge", **look)
        axes.set(ylim=(0, 1), yticks=[])
        axes.spines["left"].set_visible(False)
        return axes

    def _draw_answer(self, sheet: Sheet, top: float) -> Any:
        path, axes = self.figure.traversal, self._curve_axes(sheet, top, "answer")
        heights = path.values if path.values is not None else self._chances
        assert heights is not None  # there is a curve
        self._curve(axes, heights)
        flip = path.flip(self.figure.class_index)
        if flip is not None:
            axes.axvline(flip, color=_INK, lw=0.7, ls=(0, (2, 1.5)))
            self._write_flip(sheet, top, flip)
        if path.values is None:
            axes.set(ylim=(-0.06, 1.06), yticks=[0, 0.5, 1], yticklabels=["0", "0.5", "1"])
        else:
            axes.locator_params(axis="y", nbins=3)
            axes.margins(y=0.12)
        self._head(sheet, top, _CHARTS["answer"], answer_label(self.figure))
        return axes

    def _write_flip(self, sheet: Sheet, top: float, flip: float) -> None:
        words, size = f"flips at {signed(flip, 2)}", self.style.size("tiny")
        half = text_inches(words, size) / 2
        place = min(max(self._place(flip), self.columns.start(1) + half), sheet.width - half - 0.02)
        sheet.text(place, top - 0.015, words, size, ha="center", va="bottom")

    def _draw_found(self, sheet: Sheet, top: float) -> Any:
        path, axes = self.figure.traversal, self._curve_axes(sheet, top, "found")
        assert self.figure.achieved is not None  # there is a curve
        axes.plot(path.steps, path.steps, color=_QUIET, lw=0.8, ls=(0, (3, 2)))
        self._curve(axes, self.figure.achieved)
        axes.locator_params(axis="y", nbins=3, integer=True)
        axes.margins(y=0.1)
        axes.yaxis.set_major_formatter(lambda value, _: signed(value, 0))
        self._head(sheet, top, _CHARTS["found"], "found again (SD)")
        return axes

    def _curve(self, axes: Any, heights: NDArray[Any]) -> None:
        """A line through all steps, with a filled point at each that is drawn above."""
        steps = self.figure.traversal.steps
        axes.plot(steps, heights, color=_INK, lw=1.0, marker="o", ms=1.6, mew=0)
        at = list(self.shown)
        axes.plot(steps[at], np.asarray(heights)[at], ls="", color=_INK, marker="o", ms=3.6, mew=0)

    def _axes(self, sheet: Sheet, top: float, height: float, left: float) -> Any:
        axes = sheet.axes(left, top, self.columns.right - left, height)
        axes.set_xlim(self._value(left), self._value(self.columns.right))
        for side in ("right", "top"):
            axes.spines[side].set_visible(False)
        axes.tick_params(labelbottom=False, bottom=False, pad=1.5)
        return axes

    def _curve_axes(self, sheet: Sheet, top: float, name: str) -> Any:
        axes = self._axes(sheet, top, _CHARTS[name], self._left)
        for step in self.shown:
            axes.axvline(self.figure.traversal.steps[step], color="#e2e2e2", lw=0.5, zorder=0)
        return axes

    def _head(self, sheet: Sheet, top: float, height: float, heading: str) -> None:
        """What a curve shows, to its left."""
        right, size = self.columns.start(1) - 0.06, self.style.size("small")
        shorter = _SHORTER.get(heading.split("(")[0].strip(), ())
        fits = all(text_inches(word, size) <= right - 0.02 for word in heading.split())
        lines = wrap_words(heading if fits or not shorter else shorter[0], right - 0.02, self.style)[:2]
        high = self.style.line("small", len(lines))
        begin = top + (height - high) / 2
        for number, line in enumerate(lines):
            sheet.text(right, begin + self.style.line("small", number), line, size, ha="right", color=_SOFT)

    def _dress_axis(self, sheet: Sheet, axes: Any, bottom: float) -> None:
        """Steps in SD below the lowest axes."""
        axes.tick_params(labelbottom=True, bottom=True)
        places = _round_steps(self.figure.traversal.steps)
        axes.set_xticks(places, [f"{place:+g}".replace("-", "−") if place else "0" for place in places])
        middle, size = (self._left + self.columns.right) / 2, self.style.size("small")
        choices = (f"asked for, in SD {way_words(self.figure.traversal)}", "asked for (SD)")
        fitted = _first_fitting(choices, size, self.columns.right - self._left)
        sheet.text(middle, bottom + self.style.line("tiny") + 0.05, fitted, size, ha="center")

    def _draw_notes(self, sheet: Sheet, top: float) -> None:
        size, row = self.style.size("small"), 0
        for level, lines in self._notes:
            for number, line in enumerate(lines):
                place = top + self.style.line("small", row)
                if number == 0:
                    sheet.text(0.03, place, SIGNS[level], size, color=self._trust_colour(level))
                sheet.text(0.03 + 0.13, place, line, size, color=_SOFT)
                row += 1

    def _trust_colour(self, level: str) -> str:
        """In greyscale signs, words and heights tell the levels apart."""
        if level not in TRUST_COLOURS:
            return _INK
        return _SOFT if self.style.is_greyscale else TRUST_COLOURS[level]

    @cached_property
    def _rows(self) -> list[tuple[str, list[str]]]:
        """Headings with a text for each shown step."""
        figure, rows = self.figure, []
        if answer_label(figure):
            rows.append((answer_label(figure), [answer_at(figure, step) for step in self.shown]))
        if figure.achieved is not None:
            rows.append(("found again", [found_at(figure, step) for step in self.shown]))
        if figure.levels:
            rows.append(("trust", [_trust_at(figure, step) for step in self.shown]))
        return rows

    @cached_property
    def _curves(self) -> list[str]:
        names = ["answer"] if answer_label(self.figure) else []
        return [*names, "found"] if self.figure.achieved is not None else names

    @cached_property
    def _notes(self) -> list[tuple[str, list[str]]]:
        style, width = self.style, self.style.width - 0.2
        return [(level, wrap_words(f"{level}: {reason}", width, style)) for level, reason in trust_notes(self.figure)]

    @cached_property
    def _chances(self) -> NDArray[np.float32] | None:
        chances = self.figure.traversal.probabilities
        return None if chances is None else chances[:, self.figure.class_index]

    def _gap(self, name: str) -> float:
        """Room above a chart; that of the answer has the flip's words above it."""
        has_words = name == "answer" and self.figure.traversal.flip(self.figure.class_index) is not None
        return self.style.line("tiny") + 0.04 if has_words else _GAP

    @cached_property
    def _left(self) -> float:
        """Where curves begin: what is written at their ticks has room before the first step."""
        room = text_inches("−0.5", self.style.size("tiny")) + 0.06
        return self.columns.start(1) + min(room, self.columns.width / 2 - 0.04)

    def _value(self, place: float) -> float:
        """The step, in SD, above a place in inches."""
        steps = self.figure.traversal.steps
        first, last = self.columns.middle(1), self.columns.middle(len(self.shown))
        return float(steps[0] + (place - first) / (last - first) * (steps[-1] - steps[0]))

    def _place(self, value: float) -> float:
        steps = self.figure.traversal.steps
        first, last = self.columns.middle(1), self.columns.middle(len(self.shown))
        return float(first + (value - steps[0]) / (steps[-1] - steps[0]) * (last - first))


def _first_fitting(choices: tuple[str, ...], points: float, inches: float) -> str:
    """The first of some words that is no wider; else the last, cut."""
    fitting = (words for words in choices if text_inches(words, points) <= inches)
    return next(fitting, cut_text(choices[-1], points, inches))


def _trust_at(figure: PathFigure, step: int) -> str:
    level = figure.levels[step]
    return f"{SIGNS[level]} {level}" if level else ""


def _round_steps(steps: NDArray[np.float64]) -> list[float]:
    """Round values within the path for the ticks of its axis."""
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(steps[0], steps[-1])
    return [round(float(place), 9) for place in places if steps[0] - 1e-9 <= place <= steps[-1] + 1e-9]


def _edges(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where each step's part of the axis begins and ends [K + 1]."""
    middles = (steps[:-1] + steps[1:]) / 2
    first, last = steps[0] - (middles[0] - steps[0]), steps[-1] + (steps[-1] - middles[-1])
    edges: NDArray[np.float64] = np.concatenate([[first], middles, [last]])
    return edges
