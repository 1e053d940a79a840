"""May these maps be believed? The checks and the measures of each method as a table of text beside its maps."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution, Measure
from analysis.evaluation.sanity import SanityStrip
from analysis.evaluation.sanity_checks import SanityCheck
from analysis.figures.style import FigureStyle
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Heat = NDArray[np.float32]
COLUMNS = ("method", "target", "kind", "name", "value", "low", "high", "passed", "words")


@dataclass(frozen=True, eq=False)
class SanityRow:
    """What was found about the map of one method.

    Attributes:
        method: its name.
        target: what it explains, in words.
        heat: the map [H, W].
        verdict: "believable", "doubtful" or "fails"; "" where it was not checked.
        sentence: the verdict and why.
        checks: sanity checks, in their order.
        measures: faithfulness, localisation, concentration.
        destroyed: the map of a destroyed model [H, W]; None where there is none.
        shuffled: that of shuffled labels.
        moved: the map at a random place.
    """

    method: str
    target: str
    heat: Heat
    verdict: str = ""
    sentence: str = ""
    checks: tuple[SanityCheck, ...] = ()
    measures: tuple[Measure, ...] = ()
    destroyed: Heat | None = None
    shuffled: Heat | None = None
    moved: Heat | None = None

    @classmethod
    def of(cls, made: Attribution, strip: SanityStrip | None = None) -> Self:
        """What is known of a map; its measures that are checks, too, are not told twice."""
        measures = tuple(each for each in made.measures if not each.name.startswith("sanity: "))
        if strip is None:
            return cls(made.method, made.target, made.map, measures=measures)
        return cls(
            *(made.method, made.target, made.map, strip.verdict, strip.sentence, strip.checks, measures),
            destroyed=None if strip.destroyed is None else strip.destroyed.map,
            shuffled=None if strip.shuffled is None else strip.shuffled.map,
            moved=strip.random,
        )

    def check(self, name: str) -> SanityCheck | None:
        """The check of a name; None where it was not asked for."""
        return next((each for each in self.checks if each.name == name), None)

    def measure(self, name: str) -> Measure | None:
        """The measure of a name; None where it was not made."""
        return next((each for each in self.measures if each.name == name), None)

    @property
    def thumbnails(self) -> tuple[tuple[str, Heat | None], ...]:
        """The map and those that it should not look like, by name."""
        return (
            ("map", self.heat),
            ("model destroyed", self.destroyed),
            ("labels shuffled", self.shuffled),
            ("moved at random", self.moved),
        )


@dataclass(frozen=True, eq=False)
class SanityTable:
    """The checks of several methods on one case.

    Attributes:
        rows: one for each method, in order.
        title: a line above.
        form: what the signal looks like; None of a picture.
        notes: below the table, such as what could not be made.
    """

    kind: ClassVar[str] = "sanity"
    rows: Sequence[SanityRow]
    title: str = ""
    form: SignalForm | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not any(row.checks or row.measures for row in self.rows):
            raise ValueError(
                f"none of the {len(self.rows)} maps was checked or measured, so there is nothing to tabulate; expected "
                "rows with checks or measures"
            )

    @property
    def check_names(self) -> list[str]:
        """Every check that any method has, in order."""
        return list(dict.fromkeys(check.name for row in self.rows for check in row.checks))

    @property
    def measure_names(self) -> list[str]:
        """Every measure that any map has, in order."""
        return list(dict.fromkeys(measure.name for row in self.rows for measure in row.measures))

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        return self._sheet(style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the table: text stays text."""
        self._sheet(style).draw(part)

    def numbers(self) -> str:
        """A line for each check, measure and verdict of each method."""
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
        table.writeheader()
        for row in self.rows:
            table.writerows(_cells(row))
        return text.getvalue()

    def caption(self) -> str:
        """What is tabulated, and what each column means."""
        from analysis.figures.sanity_words import CHECK_WORDS, MEASURE_WORDS

        said = ["Checks of attribution maps, a row for each method."]
        if any(row.moved is not None for row in self.rows):
            said.append(
                "Small maps, each on its own scale: the map itself, and those that it should not look like, of a "
                "destroyed model, of a direction fitted to shuffled labels, and of the map moved at random."
            )
        said += [CHECK_WORDS[name].told for name in self.check_names if name in CHECK_WORDS]
        said += [MEASURE_WORDS[name].told for name in self.measure_names if name in MEASURE_WORDS]
        said.append("Numbers in brackets are 95 % intervals; ✓ passed, ✗ not passed, – could not be checked.")
        return " ".join(said)

    def _sheet(self, style: FigureStyle) -> Any:
        from analysis.figures.sanity_sheet import SanitySheet

        return SanitySheet(self, style)


def _cells(row: SanityRow) -> list[dict[str, Any]]:
    common = {"method": row.method, "target": row.target}
    answers = {None: "", True: "yes", False: "no"}
    lines: list[dict[str, Any]] = [
        {**common, "kind": "check", "name": check.name, **_values(check.value, check.interval),
         "passed": answers[check.passed], "words": check.sentence}
        for check in row.checks
    ]  # fmt: skip
    lines += [
        {**common, "kind": "measure", "name": found.name, **_values(found.value, found.interval),
         "words": found.meaning}
        for found in row.measures
    ]  # fmt: skip
    return lines + ([{**common, "kind": "verdict", "name": row.verdict, "words": row.sentence}] if row.verdict else [])


def _values(value: float, interval: tuple[float, float]) -> dict[str, str]:
    named = {"value": value, "low": interval[0], "high": interval[1]}
    return {name: f"{number:.6g}" for name, number in named.items() if math.isfinite(number)}
