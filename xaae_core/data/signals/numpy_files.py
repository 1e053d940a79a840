"""NumPy files of signals: `.npy` with values alone, `.npz` with what is known of them beside."""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from xaae_core.data.signals.signal_file import (
    MAX_MAPPED_BYTES,
    MAX_PARSED_BYTES,
    MOST_SIGNALS,
    SignalFile,
    Values,
    array_channels,
    array_reader,
)
from xaae_core.errors import SignalError

_NAMES: Mapping[str, tuple[str, ...]] = {
    "x": ("x", "values", "signals", "data"),
    "y": ("y", "label", "labels"),
    "sampling_rate": ("sampling_rate", "fs", "sfreq", "rate"),
    "channel_names": ("channel_names", "channels", "ch_names"),
    "units": ("units", "unit"),
    "split": ("split",),
    "label_names": ("label_names", "label_name"),
    "patient": ("patient", "patients", "patient_id", "subject"),
}
_MOST_CHANNELS_GUESSED = 256
_ARRAY_ERRORS = (
    *(ValueError, TypeError, EOFError, OSError, KeyError, ArithmeticError, MemoryError, SyntaxError),
    *(RuntimeError, zipfile.BadZipFile, zlib.error, tokenize.TokenError),  # encrypted, or a damaged header
)


def open_npy(source: Path | BinaryIO, name: str, *, n_channels: int | None = None) -> SignalFile:
    """Open values [C, T], [T], [N, C, T] or [N, T]; those of a path stay on disk.

    Args:
        source: a path, or a stream at its beginning.
        name: what messages call it.
        n_channels: how many channels are expected, which tells [C, T] from [N, T].

    Raises:
        SignalError: not an array of numbers of one to three dimensions, or too large.
    """
    try:
        if isinstance(source, Path):
            _check_bytes(os.path.getsize(source), MAX_MAPPED_BYTES, name)
            values = np.load(source, mmap_mode="r", allow_pickle=False)
        else:
            values = np.load(source, allow_pickle=False)
    except _ARRAY_ERRORS as error:
        raise _damaged(name, ".npy", error) from error
    values = np.asanyarray(values)
    _check_numbers(values, name)
    shaped, note = _as_signals(values, name, n_channels, n_cases=None)
    return SignalFile(
        name=name,
        channels=array_channels(shaped),
        read=array_reader(shaped),
        n_signals=len(shaped),
        has_named_channels=False,
        is_finite=not isinstance(values, np.memmap) and bool(np.isfinite(values).all()),
        n_bytes=0 if isinstance(values, np.memmap) else values.nbytes,
        notes=(note,) if note else (),
    )


def open_npz(source: Path | BinaryIO, name: str, *, n_channels: int | None = None) -> SignalFile:
    """Open an archive with `x`, and where they are known `y`, `sampling_rate`, `channel_names`, `units` and `split`.

    Args:
        source: a path, or a stream at its beginning.
        name: what messages call it.
        n_channels: how many channels are expected, see `open_npy`.

    Raises:
        SignalError: without x, with entries that do not fit each other, damaged, or too large when unpacked.
    """
    entries = _read_archive(source, name)
    found = {role: next((entries[key] for key in keys if key in entries), None) for role, keys in _NAMES.items()}
    values = found["x"]
    if values is None:
        raise SignalError(
            f"{name} has no entry x; it has {', '.join(sorted(entries)) or 'none'}: save it with "
            "numpy.savez(file, x=signals, y=labels, sampling_rate=hertz)"
        )
    _check_numbers(values, name)
    names = _texts(found["channel_names"])
    per_case = {role: found[role] for role in ("y", "split", "patient", "label_names")}
    n_cases = next((np.size(entry) for entry in (per_case["y"], per_case["split"]) if entry is not None), None)
    shaped, note = _as_signals(values, name, len(names) or n_channels, n_cases)
    for role, entry in per_case.items():
        if role != "label_names" and entry is not None and np.size(entry) != len(shaped):
            raise SignalError(
                f"{name}: {role} has {np.size(entry):,} entries, x has {len(shaped):,} signals; expected as many"
            )
    labels = _texts(per_case["y"])
    for role in ("channel_names", "units"):
        if found[role] is not None and len(_texts(found[role])) != shaped.shape[1]:
            raise SignalError(
                f"{name}: {role} has {len(_texts(found[role]))} entries, x has {shaped.shape[1]} channels; expected "
                "one for each"
            )
    return SignalFile(
        name=name,
        channels=array_channels(shaped, names, _texts(found["units"]), _rate(found["sampling_rate"], name)),
        read=array_reader(shaped),
        n_signals=len(shaped),
        has_named_channels=bool(names),
        labels=labels,
        label_names=_label_names(_texts(per_case["label_names"]), labels, name),
        splits=_texts(per_case["split"]),
        patients=_texts(per_case["patient"]),
        is_finite=bool(np.isfinite(values).all()),
        n_bytes=sum(entry.nbytes for entry in entries.values()),
        notes=(note,) if note else (),
    )


