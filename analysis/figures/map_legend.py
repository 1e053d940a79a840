"""The one legend of one or several maps: groups with their numbers, or a scale, and what the other signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.figures.density_map import MOST_POINTS
from analysis.figures.drawn_map import DrawnMap
from analysis.figures.formats import plain
from analysis.figures.group_outlines import INK, outline_of
from analysis.figures.map_layers import UNSELECTED
from analysis.figures.point_colours import GREY, MARKERS, PointColours
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_LETTER = 0.55  # of the size of text, what a letter takes on average
_SIGN = 0.32  # inches of a sign with its gaps
_SIGN_POINTS = 4.2
_PAD = 0.06


class MapLegend:
    """The legend of maps of the same cases.

    Args:
        maps: from left to right.
        colours: of the points, those of the style.
        is_selected: cases [N] that keep their colour; None: all.
        style: of the figure.
        width: of the legend in inches.
    """

    def __init__(
        self,
        maps: Sequence[DrawnMap],
        colours: PointColours,
        is_selected: NDArray[np.bool_] | None,
        style: FigureStyle,
        width: float,
    ) -> None:
        self._maps, self._colours, self._selected = maps, colours, is_selected
        self._style, self._width = style, width
        self._is_dense = len(maps[0]) > MOST_POINTS
        self._signs = list(self._found())

    @property
    def height(self) -> float:
        """Inches that it takes."""
        rows = -(-len(self._signs) // self._columns) if self._signs else 0
        return _PAD + rows * self._style.line("small") * 1.1 + self._scale_height

    def draw(self, part: FigureBase, *, loc: Literal["center", "center left"] = "center") -> None:
        """Draw on a part of a figure of its width and `height`."""
        share = self._scale_height / self.height
        if self._colours.values is not None:
            self._draw_scale(part)
        if self._signs:
            part.legend(
                handles=self._signs, loc=loc, bbox_to_anchor=(0.0, 0.0, 1.0, 1.0 - share), ncols=self._columns,
                borderpad=0, labelspacing=0.35, columnspacing=1.2, handlelength=self._sign_length, handletextpad=0.35,
                borderaxespad=0.2,
            )  # fmt: skip

    @property
    def _scale_height(self) -> float:
        if self._colours.values is None:
            return 0.0
        return 0.14 + self._style.line("tiny") + self._style.line("small") + _PAD

    @property
    def _sign_length(self) -> float:
        """Of a sign, in parts of the text's size; dashes need room to be told apart."""
        return 3.0 if self._is_dense and self._style.is_greyscale else 1.3

    @property
    def _columns(self) -> int:
        """Columns that fit side by side, as even as their number allows."""
        letter = _LETTER * self._style.size("small") / 72
        longest = max((len(sign.get_label()) for sign in self._signs), default=1)
        most = int(np.clip(self._width / (longest * letter + _SIGN), 1, max(len(self._signs), 1)))
        rows = -(-len(self._signs) // most)
        return -(-len(self._signs) // max(rows, 1)) or 1

    def _found(self) -> Iterator[Any]:
        """A handle with its words for each sign that is drawn."""
        colours = self._colours
        dot = "s" if self._is_dense else "."
        for code, (name, colour) in enumerate(zip(colours.groups, colours.colours, strict=True)):
            words = self._counted(name, colours.codes == code)
            if self._is_dense and self._style.is_greyscale:
                yield _outlined(words, code, colour)
            else:
                yield _sign(words, "s" if self._is_dense else MARKERS[code], colour)
        if not colours.is_known.all():
            yield _sign(self._counted(colours.rest, ~colours.is_known), dot, GREY)
        if self._selected is not None:
            yield _sign("not selected", "s" if self._is_dense else "o", UNSELECTED)
        placed = int(self._maps[0].placed.sum())
        if placed:
            yield _sign(f"placed afterwards ({placed:,})", "o", "#444444", is_ring=True)
        yield from self._doubtful()

    def _doubtful(self) -> Iterator[Any]:
        """How many cases of each map have a place that says little."""
        judged = [each for each in self._maps if each.n_doubtful]
        if not judged:
            return
        counts = [f"{each.name} {each.n_doubtful:,}" if len(self._maps) > 1 else f"{each.n_doubtful:,}"
                  for each in judged]  # fmt: skip
        text = f"place says little ({', '.join(counts)})"
        if not self._is_dense:
            yield _sign(text, "x", GREY)
            return
        from matplotlib.patches import Patch

        yield Patch(facecolor="none", edgecolor="#444444", hatch="//////", linewidth=0.4, label=text)

    def _counted(self, name: str, rows: NDArray[np.bool_]) -> str:
        """A name with the number of its cases, or of its selected ones: "ill (47 / 412)"."""
        count = f"{int(rows.sum()):,}"
        if self._selected is not None:
            count = f"{int((rows & self._selected).sum()):,} / {count}"
        return f"{plain(name, most=32)} ({count})"

    def _draw_scale(self, part: FigureBase) -> None:
        from matplotlib.cm import ScalarMappable

        norm, shades = self._colours.scale
        bar_height = 0.09 / self.height
        place = part.add_axes((0.2, 1 - bar_height - 0.04 / self.height, 0.6, bar_height))
        bar = part.colorbar(ScalarMappable(norm, shades), cax=place, orientation="horizontal", extend="both")
        most = int(self._width / (_LETTER * self._style.size("small") / 72))
        bar.set_label(plain(self._colours.name, most=most), labelpad=1)
        bar.ax.tick_params(pad=1)
        bar.outline.set_linewidth(0.4)


def _outlined(words: str, code: int, colour: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=INK, marker="s", markersize=3, markerfacecolor=colour, markeredgewidth=0, label=words,
        **outline_of(code))  # fmt: skip


def _sign(words: str, marker: str, colour: str, *, is_ring: bool = False) -> Any:
    from matplotlib.lines import Line2D

    fill = "none" if is_ring else colour
    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=_SIGN_POINTS, markerfacecolor=fill, markeredgecolor=colour,
        markeredgewidth=0.8 if is_ring or marker == "x" else 0, label=words,
    )  # fmt: skip
