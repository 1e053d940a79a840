"""A path of signals as a strip: a row for each channel, a column for each step, the change as a band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import wrap_words
from analysis.figures.path_chart import PathChart
from analysis.figures.path_columns import Columns, pick_columns
from analysis.figures.path_words import step_label
from analysis.figures.picture_strip import draw_title, title_inches
from analysis.figures.sheets import Sheet
from analysis.figures.trace_lane_axes import (
    draw_moved,
    dress_lanes,
    form_of_channels,
    kept_channels,
    lane_names_inches,
    lanes_inches,
    name_lanes,
)
from analysis.figures.trace_style import BASE, ORIGINAL, STEP, Lanes, Lines, draw_key, key_inches
from analysis.trace_extremes import lane_scale
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle

_MOST_POINTS = 400
_GAP, _MARGIN = 0.06, 0.05
_DENSE = 1000  # samples; lines of more are drawn finer, so that the band between them is seen


@dataclass(frozen=True)
class TraceStrip:
    """The strip of a figure in a style.

    Attributes:
        figure: of a path of signals.
        style: it is drawn in.
    """

    figure: PathFigure
    style: FigureStyle

    @cached_property
    def shown(self) -> list[int]:
        """Which steps are drawn; traces need more room than pictures."""
        from analysis.figures.filmstrip import pick_steps

        path, room = self.figure.traversal, self.style.width - self._names_inches
        return pick_steps(path, min(5, pick_columns(len(path.steps), path.origin, room, self.style.font_size)))

    @cached_property
    def height(self) -> float:
        """In inches."""
        below = self.style.line("tiny") + 0.05 + key_inches(self.style)
        return self._lanes_top + self._lanes_inches + below + self._chart.height

    def draw(self, part: FigureBase) -> None:
        """Draw everything."""
        sheet = Sheet.on(part, self.style.width, self.height)
        draw_title(sheet, self._title, self.style)
        self._draw_columns(sheet)
        bottom = self._lanes_top + self._lanes_inches
        words, tiny = "time (s)", self.style.size("tiny")
        right = self._columns.left - 0.1
        sheet.text(right, bottom + 0.03, words, tiny, ha="right")
        draw_key(sheet, bottom + self.style.line("tiny") + 0.05, self.style)
        self._chart.draw(sheet, bottom + self.style.line("tiny") + 0.05 + key_inches(self.style))

    def _draw_columns(self, sheet: Sheet) -> None:
        path, lanes = self.figure.traversal, self._lanes
        placed, base = lanes.placed(self._signals), lanes.placed(self._signals[path.origin])
        row = self._lanes_inches / self._form.n_channels
        thin = 0.35 if self._form.length > _DENSE else 0.9 if row > 0.6 else 0.6
        lines = Lines.of(self._form.length, self._form.sampling_rate, most=_MOST_POINTS)
        for column in range(len(self.shown) + 1):
            step = self.shown[column - 1] if column else None
            cell = sheet.axes(self._columns.start(column), self._lanes_top, self._columns.width, self._lanes_inches)
            for channel, still in enumerate(base):
                if step is None:
                    lines.stroke(cell, still, BASE, thin)
                    colour = STEP if self.style.is_greyscale else ORIGINAL
                    lines.stroke(cell, self._placed_original[channel], colour, min(thin, 0.6))
                else:
                    moved = None if step == path.origin else placed[step, channel]
                    draw_moved(lines, cell, moved, still, thin, self.style)
            dress_lanes(cell, self._form)
            label = "original" if step is None else step_label(path, step)
            sheet.text(
                self._columns.middle(column), self._lanes_top - 0.03, label, self.style.size("text"), ha="center",
                va="bottom", weight="normal" if column else "bold",
            )  # fmt: skip
            if column == 0:
                name_lanes(sheet, cell, lanes, self._columns.left, self._lanes_top, self._lanes_inches, self.style)

    @cached_property
    def _title(self) -> list[str]:
        return wrap_words(self.figure.title, self.style.width - 0.1, self.style, "title")

    @cached_property
    def _lanes_top(self) -> float:
        return title_inches(self._title, self.style) + self.style.line("text") + 0.05

    @cached_property
    def _kept(self) -> list[int]:
        form = self.figure.traversal.signal_form
        assert form is not None  # a path of signals
        return kept_channels(form.n_channels)

    @cached_property
    def _form(self) -> SignalForm:
        form = self.figure.traversal.signal_form
        assert form is not None  # a path of signals
        return form_of_channels(form, self._kept)

    @cached_property
    def _signals(self) -> NDArray[np.float32]:
        return self.figure.traversal.signals()[:, self._kept]

    @cached_property
    def _original(self) -> NDArray[np.float32]:
        return self._form.in_units(self.figure.original[0][self._kept])

    @cached_property
    def _placed_original(self) -> NDArray[np.float64]:
        return self._lanes.placed(self._original)

    @cached_property
    def _lanes(self) -> Lanes:
        return Lanes(self._form, lane_scale([self._original, self._signals]))

    @cached_property
    def _names_inches(self) -> float:
        return lane_names_inches(self._lanes, self.style)

    @cached_property
    def _columns(self) -> Columns:
        return Columns.within(self._names_inches, self.style.width - _MARGIN, len(self.shown), _GAP)

    @cached_property
    def _lanes_inches(self) -> float:
        return lanes_inches(self._form.n_channels)

    @cached_property
    def _chart(self) -> PathChart:
        return PathChart(self.figure, self.style, self._columns, tuple(self.shown))
