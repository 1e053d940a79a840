"""The border of a mask as straight pieces between its pixels and the others; of a signal, as spans of time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MaskOutline:
    """Where a mask ends; a pixel (row, column) covers [column, column + 1] × [row, row + 1].

    Attributes:
        upright: pieces from (x, y) to (x, y + length), int [K, 3] of x, y, length.
        level: pieces from (x, y) to (x + length, y), int [K, 3] of x, y, length.
    """

    upright: NDArray[np.int64]
    level: NDArray[np.int64]


def trace_outline(mask: NDArray[np.bool_]) -> MaskOutline:
    """Find every edge between a pixel inside the mask and one outside it; the picture's own edge counts as outside.

    Args:
        mask: bool [H, W].
    """
    padded = np.pad(mask, 1)
    upright = _runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T)  # [W + 1, H]: is there an edge left of column x?
    level = _runs(padded[1:, 1:-1] != padded[:-1, 1:-1])  # [H + 1, W]: is there an edge above row y?
    return MaskOutline(upright, level[:, [1, 0, 2]])


def trace_spans(mask: NDArray[np.bool_]) -> list[list[list[int]]]:
    """Of each channel of a mask [C, T], the spans inside it: [first sample, samples] each."""
    found: list[list[list[int]]] = [[] for _ in mask]
    for channel, start, length in _runs(mask).tolist():
        found[channel].append([start, length])
    return found


def _runs(edges: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs of True along the last axis: [K, 3] of line, start, length."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    line, start = np.nonzero(steps == 1)
    _, end = np.nonzero(steps == -1)
    return np.stack([line, start, end - start], axis=1)
