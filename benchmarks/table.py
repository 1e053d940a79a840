"""The comparisons as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison import Comparison

_HEADER = ("comparison", "ours", "otherwise", "ratio", "quarter of the ratios below, above", "n")


def format_table(comparisons: Sequence[Comparison]) -> str:
    """One row a comparison, times as median (p95), the ratio as the median of the pairs; then the notes."""
    rows = [_HEADER, *(_row(comparison) for comparison in comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{c.name}: {c.ours} | against: {c.otherwise}{f' | {c.note}' if c.note else ''}" for c in comparisons]
    legend = (
        "Times are median (95th percentile). Ratio: ours / otherwise, median of the pairs; below 1, ours is faster."
    )
    return "\n".join([*lines, "", legend, "", *notes])


def _row(comparison: Comparison) -> tuple[str, ...]:
    low, high = np.quantile(comparison.ratios, [0.25, 0.75])
    return (
        comparison.name,
        _times(comparison.our_seconds),
        _times(comparison.other_seconds),
        f"{comparison.ratio:.3g}",
        f"{low:.3g}, {high:.3g}",
        str(len(comparison.ratios)),
    )


def _times(seconds: NDArray[np.float64]) -> str:
    """Median (p95) in the unit that reads best."""
    median, p95 = np.quantile(seconds, [0.5, 0.95])
    if median < 1:
        return f"{median * 1e3:.3g} ms ({p95 * 1e3:.3g})"
    return f"{median:.3g} s ({p95:.3g})"
