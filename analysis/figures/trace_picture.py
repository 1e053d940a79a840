"""A signal as a small picture: one lane for each channel, every case on the same scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LANE = 12  # least height of a lane in pixels, where there is room
_MARGIN = 0.06  # of a lane that stays free at both its ends
_INK, _PAPER = 235.0, 12.0  # the paper is the ground on which the app lays it
_LINES_ACROSS = 160  # a line is this part of the picture's width, so that it lasts when the picture is shrunk
_LEAST_LINE = 1.4
_BETWEEN = 48.0


def draw_trace_picture(values: NDArray[Any], side: int, *, line: float | None = None) -> NDArray[np.uint8]:
    """Draw a signal as light lines on dark ground, as monitors do, smoothed and without losing a peak.

    Each column of pixels shows all values of its moment, from the least to the greatest. A lane spans 0 to 1, whatever
    the signal's own range is, so that small pictures of several cases can be compared; what is beyond is cut off.

    Args:
        values: [C, T], 0 and 1 being the form's `low` and `high`; NaN is left out.
        side: width in pixels; the height is 5/8 of it, more where many channels need it, and at most `side`.
        line: thickness of the lines in pixels; None: 1/160 of the width, at most a sixth of a lane, at least 1.4.

    Returns:
        Grey levels [height, side].

    Raises:
        ValueError: values of another shape, or a side below 8.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or 0 in values.shape or side < 8:
        raise ValueError(f"values have the shape {values.shape} and side is {side}; expected [C, T] and at least 8")
    n_channels = len(values)
    height = min(side, max(round(side * 5 / 8), _LANE * n_channels))
    low, high = _extremes(np.clip(values, 0, 1), side)  # each [C, side]
    lane = height / n_channels
    line = line or max(_LEAST_LINE, min(side / _LINES_ACROSS, lane / 6))
    top = np.arange(n_channels)[:, None] * lane
    inner = lane * (1 - 2 * _MARGIN) - line
    offset = top + lane * _MARGIN + line / 2
    upper, lower = offset + (1 - high) * inner - line / 2, offset + (1 - low) * inner + line / 2
    rows = np.arange(height)[:, None]  # [height, 1]
    covered = np.zeros((height, side))
    for first, last in zip(upper, lower, strict=True):
        share = np.clip(np.minimum(last, rows + 1) - np.maximum(first, rows), 0, 1)
        covered = np.maximum(covered, np.nan_to_num(share))
    paper = np.full((height, side), _PAPER)
    for edge in range(1, n_channels):
        paper[round(edge * lane) - 1] = _BETWEEN
    levels: NDArray[np.uint8] = np.rint(paper + (_INK - paper) * covered).astype(np.uint8)
    return levels


def _extremes(values: NDArray[np.float64], width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest value within each of `width` columns [C, width], joined to the next column's."""
    n_samples = values.shape[1]
    edges = np.linspace(0, max(n_samples - 1, 1), width + 1)
    places = np.arange(n_samples)
    at_edges = np.stack([np.interp(edges, places, channel) for channel in values])  # [C, width + 1]
    low, high = np.fmin(at_edges[:, :-1], at_edges[:, 1:]), np.fmax(at_edges[:, :-1], at_edges[:, 1:])
    column = np.minimum(np.searchsorted(edges, places, side="right") - 1, width - 1)  # of each sample
    for channel in range(len(values)):
        np.fmin.at(low[channel], column, values[channel])
        np.fmax.at(high[channel], column, values[channel])
    return low, high
