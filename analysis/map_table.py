"""Maps of the same cases as one table that other programs read: one row a case, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, case_columns
from analysis.projections import Projection
from xaae_core.latents import LatentTable

TableFormat = Literal["csv", "parquet"]
TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)
_DIGITS = {"x": 6, "y": 6}
_FEW_DIGITS = 4


@dataclass(frozen=True, eq=False)
class MapColumns:
    """A map with what else is known of each of its cases.

    Attributes:
        projection: the map.
        moved: share of the map's size that each case moves between seeds [N], NaN where not known; None: not measured.
        group: the group that the map shows each case in [N], −1: none; None: not looked for.
    """

    projection: Projection
    moved: NDArray[Any] | None = None
    group: NDArray[Any] | None = None

    def own(self) -> dict[str, NDArray[Any]]:
        """What depends on the map, by name: x, y and what was measured, [N] each."""
        made = self.projection
        measured = {
            "neighbours_kept": None if made.quality is None else made.quality.kept,
            "moved": self.moved,
            "group": self.group,
        }
        known = {name: values for name, values in measured.items() if values is not None}
        return {"x": made.points[:, 0], "y": made.points[:, 1], **known}


def table_format(path: str | Path) -> TableFormat:
    """The format that a file's ending asks for.

    Raises:
        ValueError: another ending than .csv and .parquet.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    for known in TABLE_FORMATS:
        if ending == known:
            return known
    raise ValueError(f'"{Path(path).name}" ends with ".{ending}"; a table of a map is .csv or .parquet')


def map_table(
    maps: Sequence[MapColumns], table: LatentTable, further: Mapping[str, NDArray[Any]] | None = None
) -> dict[str, NDArray[Any]]:
    """The columns of a table of maps, each [N].

    Args:
        maps: of the same cases; with more than one, the method's name follows what depends on it: "x_tsne".
        table: the cases, row by row.
        further: more columns by name.

    Returns:
        id, x, y, label, split, prediction, neighbours_kept, placed (whether the case came onto the finished map),
        error ("right" or "wrong"; of numbers, the predicted minus the true one), and, where they were measured, moved
        and group. Text is "" and a number NaN where it is not known.
    """
    own = [each.own() for each in maps]
    endings = [f"_{each.projection.method}" if len(maps) > 1 else "" for each in maps]
    known = case_columns(table)

    def of_maps(*names: str) -> dict[str, NDArray[Any]]:
        return {
            name + ending: columns[name]
            for ending, columns in zip(endings, own, strict=True)
            for name in names
            if name in columns
        }

    return {
        "id": table.ids,
        **of_maps("x", "y"),
        "label": _label(known, table),
        "split": table.split,
        "prediction": _entries(known.get("prediction"), len(table)),
        **of_maps("neighbours_kept"),
        "placed": maps[0].projection.placed,
        "error": _entries(known.get("error"), len(table)),
        **of_maps("moved", "group"),
        **(further or {}),
    }


def map_csv(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """The columns as CSV: UTF-8, one header line, "yes" and "no", empty where a number is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_as_text(name, values) for name, values in columns.items()), strict=True))
    return text.getvalue().encode()


def map_parquet(columns: Mapping[str, NDArray[Any]], about: Mapping[str, object] | None = None) -> bytes:
    """The columns as Parquet, numbers in full precision, null where nothing is known.

    Args:
        columns: from `map_table`.
        about: how the maps were made; JSON in the file's metadata, under "xaae_maps".
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: _as_arrow(values) for name, values in columns.items()}
    table = pa.table(arrays).replace_schema_metadata({b"xaae_maps": json.dumps(about or {}).encode()})
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


def _label(known: Mapping[str, CaseColumn], table: LatentTable) -> NDArray[Any]:
    """The class; of a model of numbers the number that it should predict."""
    if "label" in known or table.target_name not in table.columns:
        return _entries(known.get("label"), len(table))
    values = table.columns[table.target_name]
    return values if values.dtype.kind in "iuf" else values.astype(np.str_)


def _entries(column: CaseColumn | None, n: int) -> NDArray[Any]:
    """A column's entries [n]: numbers, or names with "" where there is none."""
    if column is None:
        return np.full(n, "")
    if column.values is not None:
        return column.values
    return np.array([*column.groups, ""])[column.codes]  # code −1 is the last


def _as_text(name: str, values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "b":
        return np.where(values, "yes", "no").tolist()
    if values.dtype.kind != "f":
        return values.tolist()
    digits = _DIGITS.get(name.partition("_")[0], _FEW_DIGITS)
    rounded = np.round(values.astype(np.float64), digits).tolist()
    return [value if np.isfinite(value) else "" for value in rounded]


def _as_arrow(values: NDArray[Any]) -> Any:
    import pyarrow as pa

    if values.dtype.kind == "f":
        return pa.array(values, mask=~np.isfinite(values))
    if values.dtype.kind == "U":
        return pa.array(values.tolist(), pa.string(), mask=values == "")
    return pa.array(values)
