"""Cases that a model made up, beside one another."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import wrap_words
from analysis.figures.picture_strip import draw_title, drawn_channels, title_inches
from analysis.figures.pictures import show_picture
from analysis.figures.sheets import Sheet
from analysis.figures.trace_style import STEP
from analysis.trace_extremes import Stretches, lane_scale
from xaae_core.errors import FigureError
from xaae_core.signal_form import SignalForm, case_noun

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.style import FigureStyle

MOST = 400
"""Cases of a sheet; more could not be told apart."""
_MARGIN, _GAP = 0.04, 0.04
_LEAST_INCHES, _MOST_INCHES = 0.32, 1.3
_SIGNAL_ASPECT = 5 / 8
_POINTS = 160


@dataclass(frozen=True, eq=False)
class SampleSheet:
    """What a sheet of made-up cases shows.

    Attributes:
        pictures: the cases [N, C, H, W] in [0, 1]; of signals [N, 1, channels, samples]; at most 400.
        source: what their latent vectors were drawn from, in words.
        n_made: how many were made, where more were made than are drawn.
        form: what the signals look like; None of pictures.
        title: a line above; "" for none.
    """

    kind: ClassVar[str] = "samples"
    pictures: NDArray[np.float32]
    source: str
    n_made: int
    form: SignalForm | None = None
    title: str = ""

    @classmethod
    def of(cls, pictures: NDArray[np.float32], source: str, *, form: SignalForm | None = None) -> Self:
        """The sheet of cases, in their order: the first 400.

        Args:
            pictures: the cases.
            source: what their latent vectors were drawn from, in words.
            form: what the signals look like; None of pictures.

        Raises:
            FigureError: no cases, or arrays of another shape.
        """
        if pictures.ndim != 4 or not len(pictures):
            raise FigureError(f"the cases have the shape {pictures.shape}; expected [N, C, H, W] with N at least 1")
        made = len(pictures)
        count = f"{made:,} {case_noun(form)}{'' if made == 1 else 's'}"
        return cls(np.array(pictures[:MOST]), source, made, form, f"{count} made up by the model, z from {source}")

    def height(self, style: FigureStyle) -> float:
        """Inches it takes at the style's width."""
        columns, (_, cell) = self._columns(style), self._cell(style)
        rows = math.ceil(len(self.pictures) / columns)
        return title_inches(self._title(style), style) + rows * (cell + _GAP) - _GAP + _MARGIN

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the cases from left to right, row by row."""
        sheet = Sheet.on(part, style.width, self.height(style))
        draw_title(sheet, self._title(style), style)
        width, height = self._cell(style)
        scale = None if self.form is None else lane_scale([self.pictures[:, 0]])
        for number, picture in enumerate(self.pictures):
            row, column = divmod(number, self._columns(style))
            top = title_inches(self._title(style), style) + row * (height + _GAP)
            axes = sheet.axes(_MARGIN + column * (width + _GAP), top, width, height)
            if scale is None:
                show_picture(axes, drawn_channels(picture), style)
            else:
                _draw_lanes(axes, picture[0], scale)

    def numbers(self) -> str:
        """Of every drawn case: mean, spread, least and greatest value, of each channel of a signal in its unit."""
        stream = io.StringIO()
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["case", "channel", "mean", "sd", "least", "greatest"])
        values = self.pictures if self.form is None else self.form.in_units(self.pictures[:, 0])
        names = range(values.shape[1]) if self.form is None else self.form.channel_names
        for number, case in enumerate(values):
            for name, channel in zip(names, case, strict=True):
                facts = (channel.mean(), channel.std(), channel.min(), channel.max())
                table.writerow([number, name, *(f"{value:.6g}" for value in facts)])
        return stream.getvalue()

    def caption(self) -> str:
        """What is seen, in full sentences."""
        noun, shown = case_noun(self.form), len(self.pictures)
        which = f"The first {shown:,} of {self.n_made:,}" if shown < self.n_made else f"{shown:,}"
        scale = "" if self.form is None else _lane_words(self.form)
        return (
            f"{which} {noun}{'' if shown == 1 else 's'} that the model decodes from latent vectors drawn from "
            f"{self.source}.{scale} None of them is a case that was seen."
        )

    def _title(self, style: FigureStyle) -> list[str]:
        return wrap_words(self.title, style.width - 0.1, style, "title")

    def _columns(self, style: FigureStyle) -> int:
        """As many as give a sheet about as high as wide, of cells that are neither tiny nor huge."""
        room = style.width - 2 * _MARGIN + _GAP
        least, most = math.ceil(room / (_MOST_INCHES + _GAP)), max(1, int(room / (_LEAST_INCHES + _GAP)))
        count = len(self.pictures)
        fewest = min(most, max(least, math.ceil(math.sqrt(count * self._aspect)), 1), max(count, least))
        full = (columns for columns in range(fewest, min(most, fewest + 3) + 1) if count % columns == 0)
        return next(full, fewest)  # rather whole rows

    def _cell(self, style: FigureStyle) -> tuple[float, float]:
        """Width and height of a case."""
        columns = self._columns(style)
        width = (style.width - 2 * _MARGIN - (columns - 1) * _GAP) / columns
        return width, width * self._aspect

    @property
    def _aspect(self) -> float:
        if self.form is not None:
            return _SIGNAL_ASPECT * max(1.0, self.form.n_channels / 8)
        height, width = self.pictures.shape[-2:]
        return float(min(max(height / width, 0.3), 2.5))


def _lane_words(form: SignalForm) -> str:
    """What the lanes of a case are, as a sentence with a space before it."""
    names = ", ".join(form.channel_names[:8]) + (" …" if form.n_channels > 8 else "")
    return f" Lanes from above: {names}; {form.seconds:.3g} s, each channel on one scale in all cases."


def _draw_lanes(axes: Any, signal: NDArray[np.float32], scale: NDArray[np.float64]) -> None:
    """A signal [C, T] as a lane for each channel, within a thin frame."""
    stretches = Stretches.within(signal.shape[1], _POINTS)
    low, high = scale[:, :1], scale[:, 1:]
    shares = (stretches.drawn(signal) - low) / (high - low)
    lanes = shares + np.arange(len(signal) - 1, -1, -1)[:, None]
    axes.plot(stretches.places(), lanes.T, color=STEP, lw=0.5, solid_joinstyle="round")
    axes.set(xlim=(0, max(signal.shape[1] - 1, 1)), ylim=(0, len(signal)), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(linewidth=0.3, edgecolor="#bbbbbb")
