"""A change of a signal: four columns of lanes: original, step over the decode at 0, on the original, the change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import cut_text
from analysis.figures.path_columns import Columns
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
from analysis.figures.trace_style import BANDS, BASE, GREY_BANDS, ORIGINAL, STEP, Lanes, Lines, draw_key, key_inches
from analysis.trace_extremes import lane_scale
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.change_map import ChangeMap
    from analysis.figures.style import FigureStyle

_MARGIN, _GAP = 0.05, 0.06
_MOST_POINTS = 400


@dataclass(frozen=True)
class ChangeTraces:
    """The four columns in a style.

    Attributes:
        drawing: of a signal.
        style: it is drawn in.
    """

    drawing: ChangeMap
    style: FigureStyle

    @cached_property
    def height(self) -> float:
        """In inches."""
        return self._below + key_inches(self.style) + self._notes_inches

    def draw(self, part: FigureBase) -> None:
        """Draw everything."""
        sheet = Sheet.on(part, self.style.width, self.height)
        draw_title(sheet, self._title, self.style)
        labels = ("original", f"decoded at {self._step}", "on the original", "change")
        for column, label in enumerate(labels):
            cell = sheet.axes(self._columns.start(column), self._top, self._columns.width, self._lanes_inches)
            self._draw_column(cell, column)
            dress_lanes(cell, self._form)
            words = cut_text(label, self.style.size("text"), self._columns.width + _GAP)
            above = {"ha": "center", "va": "bottom", "weight": "normal" if column else "bold"}
            sheet.text(self._columns.middle(column), self._top - 0.03, words, self.style.size("text"), **above)
            if column == 0:
                name_lanes(sheet, cell, self._lanes, self._columns.left, self._top, self._lanes_inches, self.style)
        bottom = self._top + self._lanes_inches + 0.03
        sheet.text(self._columns.left - 0.1, bottom, "time (s)", self.style.size("tiny"), ha="right")
        draw_key(sheet, self._below, self.style)
        first = self.height - self._notes_inches + 0.03
        for number, line in enumerate(self._notes):
            sheet.text(_MARGIN, first + self.style.line("small", number), line, self.style.size("small"))

    def _draw_column(self, cell: Any, column: int) -> None:
        thin = 0.35 if self._form.length > 1000 else 0.8
        first = STEP if self.style.is_greyscale else ORIGINAL
        for channel in range(self._form.n_channels):
            original, base, moved, laid = (
                self._placed[name][channel] for name in ("original", "base", "moved", "laid")
            )
            if column == 0:
                self._lines.stroke(cell, original, first, min(thin, 0.6))
            elif column == 1:
                draw_moved(self._lines, cell, moved, base, thin, self.style)
            elif column == 2:
                draw_moved(self._lines, cell, laid, original, thin, self.style, base_colour=first)
            else:
                self._draw_change(cell, channel, thin)

    def _draw_change(self, cell: Any, channel: int, thin: float) -> None:
        """The change around the middle of its lane, on the lane's own scale."""
        low, high = self._lanes.scale[channel]
        per_unit = (1 - self._lanes.gap) / (high - low)
        zero = np.full(self._form.length, self._lanes.middles[channel])
        moved = zero + per_unit * self._change[channel]
        colours = GREY_BANDS if self.style.is_greyscale else BANDS
        self._lines.band(cell, moved, zero, colours=colours)
        self._lines.stroke(cell, zero, BASE, 0.5)
        self._lines.stroke(cell, moved, STEP, 0.6 * thin)

    @cached_property
    def _form(self) -> SignalForm:
        assert self.drawing.form is not None  # signals
        return form_of_channels(self.drawing.form, kept_channels(self.drawing.form.n_channels))

    @cached_property
    def _signals(self) -> dict[str, NDArray[np.float32]]:
        assert self.drawing.form is not None  # signals
        kept, drawing = kept_channels(self.drawing.form.n_channels), self.drawing
        shown = {
            "original": drawing.original, "base": drawing.base, "moved": drawing.decoded, "laid": drawing.on_original
        }  # fmt: skip
        return {name: self._form.in_units(values[0][kept]) for name, values in shown.items()}

    @cached_property
    def _change(self) -> NDArray[np.float32]:
        return self._signals["moved"] - self._signals["base"]

    @cached_property
    def _lanes(self) -> Lanes:
        scale = lane_scale(list(self._signals.values()))
        # The change lies around the middle of its lane, on the lane's scale: it must not reach into the next.
        least = 2.2 * np.abs(self._change).max(axis=1)
        room = np.maximum(least - (scale[:, 1] - scale[:, 0]), 0) / 2
        return Lanes(self._form, scale + np.stack([-room, room], axis=1))

    @cached_property
    def _placed(self) -> dict[str, NDArray[np.float64]]:
        return {name: self._lanes.placed(values) for name, values in self._signals.items()}

    @cached_property
    def _lines(self) -> Lines:
        return Lines.of(self._form.length, self._form.sampling_rate, most=_MOST_POINTS)

    @cached_property
    def _columns(self) -> Columns:
        return Columns.within(lane_names_inches(self._lanes, self.style), self.style.width - _MARGIN, 3, _GAP)

    @cached_property
    def _title(self) -> list[str]:
        return self.drawing.title_lines(self.style)

    @cached_property
    def _notes(self) -> list[str]:
        return self.drawing.note_lines(self.style, self.style.width - 2 * _MARGIN)

    @cached_property
    def _notes_inches(self) -> float:
        return self.style.line("small", len(self._notes)) + 0.06

    @property
    def _step(self) -> str:
        return self.drawing.step_words.split(" SD")[0] + " SD"

    @property
    def _top(self) -> float:
        return title_inches(self._title, self.style) + self.style.line("text") + 0.05

    @property
    def _lanes_inches(self) -> float:
        return lanes_inches(self._form.n_channels)

    @property
    def _below(self) -> float:
        return self._top + self._lanes_inches + self.style.line("tiny") + 0.05
