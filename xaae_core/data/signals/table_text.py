"""The numbers of a CSV or TSV file, with the names and units in its first lines."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from io import StringIO

import numpy as np

from xaae_core.data.signals.signal_file import Values
from xaae_core.errors import SignalError

MOST_COLUMNS = 100_000
_SEPARATORS = ("\t", ";", ",")
_PLACE = re.compile(r"convert string (?P<cell>'.*?'|\".*?\") to float64 at row (?P<row>\d+), column (?P<column>\d+)")
_WIDTH = re.compile(r"changed from (?P<before>\d+) to (?P<now>\d+) at row (?P<row>\d+)")


@dataclass(frozen=True, eq=False)
class NumberTable:
    """A table of numbers.

    Attributes:
        header: names of the columns as they are written; () without a header.
        units: what a second line gives as units; ().
        values: float64 [rows, columns].
    """

    header: tuple[str, ...]
    units: tuple[str, ...]
    values: Values


def parse_numbers(content: bytes, name: str) -> NumberTable:
    """Parse a table: tabs, semicolons or commas between the cells; a decimal comma where these are no commas.

    Args:
        content: the file's bytes, UTF-8 or Latin-1.
        name: what messages call it.

    Raises:
        SignalError: no rows, cells that are no numbers, or rows of different lengths; names the line.
    """
    text = _decoded(content, name)
    lines = text.split("\n", 3)
    separator = max(_SEPARATORS, key=lines[0].count)
    if lines[0].count(separator) >= MOST_COLUMNS:
        raise SignalError(f"{name} has {lines[0].count(separator) + 1:,} columns; at most {MOST_COLUMNS:,} are read")
    header = _words(lines[0], separator)
    units = _words(lines[1], separator) if header and len(lines) > 1 else ()
    if units and len(units) != len(header):
        units = ()
    n_skipped = bool(header) + bool(units)
    body = text.split("\n", n_skipped)[n_skipped:]
    numbers = body[0] if body else ""
    if separator != ",":
        numbers = numbers.replace(",", ".")
    values = _loaded(numbers, separator, name, n_skipped)
    if header and len(header) != values.shape[1]:
        raise SignalError(
            f"{name}: {len(header)} names in the first line, {values.shape[1]} cells in the next: expected as many"
        )
    return NumberTable(header, units, values)


def _decoded(content: bytes, name: str) -> str:
    if b"\x00" in content[:4096]:
        raise SignalError(f"{name} is not a text file: it holds zero bytes: save the table as CSV UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")


def _words(line: str, separator: str) -> tuple[str, ...]:
    """The cells of a line of names; () for a line of numbers."""
    row = next(csv.reader(StringIO(line), delimiter=separator), [])
    cells = tuple(cell.strip().strip("'\"").strip() for cell in row)
    n_words = sum(bool(cell) and not _is_number(cell) for cell in cells)
    return cells if n_words else ()


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _loaded(text: str, separator: str, name: str, n_skipped: int) -> Values:
    if not text.strip():
        raise SignalError(f"{name} has no line of numbers: export it again")
    try:
        return np.loadtxt(StringIO(text), delimiter=separator, ndmin=2, comments=None, quotechar='"')
    except ValueError as error:
        raise SignalError(_why(str(error), name, n_skipped)) from None


def _why(message: str, name: str, n_skipped: int) -> str:
    cell, width = _PLACE.search(message), _WIDTH.search(message)
    if cell:
        line, column = int(cell["row"]) + 1 + n_skipped, int(cell["column"])
        found = cell["cell"][1:-1].strip()
        said = f"is {found[:30]!r}" if found else "is empty"
        return f"{name}: line {line:,}, column {column} {said}; expected a number: fill it in, or leave the file out"
    if width:
        line = int(width["row"]) + n_skipped
        return (
            f"{name}: line {line:,} has {width['now']} cells, those before {width['before']}; expected as many in "
            "each: export it again"
        )
    return f"{name} is not a table of numbers ({message[:120]}): save it as CSV UTF-8"
