"""Tells the kinds of signal files apart, and opens each with its own reader."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from xaae_core.data.signals.edf_files import open_edf
from xaae_core.data.signals.numpy_files import open_npy, open_npz
from xaae_core.data.signals.signal_file import MAX_MAPPED_BYTES, MAX_PARSED_BYTES, SignalFile
from xaae_core.data.signals.table_signals import open_table
from xaae_core.errors import SignalError

if TYPE_CHECKING:
    from xaae_core.data.images import ImageSource

TABLE_ENDINGS = frozenset({".csv", ".tsv"})
EDF_ENDINGS = frozenset({".edf", ".bdf"})
SIGNAL_SUFFIXES = TABLE_ENDINGS | EDF_ENDINGS | {".npy", ".npz"}
"""Endings of the files that signals are read from, in small letters."""
_KINDS = "CSV, TSV, NumPy (.npy, .npz), EDF or BDF"


def is_signal_name(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one of signals by its ending."""
    return Path(path).suffix.lower() in SIGNAL_SUFFIXES


def open_signal_file(source: ImageSource, name: str, *, n_channels: int | None = None) -> SignalFile:
    """Open a file of signals: what it says is read and checked; the values of some kinds stay on disk.

    Args:
        source: a path (without `#n`), an upload's bytes, or a seekable stream.
        name: the file's name, for messages, and whose ending tells kinds that the contents do not.
        n_channels: how many channels are expected, see `open_npy`.

    Raises:
        SignalError: missing, empty, too large, damaged, or of no kind that is known.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.is_file():
            raise SignalError(f"{name}: there is no such file at {path.parent}: check the path")
        try:
            with path.open("rb") as file:
                kind = _kind_of(file.read(16), path.name)
            _check_length(path.stat().st_size, name, kind)
            return _open(path, name, kind, n_channels)
        except OSError as error:
            raise SignalError(f"{name}: the file cannot be read ({error.strerror}): check it") from error
    stream: BinaryIO = BytesIO(source) if isinstance(source, bytes) else source
    stream.seek(0)
    kind = _kind_of(stream.read(16), name)
    _check_length(stream.seek(0, 2), name, kind)
    stream.seek(0)
    return _open(stream, name, kind, n_channels)


def _kind_of(start: bytes, name: str) -> str:
    """The kind of a file by its first bytes; text by its ending."""
    if start.startswith(b"\x93NUMPY"):
        return "npy"
    if start.startswith(b"PK\x03\x04"):
        return "npz"
    if start.startswith(b"0       "):
        return "edf"
    if start.startswith(b"\xffBIOSEMI"):
        return "bdf"
    ending = Path(name).suffix.lower()
    if ending in TABLE_ENDINGS:
        return "text"
    if not start:
        raise SignalError(f"{name}: the file is empty (0 bytes): copy or export it again")
    if ending in SIGNAL_SUFFIXES:
        raise SignalError(
            f"{name}: the file does not begin like {'an' if ending == '.edf' else 'a'} {ending} file: it is damaged or "
            "of another kind: export it again"
        )
    raise SignalError(f"{name} is no kind of signal file that is known; expected {_KINDS}")


def _check_length(n_bytes: int, name: str, kind: str) -> None:
    if n_bytes == 0:
        raise SignalError(f"{name}: the file is empty (0 bytes): copy or export it again")
    most = MAX_MAPPED_BYTES if kind in ("npy", "edf") else MAX_PARSED_BYTES
    if n_bytes > most:
        raise SignalError(
            f"{name}: {n_bytes / 1024**2:,.0f} MB; at most {most // 1024**2:,} MB are read: split it into several files"
        )


def _open(source: Path | BinaryIO, name: str, kind: str, n_channels: int | None) -> SignalFile:
    if kind == "npy":
        return open_npy(source, name, n_channels=n_channels)
    if kind == "npz":
        return open_npz(source, name, n_channels=n_channels)
    if kind == "text":
        return open_table(source, name)
    return open_edf(source, name)
