"""EDF, EDF+ and BDF recordings: the samples of the windows that are asked for are read, the rest stays on disk."""

from __future__ import annotations

import warnings
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from xaae_core.data.signals.edf_annotations import EdfNotes, read_edf_notes
from xaae_core.data.signals.edf_header import EdfHeader, read_edf_header
from xaae_core.data.signals.signal_file import MAX_PARSED_BYTES, SignalChannel, SignalFile, Values
from xaae_core.data.signals.units import plain_unit
from xaae_core.errors import SignalError

if TYPE_CHECKING:
    from edfio import Edf


def open_edf(source: Path | BinaryIO, name: str) -> SignalFile:
    """Open a recording; who the patient is is never read.

    Channels without a range are left out with a note. Sleep stages and other annotations become `annotations`; a
    discontinuous recording (EDF+D) has `stretches`.

    Args:
        source: a path, or a seekable stream.
        name: what messages call it.

    Raises:
        SignalError: a header that is damaged, a truncated file, one without samples, or a BDF file above 512 MB.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            header = read_edf_header(file, name)
        records = _records(np.memmap(source, np.uint8, "r"), header)
    else:
        header = read_edf_header(source, name)
        source.seek(0)
        content = source.read()
        records = _records(np.frombuffer(content, np.uint8), header)
    if all(channel.is_notes for channel in header.channels):
        raise SignalError(f"{name} holds annotations and no signal; expected a recording: choose that file")
    if header.sample_bytes == 3 and records.size > MAX_PARSED_BYTES:
        raise SignalError(f"{name}: {records.size / 1024**2:,.0f} MB of BDF; at most 512 MB are read: save it as EDF")
    opened = _read(source if isinstance(source, Path) else content, header, name)
    notes = read_edf_notes(records, header)
    kept = [(number, channel) for number, channel in enumerate(_samples_of(header)) if channel.is_scaled]
    if not kept:
        raise SignalError(f"{name}: no channel has a physical and a digital range: export it again")
    signals = [opened[number] for number, _ in kept]
    return SignalFile(
        name=name,
        channels=_named_channels(signals, header, name),
        read=lambda _, channel, start, stop: _slice(signals[channel], start, stop),
        is_long=True,
        is_finite=True,  # whole numbers times a gain
        stretches=notes.stretches,
        annotations=notes.annotations,
        n_bytes=0 if isinstance(source, Path) and header.sample_bytes == 2 else records.size * 2,
        notes=tuple(_notes(header, notes, name)),
    )


def _records(content: Values, header: EdfHeader) -> Values:
    n_bytes = header.n_records * header.record_bytes
    return content[header.n_bytes : header.n_bytes + n_bytes].reshape(header.n_records, header.record_bytes)


def _read(source: Path | bytes, header: EdfHeader, name: str) -> tuple[Any, ...]:
    """The signals alone: the object that also holds the header's texts is let go."""
    from edfio import read_bdf, read_edf

    encoding = "latin-1"  # ASCII by the standard, but µ is found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of lengths, which the header's reader has checked
            if header.sample_bytes == 2:
                opened: Edf = read_edf(source, header_encoding=encoding)
                return opened.signals
            held = source if isinstance(source, Path) else BytesIO(source)
            return read_bdf(held, header_encoding=encoding).signals
    except (ValueError, TypeError, ArithmeticError, OSError, IndexError, UnboundLocalError) as error:
        raise SignalError(f"{name} is not a readable EDF or BDF file ({error}): export it again") from error


def _slice(signal: Any, start: int, stop: int) -> Values:
    rate = signal.sampling_frequency
    return signal.get_data_slice(start / rate, stop / rate)


def _samples_of(header: EdfHeader) -> list[Any]:
    return [channel for channel in header.channels if not channel.is_notes]


def _named_channels(signals: list[Any], header: EdfHeader, name: str) -> tuple[SignalChannel, ...]:
    """The channels; of two with one name the later is given its number."""
    seen: Counter[str] = Counter()
    channels = []
    for number, signal in enumerate(signals, start=1):
        label = signal.label.strip() or f"channel {number}"
        seen[label] += 1
        unique = label if seen[label] == 1 else f"{label} ({seen[label]})"
        n_samples = header.n_records * signal.samples_per_data_record
        rate = signal.samples_per_data_record / header.record_seconds
        channels.append(SignalChannel(unique, plain_unit(signal.physical_dimension), n_samples, rate))
    return tuple(channels)


def _notes(header: EdfHeader, notes: EdfNotes, name: str) -> list[str]:
    texts = list(header.notes)
    flat = [channel.label for channel in _samples_of(header) if not channel.is_scaled]
    if flat:
        texts.append(f"{name}: {', '.join(flat[:6])} have no range of values and were left out")
    if notes.is_damaged:
        texts.append(f"{name}: some of its annotations cannot be read")
    if header.has_gaps and notes.stretches:
        texts.append(f"{name}: it has {len(notes.stretches) - 1:,} gaps; no window crosses one")
    return texts
