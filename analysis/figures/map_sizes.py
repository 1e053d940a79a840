"""How maps share the width of a figure: beside each other where there is room, else below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from analysis.figures.drawn_map import DrawnMap
from analysis.figures.style import FigureStyle, Size

LETTER = 0.55
"""Of the size of text, what a letter takes on average."""
_LEAST_CELL = 2.2  # inches of a map beside another
_WIDE = 5.1  # inches from which on a single map has its words beside it
_MAP_SHARE = 0.56
_MOST_SIDE = 4.0
_GAP = 0.1


@dataclass(frozen=True)
class MapSizes:
    """Places of maps.

    Attributes:
        rows: of maps.
        columns: of maps.
        side: width of one map without its labels, in inches.
        tall: height of one map without its labels.
        width: of all maps with their labels.
        height: of all maps with their labels.
        is_beside: whether legend and caption stand beside the map, not below.
    """

    rows: int
    columns: int
    side: float
    tall: float
    width: float
    height: float
    is_beside: bool

    @classmethod
    def of(cls, maps: Sequence[DrawnMap], style: FigureStyle) -> Self:
        """The places of maps in a style."""
        is_beside = len(maps) == 1 and style.width >= _WIDE and style.has_words
        width = _MAP_SHARE * style.width if is_beside else style.width
        most = max(1, int(width / _LEAST_CELL))
        rows = -(-len(maps) // most)
        columns = -(-len(maps) // rows)
        ticks = style.line("tiny") + 0.05 if any(each.has_units for each in maps) else 0.0
        side = width / columns - style.line("small") - 2 * ticks - _GAP
        share = min(height_share(maps), 0.8 if rows > 1 and columns == 1 else 1.0)
        tall = min(side * share, _MOST_SIDE)
        labels = style.line("text") + style.line("small") + ticks + 0.08 + _GAP
        return cls(rows, columns, side, tall, width, rows * (tall + labels), is_beside)

    def letters(self, style: FigureStyle, what: Size, *, upright: bool = False) -> int:
        """Letters of a kind of text that fit along a map's width, or along its height."""
        return max(12, int((self.tall if upright else self.side) / (LETTER * style.size(what) / 72)))


def height_share(maps: Sequence[DrawnMap]) -> float:
    """Height of maps in parts of their width, so that wide maps leave no empty band; from 0.55 to 1."""
    spans = np.array([np.ptp(each.points, axis=0) for each in maps], dtype=np.float64)
    return float(np.clip((spans[:, 1] / np.maximum(spans[:, 0], 1e-12)).max(), 0.55, 1.0))
