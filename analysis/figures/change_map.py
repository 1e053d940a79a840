"""One step of a path: the original, what is decoded there, the change laid on the original, and the change itself."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import wrap_words
from analysis.figures.path_words import SIGNS, answer_at, answer_label, signed, way_words
from xaae_core.errors import FigureError
from xaae_core.signal_form import SignalForm, case_noun

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle


@dataclass(frozen=True, eq=False)
class ChangeMap:
    """What a figure of a change shows.

    Attributes:
        original: the case [C, H, W] as the model takes it; of signals [1, channels, samples].
        base: what is decoded at 0, of the same shape.
        decoded: what is decoded at the step.
        limit: where the scale of the change ends on both sides; that of the whole path, so that its steps compare.
        step: along the direction, in SD.
        way: where + leads: "towards effusion".
        title: a line above; "" for none.
        said: what is known of the step, in words; "" for nothing.
        reason: why it is to be believed so far; "" for none.
        form: what the signals look like; None of pictures.
    """

    kind: ClassVar[str] = "change"
    original: NDArray[Any]
    base: NDArray[np.float32]
    decoded: NDArray[np.float32]
    limit: float
    step: float
    way: str
    title: str = ""
    said: str = ""
    reason: str = ""
    form: SignalForm | None = None

    @classmethod
    def of(cls, figure: PathFigure, step: int) -> Self:
        """The change at a step of a path.

        Args:
            figure: the path.
            step: its index.

        Raises:
            FigureError: no step of the path.
        """
        path = figure.traversal
        if not 0 <= step < len(path.steps):
            raise FigureError(f"step={step}; this path has steps 0 to {len(path.steps) - 1}")
        return cls(
            figure.original,
            path.frames[path.origin],
            path.frames[step],
            figure.limit,
            float(path.steps[step]),
            way_words(path),
            figure.title,
            _known(figure, step),
            figure.reasons[step] if figure.reasons else "",
            path.signal_form,
        )

    @property
    def change(self) -> NDArray[np.float32]:
        """What changed against the decode at 0 [C, H, W]."""
        return self.decoded - self.base

    @property
    def on_original(self) -> NDArray[np.float32]:
        """The change added to the original [C, H, W]; of pictures clipped to [0, 1]."""
        edited: NDArray[np.float32] = np.asarray(self.original, np.float32) + self.change
        return edited if self.form is not None else np.clip(edited, 0, 1)

    @property
    def step_words(self) -> str:
        """The step: "+1.5 SD towards effusion"."""
        return f"{signed(self.step)} SD {self.way}"

    def title_lines(self, style: FigureStyle) -> list[str]:
        """The title in lines that fit the style's width."""
        return wrap_words(self.title, style.width - 0.1, style, "title")

    def note_lines(self, style: FigureStyle, room: float) -> list[str]:
        """What is known of the step, and why it is to be believed so far, in lines of at most `room` inches."""
        words = (text for text in (self.said, self.reason) if text)
        return [line for text in words for line in wrap_words(text, room, style, "small")]

    def height(self, style: FigureStyle) -> float:
        """Inches it takes at the style's width."""
        return self._layout(style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the four pictures, or the four columns of traces."""
        self._layout(style).draw(part)

    def numbers(self) -> str:
        """Pictures: original, decoded and change of every pixel; signals: of every sample, in its unit."""
        return _picture_table(self) if self.form is None else _signal_table(self, self.form)

    def caption(self) -> str:
        """What is seen, in full sentences."""
        noun = case_noun(self.form)
        said = [
            f"The original {noun}, what the model decodes at {self.step_words}, the same change laid on the original, "
            "and the change against what is decoded at 0.",
            "What lies on the original is no decode: it is the case's own detail with the model's change added.",
        ]
        if self.form is None:
            said.append(
                f"The colours of the change run from −{self.limit:.0%} to +{self.limit:.0%} of the range from black to "
                "white, the same at every step of the path."
            )
        else:
            from analysis.figures.trace_lane_axes import channel_words

            scale = "Each channel has one scale, in its unit; the change is drawn around 0 on the same scale."
            said.append(channel_words(self.form.n_channels) + scale)
        known = f"{self.said}." if self.said else ""
        return " ".join(words for words in (*said, known, _sentence(self.reason)) if words)

    def _layout(self, style: FigureStyle) -> Any:
        from analysis.figures.change_pictures import ChangePictures
        from analysis.figures.change_traces import ChangeTraces

        return ChangePictures(self, style) if self.form is None else ChangeTraces(self, style)


def _known(figure: PathFigure, step: int) -> str:
    """What is known of a step: trust, answer, how much of the move is found again."""
    parts = []
    if figure.levels and figure.levels[step]:
        parts.append(f"{SIGNS[figure.levels[step]]} trust {figure.levels[step]}")
    if answer_label(figure):
        parts.append(f"{answer_label(figure)} {answer_at(figure, step)}")
    if figure.achieved is not None:
        asked, found = (signed(float(value)) for value in (figure.traversal.steps[step], figure.achieved[step]))
        parts.append(f"asked {asked} SD, found again {found} SD")
    return " · ".join(parts)


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}." if reason else ""


def _picture_table(drawing: ChangeMap) -> str:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["channel", "row", "column", "original", "decoded", "decoded_at_0", "change"])
    values = np.stack([drawing.original, drawing.decoded, drawing.base, drawing.change], axis=-1)
    for place in np.ndindex(values.shape[:-1]):
        table.writerow([*place, *(f"{value:.5f}" for value in values[place])])
    return stream.getvalue()


def _signal_table(drawing: ChangeMap, form: SignalForm) -> str:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["channel", "unit", "time_s", "original", "decoded", "decoded_at_0", "change"])
    original, decoded, base = (form.in_units(values[0]) for values in (drawing.original, drawing.decoded, drawing.base))
    values = np.stack([original, decoded, base, decoded - base], axis=-1)
    for channel, (name, unit) in enumerate(zip(form.channel_names, form.units, strict=True)):
        for sample, seconds in enumerate(form.times()):
            numbers = (f"{value:.6g}" for value in values[channel, sample])
            table.writerow([name, unit, f"{seconds:.6f}", *numbers])
    return stream.getvalue()
