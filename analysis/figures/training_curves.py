"""A training as a figure: losses by phase, the game with the discriminator, held-out measures, the epochs kept."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.figures.curve_looks import LineLook
from analysis.figures.curve_panels import draw_curve_panel
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Values = NDArray[np.float64]
_WIDE_MM = 120.0


@dataclass(frozen=True)
class PhaseSpan:
    """Epochs of a phase, counted over the whole training.

    Attributes:
        number: of the phase, from 1.
        name: of the phase.
        first: its first epoch, from 1.
        last: its last one.
        kept: the epoch whose weights the phase ended with; 0 where the history does not tell.
    """

    number: int
    name: str
    first: int
    last: int
    kept: int


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of a panel.

    Attributes:
        key: its column in the numbers behind the figure.
        name: in the legend.
        values: of all epochs [N]; NaN where not measured.
        look: colour, dashes and marker.
    """

    key: str
    name: str
    values: Values
    look: LineLook


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """Lines with one axis.

    Attributes:
        title: of the axis.
        curves: its lines.
        is_log: whether the axis is logarithmic.
        limits: ends of the axis; () to fit the lines.
        level: a value to compare with; NaN for none.
        level_words: what it means.
        band: two values between which something holds; () for none.
        band_words: what.
        band_phase: the phase in which it does.
    """

    title: str
    curves: tuple[Curve, ...]
    is_log: bool = False
    limits: tuple[float, ...] = ()
    level: float = math.nan
    level_words: str = ""
    band: tuple[float, ...] = ()
    band_words: str = ""
    band_phase: str = ""

    def phases_of(self, phases: tuple[PhaseSpan, ...]) -> tuple[PhaseSpan, ...]:
        """From the first to the last of the phases in which any of the lines was measured."""
        measured = np.flatnonzero(np.any([np.isfinite(curve.values) for curve in self.curves], axis=0)) + 1
        return tuple(phase for phase in phases if phase.last >= measured[0] and phase.first <= measured[-1])


@dataclass(frozen=True, eq=False)
class TrainingCurves:
    """The course of a training.

    Attributes:
        phases: in order; together they are all epochs.
        panels: beside and below each other; the first has the losses.
    """

    kind: ClassVar[str] = "training"
    phases: tuple[PhaseSpan, ...]
    panels: tuple[CurvePanel, ...]

    @property
    def n_epochs(self) -> int:
        """All epochs of all phases."""
        return self.phases[-1].last

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        n_rows, n_columns = self._grid(style)
        cell = style.width / n_columns
        return n_rows * (min(1.9, max(0.95, (0.52 if n_columns > 1 else 0.38) * cell)) + style.line("small", 4))

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the panels, each with the phases behind its lines."""
        n_rows, n_columns = self._grid(style)
        width = style.width / n_columns
        height = self.height(style) / n_rows
        axes = np.ravel(part.subplots(n_rows, n_columns, squeeze=False))
        for place in axes[len(self.panels) :]:
            place.set_axis_off()
        for number, (place, panel) in enumerate(zip(axes, self.panels, strict=False)):
            shown = panel.phases_of(self.phases)
            names = [phase.name for phase in shown] if len(self.phases) > 1 else []
            draw_curve_panel(place, panel, shown, names, style, (width, height), has_rings=number == 0)

    def numbers(self) -> str:
        """One row for each epoch: its phase, whether its weights were kept, and every line's value."""
        curves = {curve.key: curve for panel in self.panels for curve in panel.curves}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["phase", "epoch", "kept", *curves])
        for phase in self.phases:
            for epoch in range(phase.first, phase.last + 1):
                found = [_cell(curve.values[epoch - 1]) for curve in curves.values()]
                writer.writerow([phase.name, epoch - phase.first + 1, int(epoch == phase.kept), *found])
        return text.getvalue()

    def caption(self) -> str:
        """What is drawn over what."""
        told = [f"{phase.name} ({phase.last - phase.first + 1})" for phase in self.phases]
        one = f"A training of {_epochs(self.n_epochs)} in one phase, {self.phases[0].name}."
        many = f"A training of {_epochs(self.n_epochs)} in {len(told)} phases (epochs in brackets): {', '.join(told)}."
        words = [one if len(told) == 1 else many, *(_panel_words(panel) for panel in self.panels)]
        if any(phase.kept for phase in self.phases):
            has_game = any(phase.name == "adversarial" for phase in self.phases)
            rule = "chosen on validation cases" + ("; the adversarial term does not count" if has_game else "")
            words.append(f"Rings and dotted lines: the epochs whose weights were kept ({rule}).")
        return " ".join(words)

    def _grid(self, style: FigureStyle) -> tuple[int, int]:
        """Rows and columns of panels."""
        n_panels = len(self.panels)
        n_columns = 1
        if style.width_mm >= _WIDE_MM and n_panels > 1:
            n_columns = 3 if n_panels in (3, 5, 6) else 2
        return math.ceil(n_panels / n_columns), n_columns


def _panel_words(panel: CurvePanel) -> str:
    """A sentence of what a panel shows."""
    names = ", ".join(dict.fromkeys(curve.name for curve in panel.curves))
    log = ", logarithmic axis" if panel.is_log else ""
    shown = f"{panel.title[:1].upper()}{panel.title[1:]}"
    words = f"{shown}{log}." if names == panel.title else f"{shown}: {names}{log}."
    if math.isfinite(panel.level):
        words += f" Dash-dotted line at {panel.level:.3g}: {panel.level_words}."
    if panel.band:
        words += f" Band from {panel.band[0]:g} to {panel.band[1]:g}, {panel.band_phase} phase: {panel.band_words}."
    return words


def _epochs(count: int) -> str:
    return f"{count:,} epoch{'' if count == 1 else 's'}"


def _cell(value: Any) -> str:
    return repr(float(value)) if math.isfinite(value) else ""