def _read_archive(source: Path | BinaryIO, name: str) -> dict[str, Values]:
    try:
        with zipfile.ZipFile(source) as archive:
            _check_bytes(sum(entry.file_size for entry in archive.infolist()), MAX_PARSED_BYTES, name)
        if not isinstance(source, Path):
            source.seek(0)
        with np.load(source, allow_pickle=False) as opened:
            return {key: opened[key] for key in opened.files}
    except SignalError:
        raise
    except _ARRAY_ERRORS as error:
        raise _damaged(name, ".npz", error) from error


def _check_bytes(n_bytes: int, most: int, name: str) -> None:
    if n_bytes > most:
        raise SignalError(
            f"{name}: {n_bytes / 1024**2:,.0f} MB of values; at most {most // 1024**2:,} MB are read: "
            "split it into several files"
        )


def _check_numbers(values: Values, name: str) -> None:
    if values.dtype.kind not in "iuf" or not 1 <= values.ndim <= 3 or values.size == 0:
        raise SignalError(
            f"{name}: its values are {values.dtype} of shape {values.shape}; expected numbers [C, T], [T], [N, C, T] "
            "or [N, T]: N signals, C channels, T samples"
        )


def _as_signals(values: Values, name: str, n_channels: int | None, n_cases: int | None) -> tuple[Values, str]:
    """Values as [N, C, T], and what was assumed."""
    if values.ndim == 3:
        shaped, note = values, ""
    elif values.ndim == 1:
        shaped, note = values[None, None], ""
    else:
        rows = len(values)
        is_known = n_cases == rows or n_channels in (1, rows)
        is_cases = rows > 1 and (
            (n_cases == rows and n_channels != rows)
            or n_channels == 1
            or (not is_known and rows > _MOST_CHANNELS_GUESSED)
        )
        shaped = values[:, None] if is_cases else values[None]
        meant = "signals of one channel: otherwise save" if is_cases else "channels of one signal: otherwise save"
        other = "[1, C, T]" if is_cases else "[N, 1, T]"
        note = "" if is_known or rows == 1 else f"{name}: its {rows:,} rows were taken for {meant} {other}"
    if len(shaped) > MOST_SIGNALS:
        raise SignalError(f"{name} holds {len(shaped):,} signals; at most {MOST_SIGNALS:,} are read: split it")
    return shaped, note


def _texts(entry: Values | None) -> tuple[str, ...]:
    """Names or labels as text; bytes are taken for UTF-8, whole floating-point numbers lose their .0."""
    if entry is None:
        return ()
    return tuple(_text(value) for value in np.ravel(entry).tolist())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _label_names(names: tuple[str, ...], labels: tuple[str, ...], name: str) -> tuple[str, ...]:
    """A name for each label of `labels`: given one for each signal, or one for each class from 0."""
    if not names or len(names) == len(labels):
        return names
    try:
        return tuple(names[int(label)] for label in labels)
    except (ValueError, IndexError):
        raise SignalError(
            f"{name}: label_names has {len(names)} entries; expected one for each signal, or one for each class 0, 1 …"
        ) from None


def _rate(entry: Values | None, name: str) -> float | None:
    if entry is None:
        return None
    if (
        entry.size != 1
        or entry.dtype.kind not in "iuf"
        or not (np.isfinite(entry).all() and float(entry.ravel()[0]) > 0)
    ):
        raise SignalError(f"{name}: sampling_rate is {entry.tolist()!r}; expected one number above 0, in hertz")
    return float(entry.ravel()[0])


def _damaged(name: str, kind: str, error: Exception) -> SignalError:
    pickled = "pickle" in str(error) or "Object arrays" in str(error)
    why = "it holds Python objects, which are not opened" if pickled else f"it is not a readable {kind} file ({error})"
    return SignalError(f"{name}: {why}: save plain arrays of numbers with numpy.save or numpy.savez")
