"""What a figure of a map shows: the map with its cases, their colours, directions, doubts and selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn
from analysis.directions import Direction
from analysis.figures.point_colours import PointColours, column_named, point_colours
from analysis.map_arrows import MapArrow
from analysis.projections import Projection
from analysis.score_flow import ScoreFlow
from xaae_core.latents import LatentTable


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

    def is_other(self, other: MapFigure) -> bool:
        """Whether it shows other cases than another map, or in another order."""
        return not np.array_equal(self.projection.ids, other.projection.ids)


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


def truths_of(table: LatentTable) -> NDArray[np.str_]:
    """`truth_of` of all cases [N]."""
    if (table.labels < 0).all() or not table.classes:
        return np.array([truth_of(table, row) for row in range(len(table))], dtype=np.str_)
    named = np.array([*table.classes, ""], dtype=np.str_)[np.where(table.labels >= 0, table.labels, -1)]
    for row in np.flatnonzero(table.labels < 0) if table.target_name in table.columns else ():
        named[row] = truth_of(table, int(row))
    return named


def predictions_of(table: LatentTable) -> NDArray[np.str_]:
    """`prediction_of` of all cases [N]."""
    if table.predicted is not None or not table.classes:
        return np.array([prediction_of(table, row) for row in range(len(table))], dtype=np.str_)
    codes = table.predictions
    is_known = (codes >= 0) & (codes < len(table.classes))
    return np.array([*table.classes, ""], dtype=np.str_)[np.where(is_known, codes, -1)]
