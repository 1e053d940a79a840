"""Nearest rows among many, approximately: only the cells around each query are searched, and those exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.brute_force import nearest_rows

_WANTED_RECALL = 0.99
_TRIED = 500
_SAMPLE_A_CELL = 64
_ROUNDS = 4
_BLOCK = 65_536
_MOST_CROWDED = 8
"""A cell is searched among at most this many times the usual number of rows: identical rows all share a cell."""


@dataclass(frozen=True, eq=False)
class CellIndex:
    """Rows sorted into the cells of centres, as an inverted file.

    Attributes:
        rows: all rows, cell by cell [N, D], float32.
        order: where each of them stands in the caller's array [N].
        starts: first row of each cell, and N at the end [C + 1].
        centres: of the cells [C, D].
        around: cells by distance from each cell, itself first [C, C].
        n_searched: cells that are searched for a query.
    """

    rows: NDArray[np.float32]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    centres: NDArray[np.float32]
    around: NDArray[np.int32]
    n_searched: int

    def query(
        self, queries: NDArray[np.float32], k: int, report: Callable[[int, int], None]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Distances and places [M, k] of the rows that are nearest to queries [M, D], nearest first.

        Args:
            queries: vectors.
            k: rows for each.
            report: told of progress, in queries; what it raises ends the search.
        """
        distances, places = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int32)
        cells = _nearest_centre(queries, self.centres)
        asked = np.argsort(cells, kind="stable")
        bounds = np.searchsorted(cells[asked], np.arange(len(self.centres) + 1))
        for cell in range(len(self.centres)):
            mine = asked[bounds[cell] : bounds[cell + 1]]
            if len(mine):
                among = self._rows_around(cell, k)
                far, near = nearest_rows(queries[mine], self.rows[among], k)
                distances[mine], places[mine] = far, self.order[among[near]]
                report(int(bounds[cell + 1]), len(queries))
        return distances, places

    def _rows_around(self, cell: int, k: int) -> NDArray[np.int64]:
        """Rows of the cells that are searched for queries in a cell, at least k."""
        sizes = np.diff(self.starts)[self.around[cell]]
        n_searched = max(self.n_searched, int(np.searchsorted(np.cumsum(sizes), k)) + 1)
        most = max(k, _MOST_CROWDED * n_searched * len(self.rows) // len(sizes))
        parts = [np.arange(self.starts[other], self.starts[other + 1]) for other in self.around[cell, :n_searched]]
        return np.concatenate(parts)[:most]


def build_cells(rows: NDArray[np.float32], k: int, *, seed: int) -> CellIndex:
    """Sort rows [N, D] into cells, and find out how many must be searched to find 99 % of the k nearest.

    Args:
        rows: what will be searched.
        k: neighbours that will be asked for.
        seed: of the centres and of the rows that it is tried out with.

    Source: Jégou et al. 2011 (inverted file); the centres by Lloyd's algorithm on a sample.
    """
    rng = np.random.default_rng(seed)
    centres = _find_centres(rows, 2 * int(np.sqrt(len(rows))), rng)
    cells = _nearest_centre(rows, centres)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(len(centres) + 1))
    around = nearest_rows(centres, centres, len(centres))[1].astype(np.int32)
    tried = np.sort(rng.choice(len(rows), size=min(_TRIED, len(rows)), replace=False))
    true = nearest_rows(rows[tried], rows, min(k + 1, len(rows)))[1]
    return CellIndex(rows[order], order, starts, centres, around, _cells_needed(around, cells[tried], cells[true]))


def _cells_needed(around: NDArray[np.int32], own: NDArray[np.int64], wanted: NDArray[np.int64]) -> int:
    """How many cells around their own [M] hold 99 % of the wanted ones [M, k]."""
    places = np.argsort(around[own], axis=1)  # [M, C]: how far down the list each cell stands
    needed = np.sort(np.take_along_axis(places, wanted, axis=1).ravel())
    return int(needed[int(np.ceil(_WANTED_RECALL * len(needed))) - 1]) + 1


def _find_centres(rows: NDArray[np.float32], n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Centres [n, D] of cells that hold about equally many rows; the same for any number of threads."""
    sample = rows[np.sort(rng.choice(len(rows), size=min(len(rows), _SAMPLE_A_CELL * n), replace=False))]
    centres = sample[np.sort(rng.choice(len(sample), size=n, replace=False))]
    for _ in range(_ROUNDS):
        cells = _nearest_centre(sample, centres)
        order = np.argsort(cells, kind="stable")
        used, starts, counts = np.unique(cells[order], return_index=True, return_counts=True)
        sums = np.add.reduceat(sample[order].astype(np.float64), starts, axis=0)
        centres[used] = sums / counts[:, None]
    return centres


def _nearest_centre(rows: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The centre that each row is nearest to [N]."""
    cells = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        part: slice[Any, Any, Any] = slice(start, start + _BLOCK)
        cells[part] = nearest_rows(rows[part], centres, 1)[1][:, 0]
    return cells
