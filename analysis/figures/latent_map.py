"""Maps of the latent space as a figure: one, or several of the same cases beside each other with one legend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn
from analysis.directions import Direction
from analysis.figures.formats import Format, plain, render
from analysis.figures.map_captions import LETTERS, figure_caption
from analysis.figures.map_layers import draw_arrows, draw_flow, draw_points
from analysis.figures.map_legend import draw_legend, legend_height
from analysis.figures.point_colours import PointColours, column_named, point_colours
from analysis.map_arrows import MapArrow
from analysis.projections import Projection
from analysis.score_flow import ScoreFlow
from xaae_core.latents import LatentTable

_CAPTION_SIZE = 6.0


@dataclass(frozen=True, eq=False)
class MapFigure:
    """What a figure of a map shows.

    Attributes:
        projection: the map.
        table: the latents it was made of, row by row.
        colour_by: a column by name, where `column` is None; "" for the labels, or the model's own number where there
            are none.
        title: a line above; "" for the method's name.
        column: what the points are coloured by.
        palette: "#rrggbb" of each of the column's groups, where the figure must match a screen; () for the figures'
            own.
        arrows: directions on a plane, see `direction_arrows`.
        flow: of a score, see `score_flow`; drawn as small arrows.
        direction: of the arrows or the flow; its quality, p-value and cone go into the caption.
        is_doubtful: cases [N] whose place on this map says little: crossed and grey, or hatched. None: not judged.
        is_selected: cases [N] that keep their colour, the others are grey. None: no selection.
        notes: further sentences for the caption.
    """

    projection: Projection
    table: LatentTable
    colour_by: str = ""
    title: str = ""
    column: CaseColumn | None = None
    palette: tuple[str, ...] = ()
    arrows: tuple[MapArrow, ...] = ()
    flow: ScoreFlow | None = None
    direction: Direction | None = None
    is_doubtful: NDArray[np.bool_] | None = None
    is_selected: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.projection) != len(self.table):
            raise ValueError(
                f"the map has {len(self.projection)} points, the table {len(self.table)} cases; expected the table "
                "that the map was made of"
            )
        parts = {"column": self.column, "is_doubtful": self.is_doubtful, "is_selected": self.is_selected}
        wrong = {name: len(part) for name, part in parts.items() if part is not None and len(part) != len(self.table)}
        if wrong:
            raise ValueError(f"the map has {len(self.table)} cases, but these have other lengths: {wrong}")

    def colours(self) -> PointColours:
        """The colours of its points; raises ValueError for a column that the table does not have."""
        return point_colours(self.column or column_named(self.table, self.colour_by), self.palette)


def draw_map(figure: MapFigure, form: Format = "png", *, width_inches: float = 4.6, dpi: int = 300) -> bytes:
    """Draw a map with its legend and its caption; the bytes of a PNG, SVG or PDF.

    Classes differ by colour and by shape, so that the figure survives a grey printer. Above 10,000 points they become
    a picture of their density under axes that stay vectors, with the names of the classes written on it.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        width_inches: final width.
        dpi: dots per inch.

    Raises:
        ValueError: a column to colour by that the table does not have, or a palette of another length.
    """
    return draw_maps((figure,), form, width_inches=width_inches, dpi=dpi)


def draw_maps(
    figures: Sequence[MapFigure], form: Format = "png", *, width_inches: float = 7.2, dpi: int = 300
) -> bytes:
    """Draw maps of the same cases beside each other, with one legend and one caption.

    Args:
        figures: from left to right; the first one says what the points are coloured by, and which are selected.
        form: "png", "svg" or "pdf".
        width_inches: final width (7.2 inches: two columns of most journals).
        dpi: dots per inch.

    Raises:
        ValueError: no map, more than 8, or maps of other cases; as `draw_map`.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not 1 <= len(figures) <= len(LETTERS) or any(_are_other(each, figures[0]) for each in figures):
        raise ValueError(f"{len(figures)} maps; expected 1 to {len(LETTERS)} of the same cases in the same order")
    colours = figures[0].colours()
    caption = textwrap.fill(figure_caption(figures, colours), int(width_inches * 124 / _CAPTION_SIZE))
    heights = (
        width_inches / len(figures) * _height_share(figures) + 0.42,
        legend_height(figures, colours, width_inches),
        (caption.count("\n") + 1) * _CAPTION_SIZE * 1.28 / 72 + 0.04,
    )
    packed = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03)
    canvas = Figure(figsize=(width_inches, sum(heights)), layout=packed, facecolor="white")
    grid = canvas.add_gridspec(3, len(figures), height_ratios=heights)
    for place, figure in enumerate(figures):
        axes = canvas.add_subplot(grid[0, place])
        _draw_panel(axes, figure, colours, f"({LETTERS[place]}) " if len(figures) > 1 else "")
    draw_legend(canvas, canvas.add_subplot(grid[1, :]), figures, colours)
    below = canvas.add_subplot(grid[2, :])
    below.axis("off")
    below.text(0, 1, plain(caption), fontsize=_CAPTION_SIZE, va="top", linespacing=1.2, transform=below.transAxes)
    return render(canvas, form, dpi=dpi)


