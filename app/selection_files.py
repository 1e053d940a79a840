"""Chosen cases as files that other programs read: stable ids, what is known of each case, where it lies on a map."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    import pyarrow as pa


def selection_csv(
    table: LatentTable,
    rows: NDArray[Any],
    coordinates: Mapping[str, NDArray[Any]] | None = None,
    *,
    model_classes: tuple[str, ...] | None = None,
) -> bytes:
    """The chosen cases as CSV (UTF-8, one header line, empty where nothing is known); see `selection_table`."""
    from pyarrow import csv

    content = io.BytesIO()
    csv.write_csv(selection_table(table, rows, coordinates, model_classes=model_classes), content)
    return content.getvalue()


def selection_parquet(
    table: LatentTable,
    rows: NDArray[Any],
    coordinates: Mapping[str, NDArray[Any]] | None = None,
    *,
    model_classes: tuple[str, ...] | None = None,
) -> bytes:
    """The chosen cases as Parquet; see `selection_table`."""
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(selection_table(table, rows, coordinates, model_classes=model_classes), content, compression="zstd")
    return content.getvalue()


def selection_table(
    table: LatentTable,
    rows: NDArray[Any],
    coordinates: Mapping[str, NDArray[Any]] | None = None,
    *,
    model_classes: tuple[str, ...] | None = None,
) -> pa.Table:
    """The chosen cases with everything the table knows of them, and nothing else: no header of a picture is read.

    Args:
        table: all cases.
        rows: row numbers of the chosen ones, or a mask [N]; their order is kept.
        coordinates: further columns [N] by name, such as where the cases lie on a map.
        model_classes: what the model's outputs are called; the table's classes if None.

    Returns:
        id, path (as in the table), label, prediction, probability (of the predicted class, in [0, 1]), split, the
        table's columns and the coordinates. A name that occurs again gets a number: "label 2". Null: not known.
    """
    import pyarrow as pa

    chosen = table.rows(rows)
    found: dict[str, Any] = {
        "id": pa.array(chosen.ids, pa.string()),
        "path": pa.array(chosen.paths, pa.string()),
        "label": _named(chosen.labels, chosen.classes),
        **_predictions(chosen, model_classes or chosen.classes),
        "split": pa.array(chosen.split, pa.string()),
    }
    if set(chosen.columns) >= {chosen.target_name} and not chosen.classes:  # a model of numbers: its label is one
        found["label"] = _arrow(chosen.columns[chosen.target_name])
    further = [*chosen.columns.items(), *((name, values[rows]) for name, values in (coordinates or {}).items())]
    for name, values in further:
        found[_free_name(name, found)] = _arrow(values)
    return pa.table(found)


def _predictions(table: LatentTable, classes: tuple[str, ...]) -> dict[str, Any]:
    """What the model says: a class and its probability, or a number."""
    import pyarrow as pa

    if table.predicted is not None:
        return {"prediction": _arrow(table.predicted), "probability": pa.nulls(len(table), pa.float32())}
    best = table.predictions
    if table.probabilities.shape[1] == 0:
        return {"prediction": _named(best, ()), "probability": pa.nulls(len(table), pa.float32())}
    chances = table.probabilities[np.arange(len(table)), best]
    return {"prediction": _named(best, classes), "probability": _arrow(chances)}


def _named(codes: NDArray[np.int64], names: tuple[str, ...]) -> Any:
    """Names of positions; null where there is none."""
    import pyarrow as pa

    known = (codes >= 0) & (codes < len(names))
    place = pa.array(np.where(known, codes, 0).astype(np.int32), mask=~known)
    return pa.DictionaryArray.from_arrays(place, pa.array(names, pa.string())).cast(pa.string())


def _arrow(values: NDArray[Any]) -> Any:
    """A column; what is not a number, in a column of numbers, is null."""
    import pyarrow as pa

    if np.issubdtype(values.dtype, np.floating):
        return pa.array(values, mask=~np.isfinite(values))
    return pa.array(values) if values.dtype.kind not in "OU" else pa.array(values.astype(np.str_), pa.string())


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    number = next(k for k in range(1, len(taken) + 2) if (name if k == 1 else f"{name} {k}") not in taken)
    return name if number == 1 else f"{name} {number}"
