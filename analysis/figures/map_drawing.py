"""Maps of the same cases as one drawing: beside each other, with one legend and one caption."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.figures.density_map import MOST_POINTS
from analysis.figures.drawn_map import DrawnMap
from analysis.figures.export import split
from analysis.figures.formats import plain
from analysis.figures.group_outlines import OUTLINE_WORDS
from analysis.figures.latent_map import MapFigure, predictions_of, truths_of
from analysis.figures.lettering import wrap_words
from analysis.figures.map_captions import NUMERALS, figure_caption
from analysis.figures.map_layers import draw_arrows, draw_flow, draw_points
from analysis.figures.map_legend import MapLegend
from analysis.figures.map_sizes import MapSizes
from analysis.figures.point_colours import PointColours
from analysis.figures.style import FigureStyle
from xaae_core.case_tokens import case_token

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_CAPTION_MARGIN = 0.12  # inches, left and right together


@dataclass(frozen=True, eq=False)
class MapDrawing:
    """Maps beside each other; the cases are known by their tokens.

    Attributes:
        maps: from left to right, 1 to 8.
        colours: of every case.
        tokens: of the cases [N] (`xaae_core.case_tokens`).
        labels: recorded class or number of each case [N]; "" where not known.
        predictions: what the model says of each case [N]; "" where it says nothing.
        is_selected: cases [N] that keep their colour, the others are grey; None: no selection.
        words: the caption.
    """

    kind: ClassVar[str] = "map"
    maps: tuple[DrawnMap, ...]
    colours: PointColours
    tokens: NDArray[np.str_]
    labels: NDArray[np.str_]
    predictions: NDArray[np.str_]
    is_selected: NDArray[np.bool_] | None = None
    words: str = ""

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        sizes, legend, caption = self._parts(style)
        below = legend.height + self._caption_height(caption, style)
        return max(sizes.height, below) if sizes.is_beside else sizes.height + below

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the maps, then legend and caption: below, or beside a single map on a wide page."""
        sizes, legend, caption = self._parts(style)
        below = [legend.height, self._caption_height(caption, style)]
        if sizes.is_beside:
            shares = [sizes.width, style.width - sizes.width]
            maps, words = np.ravel(part.subfigures(1, 2, width_ratios=shares, wspace=0, squeeze=False))
            top, bottom, *_ = split(words, [*below, max(self.height(style) - sum(below), 0.01)])
        else:
            maps, top, bottom = split(part, [sizes.height, *below])
        self._draw_maps(maps, sizes, style)
        legend.draw(top, loc="center left" if sizes.is_beside else "center")
        left = 0.0 if sizes.is_beside else 0.012
        bottom.text(left, 0.99, "\n".join(caption), fontsize=style.size("small"), va="top", linespacing=1.2)

    def numbers(self) -> str:
        """One row a case: token, label, prediction, what it is coloured by, its place on each map."""
        columns = dict(self._columns())
        content = io.StringIO()
        writer = csv.writer(content, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return content.getvalue()

    def caption(self) -> str:
        """Method, parameters, seed and quality of each map, what the signs mean, how sure the directions are."""
        return self.words

    def _parts(self, style: FigureStyle) -> tuple[MapSizes, MapLegend, list[str]]:
        sizes = MapSizes.of(self.maps, style)
        width = style.width - sizes.width if sizes.is_beside else style.width
        legend = MapLegend(self.maps, self._shown_colours(style), self.is_selected, style, width)
        is_outlined = style.is_greyscale and self.colours.groups and len(self.maps[0]) > MOST_POINTS
        words = " ".join(filter(None, [self.words * style.has_words, OUTLINE_WORDS * bool(is_outlined)]))
        return sizes, legend, wrap_words(words, width - _CAPTION_MARGIN, style)

    def _caption_height(self, caption: Sequence[str], style: FigureStyle) -> float:
        return style.line("small", len(caption)) + 0.06 if caption else 0.01

    def _shown_colours(self, style: FigureStyle) -> PointColours:
        return self.colours.in_greys() if style.is_greyscale else self.colours

    def _draw_maps(self, part: FigureBase, sizes: MapSizes, style: FigureStyle) -> None:
        frames = np.ravel(part.subplots(sizes.rows, sizes.columns, squeeze=False))
        colours = self._shown_colours(style)
        for place, axes in enumerate(frames):
            if place >= len(self.maps):
                axes.axis("off")
                continue
            drawn = self.maps[place]
            draw_points(axes, drawn, colours, self.is_selected, style, side=sizes.side)
            if drawn.flow is not None:
                draw_flow(axes, drawn.flow)
            draw_arrows(axes, drawn.arrows, colours, style)
            numeral = f"({NUMERALS[place]}) " if len(self.maps) > 1 else ""
            _name_axes(axes, drawn, numeral, sizes, style)

    def _columns(self) -> Iterator[tuple[str, Any]]:
        yield "case", self.tokens.tolist()
        yield "label", self.labels.tolist()
        yield "prediction", self.predictions.tolist()
        if self.colours.name not in ("", "label", "prediction"):
            yield f"colour: {self.colours.name}", self.colours.texts()
        if self.is_selected is not None:
            yield "selected", _yes_no(self.is_selected)
        for drawn, end in zip(self.maps, _endings([drawn.method for drawn in self.maps]), strict=True):
            for column, axis in enumerate("xy"):
                yield f"{axis}{end}", [f"{value:.6g}" for value in drawn.points[:, column].tolist()]
            if drawn.kept is not None:
                yield f"neighbours_kept{end}", [f"{value:.4g}" for value in drawn.kept.tolist()]
            if drawn.is_doubtful is not None:
                yield f"place_says_little{end}", _yes_no(drawn.is_doubtful)
            if drawn.placed.any():
                yield f"placed{end}", _yes_no(drawn.placed)


def map_drawing(figures: Sequence[MapFigure]) -> MapDrawing:
    """Maps of the same cases as a drawing.

    Args:
        figures: from left to right; the first one says what the points are coloured by, and which are selected.

    Raises:
        ValueError: no map, more than 8, or maps of other cases; a column to colour by that the table does not have, or
            a palette of another length.
    """
    if not 1 <= len(figures) <= len(NUMERALS) or any(figure.is_other(figures[0]) for figure in figures):
        raise ValueError(f"{len(figures)} maps; expected 1 to {len(NUMERALS)} of the same cases in the same order")
    first, colours = figures[0], figures[0].colours()
    return MapDrawing(
        maps=tuple(_drawn(figure) for figure in figures),
        colours=colours,
        tokens=np.array([case_token(case) for case in first.table.ids.tolist()], dtype=np.str_),
        labels=truths_of(first.table),
        predictions=predictions_of(first.table),
        is_selected=first.is_selected,
        words=figure_caption(figures, colours),
    )


def _drawn(figure: MapFigure) -> DrawnMap:
    projection = figure.projection
    return DrawnMap(
        points=projection.points,
        placed=projection.placed,
        method=projection.method,
        name=projection.title,
        title=figure.title or projection.title,
        axes=projection.axes,
        has_units=projection.plane is not None,
        is_doubtful=figure.is_doubtful,
        kept=None if projection.quality is None else projection.quality.kept,
        arrows=figure.arrows,
        flow=figure.flow,
    )


def _name_axes(axes: Any, drawn: DrawnMap, numeral: str, sizes: MapSizes, style: FigureStyle) -> None:
    axes.set_title(plain(numeral + drawn.title, most=sizes.letters(style, "text")))
    axes.set_xlabel(plain(drawn.axes[0], most=sizes.letters(style, "small")))
    axes.set_ylabel(plain(drawn.axes[1], most=sizes.letters(style, "small", upright=True)))
    if not drawn.has_units:  # they would mean nothing
        axes.set_xticks([])
        axes.set_yticks([])
    axes.set_aspect("equal", adjustable="datalim")


def _yes_no(mask: NDArray[np.bool_]) -> list[str]:
    return ["yes" if each else "no" for each in mask.tolist()]


def _endings(methods: Sequence[str]) -> list[str]:
    """What tells the columns of several maps apart: "_umap", "_umap_2"; "" for a single one."""
    if len(methods) == 1:
        return [""]
    counts = [methods[:place].count(method) for place, method in enumerate(methods)]
    return [f"_{method}_{count + 1}" if count else f"_{method}" for method, count in zip(methods, counts, strict=True)]
