"""What a notebook shows of a table of latents."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaae_core.latent_table import LatentTable

_ROWS, _COLUMNS = 5, 8


def table_html(table: LatentTable) -> str:
    """The first rows as an HTML table, with all words escaped; not z itself, of which people read nothing."""
    n, dimensions = table.z.shape
    shown = range(min(n, _ROWS))
    extra = list(table.columns)[:_COLUMNS]
    header = ["id", "split", "label", "model says", *extra]
    rows = [
        [
            table.ids[row],
            table.split[row],
            _label(table, row),
            _said(table, row),
            *(table.columns[c][row] for c in extra),
        ]
        for row in shown
    ]
    facts = f"{n:,} cases, z of {dimensions} dimensions" + (f", {len(table.skipped):,} skipped" * bool(table.skipped))
    left_out = f" {n - len(shown):,} further rows." if n > len(shown) else ""
    head = _row("th", header)
    body = "".join(_row("td", row) for row in rows)
    return f"<div><strong>{facts}</strong><table>{head}{body}</table>{escape(left_out)}</div>"


def _row(cell: str, values: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(str(value))}</{cell}>" for value in values) + "</tr>"


def _label(table: LatentTable, row: int) -> str:
    index = int(table.labels[row])
    return table.classes[index] if 0 <= index < len(table.classes) else ""


def _said(table: LatentTable, row: int) -> str:
    if table.predicted is not None:
        return f"{float(table.predicted[row]):.4g}"
    index = int(table.predictions[row])
    return f"{table.classes[index]} ({table.probabilities[row, index]:.2f})" if 0 <= index < len(table.classes) else ""
