"""The mean map of many pictures as a figure: the mean picture, the mean map, its spread, and where the signs agree.

The mean map of signals is a curve along time with a band of the spread, over the mean trace, a lane for each channel.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from analysis.figures.attribution_words import method_words
from analysis.figures.cohort_curves import curves_height, draw_curves
from analysis.figures.heat_layers import colour_limit, draw_bar, draw_heat
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import LONGEST, MARGIN, Paper, head_height
from analysis.figures.pictures import bare, show_picture
from analysis.figures.style import FigureStyle
from xaae_core.signal_form import SignalForm, case_noun

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_NARROW = 4.4
_GAP, _BAR, _TICKS = 0.07, 0.07, 0.42
_SMALLEST = 0.5


@dataclass(frozen=True, eq=False)
class CohortFigure:
    """What a figure of many maps shows: one row a group; maps of one method share their scales.

    What two methods say is not in one unit, so each has scales of its own. Maps of a method without a sign have no
    column of signs.

    Attributes:
        picture: mean of the explained pictures [C, H, W] in [0, 1]; of signals [1, C, T] as their model takes them.
        maps: by the group's name; one row each.
        title: a line above.
        form: what the signals look like; None of pictures.
    """

    kind: ClassVar[str] = "cohort_attribution"
    picture: NDArray[Any]
    maps: Mapping[str, CohortMap]
    title: str = ""
    form: SignalForm | None = None

    def __post_init__(self) -> None:
        if not self.maps:
            raise ValueError("there is no map to draw; expected at least one group of cases")

    @property
    def has_sign(self) -> bool:
        """Whether any map has a pixel below 0."""
        return any(found.has_sign for found in self.maps.values())

    def of_one_method(self, found: CohortMap) -> list[CohortMap]:
        """The figure's maps whose numbers can be compared with this map's."""
        return [each for each in self.maps.values() if each.method == found.method]

    def height(self, style: FigureStyle) -> float:
        """Inches it takes; no more than a page where pictures can be made smaller."""
        if self.form is not None:
            return curves_height(self, self.form, style)
        return _Sheet(self, style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw one row a group, or of signals one block of lanes."""
        if self.form is not None:
            draw_curves(part, self, self.form, style)
        else:
            _Sheet(self, style).draw(part)

    def numbers(self) -> str:
        """Every pixel of each group: mean, spread and share with the mean's sign."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        place = ["row", "column"] if self.form is None else ["channel", "seconds"]
        table.writerow(["group", "cases", *place, "mean", "spread", "same_sign"])
        for name, found in self.maps.items():
            for (row, column), *cells in zip(
                np.ndindex(found.mean.shape), found.mean.flat, found.spread.flat, found.same_sign.flat, strict=True
            ):
                where = (
                    [row, column]
                    if self.form is None
                    else [self.form.channel_names[row], f"{column / self.form.sampling_rate:.6g}"]
                )
                table.writerow([name, found.n, *where, *(f"{cell:.6g}" for cell in cells)])
        return text.getvalue()

    def caption(self) -> str:
        """What is seen, and of how many cases."""
        nouns = f"{case_noun(self.form)}s"
        groups = ", ".join(f"{name} (n = {found.n:,})" for name, found in self.maps.items())
        first = next(iter(self.maps.values()))
        methods = " and ".join(dict.fromkeys(method_words(found.method) for found in self.maps.values()))
        said = [f"Mean of the maps of many {nouns} by {methods} for the {first.target}: {groups}."]
        if self.form is not None:
            said.append(
                "Curve: the mean over time in seconds, filled by its sign; band: one standard deviation between cases; "
                "grey line: the mean trace."
            )
        else:
            signs = ", and the share of cases whose pixel has the mean's sign" if self.has_sign else ""
            said.append(
                f"From the left: the mean picture, the mean map (orange adds, violet takes, white is zero), its "
                f"standard deviation between cases{signs}."
            )
        if first.meaning:
            said.append(f"A number of the maps is: {first.meaning}.")
        said.append(f"A mean says something only where the {nouns} show the same place at the same point.")
        return " ".join(said)


class _Sheet:
    """Where everything of a figure of pictures lies."""

    def __init__(self, figure: CohortFigure, style: FigureStyle) -> None:
        self.figure, self.style = figure, style
        self.columns = ["mean picture", "mean map", "spread (SD)"]
        self.columns += ["share with the mean's sign"] * figure.has_sign
        self.a_row = 2 if style.width < _NARROW else len(self.columns)
        self.n_rows = -(-len(self.columns) // self.a_row)  # of pictures, in each group
        self.aspect = figure.picture.shape[-2] / figure.picture.shape[-1]
        self.top = head_height(figure.title, style)
        bars = _BAR + _TICKS
        widest = (style.width - 2 * MARGIN - (self.a_row - 1) * (_GAP + bars) - (self.n_rows > 1) * bars) / self.a_row
        fitting = (LONGEST - self.top) / len(figure.maps) - self._words_height
        heads = 2 * style.line("small") + 0.1
        self.side = max(_SMALLEST, min(widest, (fitting / self.n_rows - heads) / self.aspect))

    @property
    def _words_height(self) -> float:
        return self.style.line("text") + self.style.line("small") + 0.08

    @property
    def _head_height(self) -> float:
        return self.style.line("small", max(len(self._head(name)) for name in self.columns)) + 0.02

    def _head(self, name: str) -> list[str]:
        return wrap_words(name, self.side + 0.1, self.style, most=2)

    def _left(self, column: int) -> float:
        """Where the pictures of a column begin; where groups have two rows, its first column has bars, too."""
        first = self.side + _GAP + (_BAR + _TICKS if self.n_rows > 1 else 0)
        return 0.0 if column == 0 else first + (column - 1) * (self.side + _GAP + _BAR + _TICKS)

    @property
    def high(self) -> float:
        """Height of a picture."""
        return self.side * self.aspect

    @property
    def group_height(self) -> float:
        """Inches of a group."""
        return self._words_height + self.n_rows * (self._head_height + self.high + 0.08)

    @property
    def height(self) -> float:
        """Inches of all."""
        return self.top + len(self.figure.maps) * self.group_height

    def draw(self, part: FigureBase) -> None:
        paper = Paper.ruled(part, self.style, self.height)
        paper.head(self.figure.title)
        for place, (name, found) in enumerate(self.figure.maps.items()):
            top = self.top + place * self.group_height
            inches = self.style.width - 2 * MARGIN
            named = wrap_words(f"{name} (n = {found.n:,})", inches, self.style, "text", most=1, is_bold=True)
            level = paper.write(MARGIN, top, named, "text", is_bold=True)
            said = f"{method_words(found.method)}; {found.target}: {found.score_mean:.3g} on average"
            paper.write(MARGIN, level, wrap_words(said.replace("-", "−"), inches, self.style, most=1))
            self._draw_group(paper, found, top + self._words_height)

    def _draw_group(self, paper: Paper, found: CohortMap, top: float) -> None:
        alike = self.figure.of_one_method(found)
        for place, name in enumerate(self.columns):
            row, column = divmod(place, self.a_row)
            left = MARGIN + self._left(column)
            level = top + row * (self._head_height + self.high + 0.08)
            paper.write(left + self.side / 2, level, self._head(name), align="center")
            level += self._head_height
            axes = paper.axes(left, level, self.side, self.high)
            if place == 0:
                show_picture(axes, self.figure.picture, self.style)
                continue
            bar = paper.axes(left + self.side + 0.04, level, _BAR, self.high)
            if place == 1:
                limit = max(colour_limit(each.mean) for each in alike)
                draw_bar(bar, draw_heat(axes, found.mean, self.style, limit=limit), self.style)
                continue
            low, high = (0.5, 1.0) if place == 3 else (0.0, _most([each.spread for each in alike]))
            values = found.same_sign if place == 3 else found.spread
            drawn = axes.imshow(values, cmap="Greys", vmin=low, vmax=high, interpolation="nearest")
            bare(axes)
            draw_bar(bar, drawn, self.style, ticks=(low, (low + high) / 2, high))


def _most(spreads: list[NDArray[np.float64]]) -> float:
    """The upper end of the scale of spreads; 1 where one case alone has none."""
    known = [spread for spread in spreads if np.isfinite(spread).all()]
    return max((float(np.percentile(spread, 99.5)) for spread in known), default=1.0) or 1.0