def map_rows(figure: MapFigure) -> Iterator[dict[str, str | float]]:
    """The numbers behind a map, one row a case: id, x, y, label, split, prediction, neighbours_kept, placed.

    neighbours_kept is "" where the map was not rated; placed says whether the case came onto the finished map.
    """
    table, projection = figure.table, figure.projection
    kept = None if projection.quality is None else projection.quality.kept
    for row, name in enumerate(table.ids.tolist()):
        x, y = projection.points[row].tolist()
        yield {
            "id": name,
            "x": round(x, 6),
            "y": round(y, 6),
            "label": truth_of(table, row),
            "split": str(table.split[row]),
            "prediction": prediction_of(table, row),
            "neighbours_kept": "" if kept is None else round(float(kept[row]), 4),
            "placed": "yes" if projection.placed[row] else "no",
        }


def truth_of(table: LatentTable, row: int) -> str:
    """A case's class or true number; "" where it is not known."""
    if table.labels[row] >= 0 and table.classes:
        return table.classes[table.labels[row]]
    known = table.columns.get(table.target_name)
    return "" if known is None or not np.isfinite(known[row]) else f"{float(known[row]):g}"


def prediction_of(table: LatentTable, row: int) -> str:
    """What the model says of a case: a class or a number; "" where it says nothing."""
    if table.predicted is not None:
        return f"{float(table.predicted[row]):.6g}"
    index = int(table.predictions[row])
    return table.classes[index] if 0 <= index < len(table.classes) else ""


def _are_other(figure: MapFigure, first: MapFigure) -> bool:
    return not np.array_equal(figure.projection.ids, first.projection.ids)


def _height_share(figures: Sequence[MapFigure]) -> float:
    """Height of the panels in parts of their width, so that wide maps leave no empty band; from 0.55 to 1."""
    spans = np.array([np.ptp(figure.projection.points, axis=0) for figure in figures], dtype=np.float64)
    return float(np.clip((spans[:, 1] / np.maximum(spans[:, 0], 1e-12)).max(), 0.55, 1.0))


def _draw_panel(axes: Any, figure: MapFigure, colours: PointColours, letter: str) -> None:
    projection = figure.projection
    draw_points(axes, figure, colours)
    if figure.flow is not None:
        draw_flow(axes, figure.flow)
    draw_arrows(axes, figure.arrows, colours)
    axes.set_title(plain(letter + (figure.title or projection.title), most=60), fontsize=9)
    axes.set_xlabel(plain(projection.axes[0], most=80), fontsize=7)
    axes.set_ylabel(plain(projection.axes[1], most=80), fontsize=7)
    if projection.plane is None:  # units that mean nothing
        axes.set_xticks([])
        axes.set_yticks([])
    axes.tick_params(labelsize=6)
    axes.set_aspect("equal", adjustable="datalim")
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
        spine.set_color("#8c8c8c")
