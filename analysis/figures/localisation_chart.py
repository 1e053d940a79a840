"""Localisation as a figure: every method with its interval, beside maps that have not looked at the picture."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from analysis.evaluation.localisation import MEASURES
from analysis.evaluation.localisation_table import (
    REFERENCES,
    Estimate,
    LocalisationLine,
    LocalisationTable,
)
from analysis.figures.attribution_words import method_words
from analysis.figures.formats import OKABE_ITO, plain
from analysis.figures.lettering import wrap_words
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

_TITLES = {
    "iou_best": "IoU, best threshold (upper bound)",
    "iou_fixed": "IoU, fixed threshold",
    "pointing": "pointing game",
    "energy_inside": "energy inside",
}
_REFERENCE_WORDS = {
    "centred_disc": "centred disc",
    "centred_bar": "middle of the time",
    "usual_place": "usual place of masks",
    "random": "random maps",
}
_REFERENCE_STYLES = {"centred_disc": "-", "centred_bar": "-", "usual_place": "--", "random": ":"}
_GREY = "#555555"
_MARKERS = "osD^v"
_NARROW = 4.4


@dataclass(frozen=True, eq=False)
class LocalisationChart:
    """A panel for each measure, a row for each method, a colour and a mark for each target.

    Lines across a panel are the maps that have not looked at the picture, with their intervals as bands: only what
    lies to the right of them says something about the picture.

    Attributes:
        lines: a measure of a method (or of a reference) over all pictures, each.
        n_cases: with masks.
        mask_share: what the masks cover of a picture.
        title: a line above.
        noun: what a case is: "picture" or "signal".
    """

    kind: ClassVar[str] = "localisation"
    lines: tuple[LocalisationLine, ...]
    n_cases: int
    mask_share: Estimate
    title: str = ""
    noun: str = "picture"

    @classmethod
    def of(cls, table: LocalisationTable, *, title: str = "", noun: str = "picture") -> Self:
        """The chart of a table, as `xaae localise` makes it."""
        return cls(table.lines, table.n_pictures, table.mask_share, title, noun)

    @property
    def methods(self) -> list[str]:
        """That of the most energy inside (for any target) first; without the references."""
        best: dict[str, float] = {}
        for line in self.lines:
            if line.method not in REFERENCES and line.measure == "energy_inside":
                best[line.method] = max(best.get(line.method, 0.0), line.value.mean)
        return sorted(best, key=lambda method: -best[method])

    @property
    def targets(self) -> list[str]:
        """What is explained, each once."""
        return list(dict.fromkeys(line.target for line in self.lines if line.method not in REFERENCES))

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        a_row = max(1, len(self.methods)) * style.line("small", max(1, len(self.targets))) * 1.15
        n_down = 2 if style.width < _NARROW else 1
        panel = max(0.5, a_row) + (1.4 + n_down) * style.line("text") + style.line("tiny", 2) + 0.12
        title = style.line("title", len(self._title(style))) + (0.06 if self.title else 0)
        return n_down * panel + title + self._legend_rows(style) * style.line("small") * 1.1 + 0.2

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the panels beside each other; in one column two by two."""
        shape = (2, 2) if style.width < _NARROW else (1, 4)
        panels = np.ravel(part.subplots(*shape, sharey=True))
        for place, (axes, measure) in enumerate(zip(panels, MEASURES, strict=True)):
            lines = [line for line in self.lines if line.measure == measure]
            _draw_references(axes, lines)
            self._draw_methods(axes, lines, style)
            room = style.width / shape[1] - (0.9 if style.width < _NARROW else 0.35)
            axes.set_title("\n".join(wrap_words(_TITLES[measure], room, style, "text", most=3)))
            axes.set_xlim(left=0, right=max(0.1, axes.get_xlim()[1]))
            axes.tick_params(left=False, labelleft=place % shape[1] == 0)
            axes.grid(axis="x", linewidth=0.3, alpha=0.5)
            for side in ("top", "right", "left"):
                axes.spines[side].set_visible(False)
        names = [plain(method_words(method)) for method in self.methods]
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        for axes in panels[:: shape[1]]:
            axes.tick_params(axis="y", labelsize=style.size("small"))
        handles, labels = panels[0].get_legend_handles_labels()
        part.legend(handles, labels, loc="outside lower center", ncols=self._legend_columns(style))
        if self.title:
            part.suptitle("\n".join(self._title(style)), fontweight="bold", x=0.01, ha="left")

    def numbers(self) -> str:
        """A row for each method, target and measure, as the command's table has them."""
        text = io.StringIO()
        rows = [line.cells() for line in self.lines]
        names = list(dict.fromkeys(name for row in rows for name in row))
        table = csv.DictWriter(text, names, lineterminator="\n", restval="")
        table.writeheader()
        table.writerows(rows)
        return text.getvalue()

    def caption(self) -> str:
        """What is seen, and what it must be read beside."""
        known = list(dict.fromkeys(line.method for line in self.lines if line.method in REFERENCES))
        references = ", ".join(_REFERENCE_WORDS[method] for method in known)
        compared = (
            f" Lines across are maps that have not looked at the {self.noun} ({references}), bands their intervals: "
            "only what lies to the right of them says something of it."
        )
        return (
            f"How well attribution maps fall on outlines, over {self.n_cases:,} {self.noun}s with masks, which cover "
            f"{self.mask_share.mean:.1%} on average. Marks are means, bars 95 % bootstrap intervals over {self.noun}s; "
            f"targets: {', '.join(self.targets)}.{compared if known else ''} IoU at the best threshold is an upper "
            f"bound: the threshold was chosen by looking at the mask."
        )

    def _title(self, style: FigureStyle) -> list[str]:
        return wrap_words(self.title, style.width - 0.15, style, "title", most=3, is_bold=True)

    def _legend_columns(self, style: FigureStyle) -> int:
        n = len(self.targets) + len({line.method for line in self.lines if line.method in REFERENCES})
        return max(1, min(n, int(style.width / 1.35)))

    def _legend_rows(self, style: FigureStyle) -> int:
        n = len(self.targets) + len({line.method for line in self.lines if line.method in REFERENCES})
        return -(-n // self._legend_columns(style))

    def _draw_methods(self, axes: Axes, lines: list[LocalisationLine], style: FigureStyle) -> None:
        methods, targets = self.methods, self.targets
        for number, target in enumerate(targets):
            offset = min(0.22, 0.8 / len(targets)) * (number - (len(targets) - 1) / 2)
            own = [line for line in lines if line.target == target and line.method in methods]
            colour = OKABE_ITO[number % len(OKABE_ITO)]
            places = [methods.index(line.method) + offset for line in own]
            low, high = [line.value.low for line in own], [line.value.high for line in own]
            axes.hlines(places, low, high, color=colour, linewidth=1.1)
            axes.plot(
                [line.value.mean for line in own],
                places,
                marker=_MARKERS[number % len(_MARKERS)],
                color=colour,
                markerfacecolor="#ffffff" if style.is_greyscale and number % 2 else colour,
                markersize=3.2,
                clip_on=False,  # a marker at 0 is a finding, too
                zorder=3,
                linestyle="",
                label=plain(target),
            )


def _draw_references(axes: Axes, lines: list[LocalisationLine]) -> None:
    for line in lines:
        if line.method in REFERENCES:
            style = _REFERENCE_STYLES[line.method]
            axes.axvspan(line.value.low, line.value.high, color=_GREY, alpha=0.12, linewidth=0)
            axes.axvline(
                line.value.mean, color=_GREY, linewidth=0.9, linestyle=style, label=_REFERENCE_WORDS[line.method]
            )
