"""Latent vectors of many images as one table, in memory and as Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.atomic_files import atomic_path
from xaae_core.errors import LatentTableError

_META = b"xaae_latents"
_PREFIX = "column:"
_MOST_TEXT = 2**30
"""Letters of a column at the width of its longest entry, 4 GiB; a path of 1,000 letters still fits a million times."""
_PROBED = 2000
_ROWS_AT_ONCE = 2**16
_MATRICES = ("z", "probabilities")
_META_FIELDS = ("classes", "target_name", "checkpoint_sha256", "data_fingerprint", "skipped")


@dataclass(frozen=True, eq=False)
class LatentTable:
    """Where a model puts each case; one row a case, arrays read-only.

    Attributes:
        z: latent vectors [N, D], float32.
        ids: stable names [N].
        paths: image files [N]; "" where there is none.
        split: "train", "valid" or "test" [N].
        labels: class index [N]; −1: not known.
        probabilities: of each class [N, classes]; [N, 0] without a classifier.
        classes: class names in the order of labels and probabilities.
        target_name: of a model of numbers, the column of `columns` that it has learned; "" of other models.
        predicted: the number it predicts for each case [N]; None of other models.
        columns: further columns [N] by name (factors, site, …).
        checkpoint_sha256: the model it was made with.
        data_fingerprint: the data it was made from.
        skipped: (id, reason) of cases that could not be read.
    """

    z: NDArray[np.float32]
    ids: NDArray[np.str_]
    paths: NDArray[np.str_]
    split: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    target_name: str = ""
    predicted: NDArray[np.float64] | None = None
    checkpoint_sha256: str = ""
    data_fingerprint: str = ""
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.z)
        lengths = {name: len(getattr(self, name)) for name in ("ids", "paths", "split", "labels", "probabilities")}
        lengths |= {name: len(values) for name, values in self.columns.items()}
        lengths |= {} if self.predicted is None else {"predicted": len(self.predicted)}
        wrong = {name: length for name, length in lengths.items() if length != n}
        if self.z.ndim != 2 or wrong:
            raise LatentTableError(f"z has shape {self.z.shape}, but these columns have other lengths: {wrong}")
        if self.classes and n and int(self.labels.max()) >= len(self.classes):
            raise LatentTableError(f"a label is {int(self.labels.max())}, but there are {len(self.classes)} classes")
        for name in ("z", "ids", "paths", "split", "labels", "probabilities"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        if self.predicted is not None:
            object.__setattr__(self, "predicted", _frozen(self.predicted))
        object.__setattr__(self, "columns", {name: _frozen(values) for name, values in self.columns.items()})

    def __len__(self) -> int:
        return len(self.z)

    def _repr_html_(self) -> str:
        from xaae_core.latent_display import table_html

        return table_html(self)

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Most probable class [N]; −1 without a classifier."""
        if self.probabilities.shape[1] == 0:
            return np.full(len(self), -1)
        return self.probabilities.argmax(axis=1)

    def rows(self, mask: NDArray[Any]) -> LatentTable:
        """The table of some rows: a boolean mask [N] or row numbers."""
        return replace(
            self,
            **{name: getattr(self, name)[mask] for name in ("z", "ids", "paths", "split", "labels", "probabilities")},
            columns={name: values[mask] for name, values in self.columns.items()},
            predicted=None if self.predicted is None else self.predicted[mask],
        )

    def row_of(self, case_id: str) -> int:
        """Row of a case; raises LatentTableError if it is not in the table."""
        found = np.flatnonzero(self.ids == case_id)
        if len(found) == 0:
            raise LatentTableError(f'the case "{case_id}" is not in the table of {len(self)} cases')
        return int(found[0])


def write_latents(table: LatentTable, path: str | Path) -> Path:
    """Write a table as Parquet, whole or not at all; returns the path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "id": pa.array(table.ids.astype(np.str_), pa.string()),
        "path": pa.array(table.paths.astype(np.str_), pa.string()),
        "split": pa.array(table.split.astype(np.str_), pa.string()),
        "label": pa.array(table.labels),
        "prediction": pa.array(table.predictions),
        "z": _matrix(table.z),
    }
    if table.probabilities.shape[1]:  # Parquet knows no rows of width 0
        columns["probabilities"] = _matrix(table.probabilities)
    if table.predicted is not None:
        columns["predicted"] = pa.array(table.predicted)
    columns |= {_PREFIX + name: _arrow(values) for name, values in table.columns.items()}
    meta = {name: getattr(table, name) for name in _META_FIELDS}
    fields = [pa.field(name, values.type, nullable=values.null_count > 0) for name, values in columns.items()]
    arrow = pa.table(columns, pa.schema(fields, metadata={_META: json.dumps(meta).encode()}))
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd", **_encodings(columns))
    return Path(path)


def is_latent_table(path: str | Path) -> bool:
    """Whether a file says of itself that `write_latents` wrote it; reads no more than its footer."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = Path(path)
    try:
        if not file.is_file() or file.suffix.lower() != ".parquet":
            return False
        return _META in (pq.read_schema(file).metadata or {})
    except (OSError, ValueError, pa.ArrowException):
        return False


