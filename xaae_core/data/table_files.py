"""The cells of a table of labels as text: CSV, Parquet or Excel."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from xaae_core.errors import DatasetError

TABLE_STEM = "labels"
TABLE_SUFFIXES = (".csv", ".parquet", ".xlsx")
TABLE_NAME = "labels.csv"
_MOST_ROWS = 10_000_000


@dataclass(frozen=True)
class TableCells:
    """A table as it is written.

    Attributes:
        name: the file's name, for messages.
        header: names of the columns.
        rows: (line or row number in the file, cells as text, one for each column); empty rows are left out.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def find_table(folder: Path) -> Path | None:
    """The table of a data folder, labels.csv, labels.parquet or labels.xlsx; None without one.

    Raises:
        DatasetError: more than one, which may differ.
    """
    found = [folder / f"{TABLE_STEM}{suffix}" for suffix in TABLE_SUFFIXES]
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DatasetError(f"{folder.name} holds {names}: keep one, or name the table itself instead of its folder")
    return found[0] if found else None


def is_table(path: Path) -> bool:
    """Whether a path names a table rather than a folder."""
    return path.suffix.lower() in TABLE_SUFFIXES and path.is_file()


def read_cells(path: Path) -> TableCells:
    """Read a table; every cell becomes the text that a person would write.

    Raises:
        DatasetError: not a readable table of its kind, or an empty one.
    """
    reader = {".csv": _read_csv, ".parquet": _read_parquet, ".xlsx": _read_excel}[path.suffix.lower()]
    try:
        header, rows = reader(path)
    except (ValueError, KeyError, TypeError, csv.Error, ImportError) as error:
        raise DatasetError(f"{path.name} is not a readable table ({error}): save it as CSV UTF-8") from error
    names = tuple(name.strip() for name in header)
    filled = ((number, _filled(row, len(names))) for number, row in rows)
    return TableCells(path.name, names, tuple((number, row) for number, row in filled if any(row)))


def _read_csv(path: Path) -> tuple[Sequence[str], Iterable[tuple[int, Sequence[str]]]]:
    text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    # As some office suites write it.
    separator = max(",;\t", key=first.count) if first else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = [(reader.line_num, row) for row in reader if any(row)]
    return (lines[0][1] if lines else ()), lines[1:]


def _read_parquet(path: Path) -> tuple[Sequence[str], Iterable[tuple[int, Sequence[str]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > _MOST_ROWS:
                raise DatasetError(f"{path.name} has {file.metadata.num_rows:,} rows; at most {_MOST_ROWS:,} are read")
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    columns = [[_text(value) for value in table[name].to_pylist()] for name in table.column_names]
    return table.column_names, enumerate(zip(*columns, strict=True), start=1)


def _read_excel(path: Path) -> tuple[Sequence[str], Iterable[tuple[int, Sequence[str]]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, OSError) as error:
        raise ValueError(str(error)) from error
    try:
        sheet = book.worksheets[0]
        rows = [
            (number, [_text(cell) for cell in row])
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
        ]
    finally:
        book.close()
    rows = [(number, row) for number, row in rows if any(row)]
    return (rows[0][1] if rows else ()), rows[1:]


def _text(value: Any) -> str:
    """A cell as a person writes it: a whole number without ".0", nothing for an empty or missing one."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second)):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _filled(row: Sequence[str], n_columns: int) -> tuple[str, ...]:
    cells = [cell.strip() for cell in row[:n_columns]]
    return (*cells, *[""] * (n_columns - len(cells)))
