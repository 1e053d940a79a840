"""CSV and TSV files of signals: one sample a row, with a column for each channel; or one signal a row."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from xaae_core.data.signals.signal_file import SignalFile, Values, array_channels, array_reader, to_float32
from xaae_core.data.signals.table_text import NumberTable, parse_numbers
from xaae_core.data.signals.units import plain_unit
from xaae_core.errors import SignalError
from xaae_core.signal_form import MOST_CHANNELS

_TIMES = frozenset({"time", "t", "times", "timestamp", "seconds", "sec", "elapsed time", "elapsed"})
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6}
_LABELS = frozenset({"label", "labels", "class", "target", "y"})
_NAMED_UNIT = re.compile(r"(?P<name>.*?)\s*[\[(](?P<unit>[^\[\]()]*)[\])]\s*")
_NUMBERED = re.compile(r"(?:t|x|s|v|sample|att|col|column|value|c|V)?[ _]*\d+", re.IGNORECASE)
_LEAST_WIDE = 32  # columns without names from which a row is taken for a signal
_MOST_CLASSES = 50
_MOST_ROUNDING = 0.4  # hertz: beyond, two whole rates would fit


@dataclass(frozen=True)
class _Column:
    name: str
    unit: str


def open_table(source: Path | BinaryIO, name: str) -> SignalFile:
    """Open a CSV or TSV file of numbers.

    With names of channels in the first line ("EEG [µV]"), a row is a sample; a column `time` (in seconds, or in the
    unit that its name gives) tells the sampling rate. Where the names are numbers, or there are none and at least 32
    columns, a row is a signal of one channel, with its label in a column of that name, or in the first or the last
    column if that holds a few whole numbers.

    Args:
        source: a path, or a stream at its beginning.
        name: what messages call it.

    Raises:
        SignalError: no table of numbers, times that are not even, two channels of one name.
    """
    table = parse_numbers(source.read_bytes() if isinstance(source, Path) else source.read(), name)
    if _is_wide(table):
        return _wide(table, name)
    return _long(table, name)


def _is_wide(table: NumberTable) -> bool:
    n_columns = table.values.shape[1]
    if not table.header:
        return n_columns >= _LEAST_WIDE
    numbered = sum(_NUMBERED.fullmatch(cell) is not None for cell in table.header)
    return n_columns > 2 and numbered >= n_columns - 2 and numbered >= _LEAST_WIDE // 4


def _wide(table: NumberTable, name: str) -> SignalFile:
    place = _label_place(table)
    samples = table.values if place is None else np.delete(table.values, place, axis=1)
    labels = () if place is None else tuple(f"{value:.15g}" for value in table.values[:, place])
    shaped = to_float32(samples[:, None])  # [N, 1, T]
    where = "" if place is None else f", the {'first' if place == 0 else f'{place + 1}th'} column for its label"
    return SignalFile(
        name=name,
        channels=array_channels(shaped),
        read=array_reader(shaped),
        n_signals=len(shaped),
        has_named_channels=False,
        labels=labels,
        is_finite=bool(np.isfinite(shaped).all()),
        n_bytes=shaped.nbytes,
        notes=(f"{name}: each of its {len(shaped):,} rows was taken for a signal{where}",),
    )


def _label_place(table: NumberTable) -> int | None:
    named = [number for number, cell in enumerate(table.header) if cell.strip().lower() in _LABELS]
    if named:
        return named[0]
    for place in (0, table.values.shape[1] - 1):
        column = table.values[:, place]
        others = np.delete(table.values[:200], place, axis=1)
        is_whole = np.isfinite(column).all() and bool((column == np.rint(column)).all())
        if is_whole and len(np.unique(column)) <= _MOST_CLASSES and bool((others != np.rint(others)).any()):
            return place
    return None


def _long(table: NumberTable, name: str) -> SignalFile:
    columns = _columns(table)
    values, notes = table.values, []
    if columns and not columns[0].name and _counts_up(values[:, 0]):
        columns, values = columns[1:], values[:, 1:]
        notes.append(f"{name}: its first column, which counts the rows, was ignored")
    times = [i for i, column in enumerate(columns) if column.name.lower() in _TIMES]
    rate = None
    if times:
        rate = _rate_of(values[:, times[0]], columns[times[0]].unit, name)
        columns = [column for i, column in enumerate(columns) if i != times[0]]
        values = np.delete(values, times[0], axis=1)
    if not 1 <= values.shape[1] <= MOST_CHANNELS:
        raise SignalError(f"{name} has {values.shape[1]:,} channels; expected 1 to {MOST_CHANNELS:,}")
    names = tuple(column.name or f"channel {i}" for i, column in enumerate(columns, start=1))
    twice = [channel for channel, count in Counter(names).items() if count > 1]
    if twice:
        raise SignalError(f'{name} has the channel "{twice[0]}" twice: rename one of the columns')
    shaped = to_float32(np.ascontiguousarray(values.T[None]))  # [1, C, T]
    return SignalFile(
        name=name,
        channels=array_channels(shaped, names, tuple(column.unit for column in columns), rate),
        read=array_reader(shaped),
        has_named_channels=bool(table.header),
        is_long=True,
        is_finite=bool(np.isfinite(shaped).all()),
        n_bytes=shaped.nbytes,
        notes=tuple(notes),
    )


def _columns(table: NumberTable) -> list[_Column]:
    """Names and units: "EEG [µV]", or the units in a line of their own."""
    if not table.header:
        return [_Column("", "")] * table.values.shape[1]
    columns = []
    for number, cell in enumerate(table.header):
        match = _NAMED_UNIT.fullmatch(cell)
        unit = match["unit"] if match else table.units[number] if table.units else ""
        columns.append(_Column(match["name"] if match else cell, plain_unit(unit)))
    return columns


def _counts_up(values: Values) -> bool:
    return bool((values == np.arange(len(values)) + values[0]).all()) and values[0] in (0, 1)


def _rate_of(times: Values, unit: str, name: str) -> float:
    """The sampling rate of evenly spaced times, to six digits.

    Raises:
        SignalError: a unit that is none of time, or times that do not rise by equal steps.
    """
    if unit.lower() not in _SECONDS:
        raise SignalError(f'{name}: the time is in "{unit}"; expected seconds (s) or milliseconds (ms)')
    seconds = times * _SECONDS[unit.lower()]
    if len(seconds) < 2 or not np.isfinite(seconds).all():
        raise SignalError(f"{name}: its times are not all numbers, or only one: expected one for each sample")
    steps = np.diff(seconds)
    middle = float(np.median(steps))
    wrong = np.flatnonzero((steps <= 0) | (steps > 1.5 * middle) | (steps < 0.5 * middle))
    if len(wrong) or middle <= 0:
        row = int(wrong[0]) if len(wrong) else 0
        raise SignalError(
            f"{name}: its times are not evenly spaced: {seconds[row]:g} s is followed by {seconds[row + 1]:g} s, where "
            f"steps of {middle:g} s are usual; expected equal steps: resample it, or cut it at its gaps"
        )
    rate = 1 / float(np.polyfit(np.arange(len(seconds)), seconds - seconds[0], 1)[0])
    rounding = rate * _last_digit(seconds) / (seconds[-1] - seconds[0])  # how well written times tell the rate
    is_whole = rounding < _MOST_ROUNDING and abs(rate - round(rate)) <= max(1e-4 * rate, rounding)
    return float(round(rate)) if is_whole else float(f"{rate:.6g}")


def _last_digit(seconds: Values) -> float:
    """What the last digit of written times stands for: 0.001 for milliseconds."""
    for digits in range(9):
        scaled = seconds * 10.0**digits
        if np.abs(scaled - np.rint(scaled)).max() < 1e-5:
            return float(10.0**-digits)
    return 0.0