def read_latents(path: str | Path) -> LatentTable:
    """Read a table that `write_latents` wrote. A million rows take seconds: columns become arrays whole, not by row.

    Raises:
        LatentTableError: no such file, not Parquet, or not a table of latents.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:  # not read_table, which opens folders and reads "a=1" in the path as data
            names = file.schema_arrow.names
            arrow = file.read(columns=[name for name in names if name not in _MATRICES])
            matrices = {name: _read_matrix(file, name, len(arrow)) for name in _MATRICES if name in names}
        meta = json.loads((arrow.schema.metadata or {})[_META])
        columns = {name: arrow[name].combine_chunks() for name in arrow.column_names}
        return LatentTable(
            z=matrices["z"],
            ids=_strings(columns["id"]),
            paths=_strings(columns["path"]),
            split=_strings(columns["split"]),
            labels=columns["label"].to_numpy().astype(np.int64),
            probabilities=matrices.get("probabilities", np.empty((len(arrow), 0), np.float32)),
            classes=tuple(meta["classes"]),
            columns={
                name.removeprefix(_PREFIX): _from_arrow(values)
                for name, values in columns.items()
                if name.startswith(_PREFIX)
            },
            target_name=meta.get("target_name", ""),
            predicted=columns["predicted"].to_numpy().astype(np.float64) if "predicted" in columns else None,
            checkpoint_sha256=meta["checkpoint_sha256"],
            data_fingerprint=meta["data_fingerprint"],
            skipped=tuple((case, reason) for case, reason in meta["skipped"]),
        )
    except (OSError, pa.ArrowException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise LatentTableError(
            f"{Path(path).name} is not a table of latents ({error}): write it anew with xaae extract"
        ) from error


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view; the caller's own array stays as it is."""
    view = array.view()
    view.setflags(write=False)
    return view


def _matrix(values: NDArray[np.float32]) -> Any:
    import pyarrow as pa

    entry = pa.field("element", pa.float32(), nullable=False)  # what may be missing takes three times as long to read
    return pa.FixedSizeListArray.from_arrays(
        pa.array(values.astype(np.float32, copy=False).ravel()), type=pa.list_(entry, values.shape[1])
    )


def _encodings(columns: Mapping[str, Any]) -> dict[str, Any]:
    """How Parquet stores the columns: of matrices the bytes of one weight together, which packs better and faster."""
    import pyarrow as pa

    matrices = [name for name, values in columns.items() if pa.types.is_fixed_size_list(values.type)]
    return {
        "use_dictionary": [name for name in columns if name not in matrices],
        "column_encoding": {f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in matrices},
    }


def _read_matrix(file: Any, name: str, n: int) -> NDArray[np.float32]:
    """A matrix [n, width], some rows at a time: as a whole, a large one takes several times its memory, and its time.

    Raises:
        ValueError: rows without values.
    """
    width = file.schema_arrow.field(name).type.list_size
    found, row = np.empty((n, width), dtype=np.float32), 0
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[name]):
        found[row : row + len(batch)] = batch.column(0).flatten().to_numpy().reshape(len(batch), width)
        row += len(batch)
    if row != n:
        raise ValueError(f"{name} has {row} rows, the other columns {n}")
    return found


def _arrow(values: NDArray[Any]) -> Any:
    """A column as Arrow has it."""
    import pyarrow as pa

    if values.dtype.kind == "U":
        return pa.array(values, pa.string())
    return pa.array(values.tolist()) if values.dtype == object else pa.array(values)


def _from_arrow(array: Any) -> NDArray[Any]:
    """A column as NumPy has it: text, numbers (NaN for what is missing) or truth values."""
    import pyarrow as pa

    if pa.types.is_string(array.type) and array.null_count == 0:
        return _strings(array)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values


def _strings(array: Any) -> NDArray[np.str_]:
    """Text of one width, which NumPy compares and searches as a whole.

    Raises:
        ValueError: an entry so long that all of them at its width would not fit into memory.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(array.type) or array.null_count:
        raise ValueError(f"a column of text holds {array.type}, {array.null_count} of them missing")
    longest = pc.max(pc.utf8_length(array)).as_py() or 0
    if len(array) * longest > _MOST_TEXT:
        raise ValueError(f"an entry is {longest:,} letters long, among {len(array):,} rows")
    start = array.slice(0, _PROBED)
    if len(start.unique()) > _PROBED // 2:
        plain: NDArray[np.str_] = array.to_numpy(zero_copy_only=False).astype(np.str_)
        return plain
    encoded = array.dictionary_encode()  # few words that come again and again: each is made once
    words = encoded.dictionary.to_numpy(zero_copy_only=False).astype(np.str_)
    found: NDArray[np.str_] = words[encoded.indices.to_numpy()] if len(words) else np.empty(len(array), np.str_)
    return found
