"""Labels worth a second look as a contact sheet: each case with its label, that of its neighbours, and why."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from analysis.figures.example_tile import BAR, VERMILION, draw_case, draw_share, drawn_channels, tile_aspect
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import MARGIN, Paper, head_height
from analysis.figures.style import FigureStyle
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_GAP, _TILE = 0.12, 1.05
_MOST = 6


@dataclass(frozen=True, eq=False)
class DoubtedLabel:
    """A case whose label is doubted.

    Attributes:
        picture: [C, H, W] in [0, 1], of signals [1, channels, samples]; None where it could not be found.
        name: what the case is called: by its token, never by its file.
        rank: its place, 1 the most doubtful.
        label: that it has.
        suggested: that most of its neighbours have.
        disagreement: share of its nearest others with another label, in [0, 1].
        suspicion: how doubtful it is among all, in [0, 1].
        reason: in words.
        self_influence: how strongly it pulls at the model; NaN where that was not measured.
    """

    picture: NDArray[Any] | None
    name: str
    rank: int
    label: str
    suggested: str
    disagreement: float
    suspicion: float
    reason: str = ""
    self_influence: float = math.nan

    @property
    def question(self) -> str:
        """The label and what is suggested, in a few words."""
        return f"{self.label} → {self.suggested}?" if self.suggested != self.label else f"{self.label}?"


@dataclass(frozen=True, eq=False)
class LabelSheet:
    """Doubtful labels, the most doubtful first.

    Attributes:
        cases: in their order.
        n_judged: cases whose labels were judged.
        title: a line above.
        notes: below, such as how the ranking was made and what it cannot say.
        form: what the signals look like; None of pictures.
    """

    kind: ClassVar[str] = "labels"
    cases: Sequence[DoubtedLabel]
    n_judged: int
    title: str = ""
    notes: tuple[str, ...] = ()
    form: SignalForm | None = None

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        rows = self._rows(style)
        notes = style.line("tiny", len(self._notes(style)))
        return head_height(self.title, style) + sum(self._row_height(row, style) for row in rows) + notes + 0.05

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the cases in reading order, then the notes."""
        paper = Paper.ruled(part, style, self.height(style))
        paper.head(self.title)
        top, side = head_height(self.title, style), self._side(style)
        for row in self._rows(style):
            for place, case in enumerate(row):
                self._draw_case(paper, case, MARGIN + place * (side + _GAP), top)
            top += self._row_height(row, style)
        paper.write(MARGIN, top, self._notes(style), "tiny", colour="#555555")

    def numbers(self) -> str:
        """A line for each case."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["rank", "case", "label", "suggested", "suspicion", "disagreement", "self_influence", "why"])
        for case in self.cases:
            own = "" if math.isnan(case.self_influence) else f"{case.self_influence:.8g}"
            table.writerow(
                [case.rank, case.name, case.label, case.suggested, f"{case.suspicion:.8g}", f"{case.disagreement:.8g}",
                 own, case.reason]
            )  # fmt: skip
        return text.getvalue()

    def caption(self) -> str:
        """What is seen, and what it does not say."""
        said = [
            f"Labels worth a second look: {len(self.cases)} of {self.n_judged:,} labelled cases, the most doubtful "
            "first. Below each case its label and the one that most of its nearest cases have; bars: share of the "
            "nearest cases with another label."
        ]
        if self.form is not None and len(drawn_channels(self.form)) < self.form.n_channels:
            named = ", ".join(self.form.channel_names[channel] for channel in drawn_channels(self.form))
            said.append(f"Of {self.form.n_channels} channels these are drawn: {named}.")
        return " ".join([*said, *(f"{note[:1].upper()}{note[1:].rstrip('.')}." for note in self.notes)])

    def _columns(self, style: FigureStyle) -> int:
        room = style.width - 2 * MARGIN + _GAP
        return max(1, min(_MOST, len(self.cases), int(room / (_TILE + _GAP))))

    def _side(self, style: FigureStyle) -> float:
        columns = self._columns(style)
        return min(1.6, (style.width - 2 * MARGIN - (columns - 1) * _GAP) / columns)

    def _rows(self, style: FigureStyle) -> list[Sequence[DoubtedLabel]]:
        columns = self._columns(style)
        return [self.cases[start : start + columns] for start in range(0, len(self.cases), columns)]

    def _high(self, style: FigureStyle) -> float:
        return self._side(style) * tile_aspect([case.picture for case in self.cases], self.form)

    def _words(self, case: DoubtedLabel, style: FigureStyle) -> tuple[list[str], list[str]]:
        side = self._side(style)
        question = wrap_words(f"{case.rank}. {case.question}", side, style, "small", most=3, is_bold=True)
        return question, [
            *wrap_words(case.name, side, style, "tiny", most=1),
            *wrap_words(case.reason, side, style, "tiny", most=5),
        ]

    def _row_height(self, row: Sequence[DoubtedLabel], style: FigureStyle) -> float:
        words = [self._words(case, style) for case in row]
        told = max(style.line("small", len(bold)) + style.line("tiny", len(others)) for bold, others in words)
        return self._high(style) + BAR + told + 0.17

    def _draw_case(self, paper: Paper, case: DoubtedLabel, left: float, top: float) -> None:
        style, side, high = paper.style, self._side(paper.style), self._high(paper.style)
        draw_case(paper.axes(left, top, side, high), case.picture, self.form, style)
        draw_share(paper, left, top + high + 0.03, side, case.disagreement, colour=VERMILION)
        question, others = self._words(case, style)
        level = paper.write(left, top + high + BAR + 0.06, question, is_bold=True)
        paper.write(left, level, others, "tiny")

    def _notes(self, style: FigureStyle) -> list[str]:
        inches = style.width - 2 * MARGIN
        return [line for note in self.notes for line in wrap_words(note, inches, style, "tiny")]
