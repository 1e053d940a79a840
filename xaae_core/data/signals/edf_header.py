"""What the header of an EDF or BDF file says, checked before anything else is read; who the patient is is not read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from xaae_core.data.signals.signal_file import MAX_MAPPED_BYTES
from xaae_core.errors import SignalError
from xaae_core.signal_form import MOST_CHANNELS

_START = 256
_EACH = 256
_WIDTHS = {"label": 16, "transducer": 80, "unit": 8, "physical_min": 8, "physical_max": 8, "digital_min": 8,
           "digital_max": 8, "prefiltering": 80, "n_samples": 8, "reserved": 32}  # fmt: skip
_MOST_RECORD_BYTES = 64 * 1024**2
_MOST_SECONDS = 366 * 24 * 3600.0

T = TypeVar("T", int, float)


@dataclass(frozen=True)
class EdfChannelHeader:
    """What an EDF header says of one channel.

    Attributes:
        label: its name.
        n_samples: samples in each data record.
        is_scaled: whether it has a physical and a digital range with a width.
        is_notes: whether it holds annotations rather than samples.
    """

    label: str
    n_samples: int
    is_scaled: bool
    is_notes: bool


@dataclass(frozen=True)
class EdfHeader:
    """What an EDF or BDF header says.

    Attributes:
        n_bytes: of the header itself.
        sample_bytes: 2 (EDF) or 3 (BDF).
        n_records: data records in the file.
        record_seconds: how long each lasts; 0 where there are annotations only.
        has_gaps: whether the file says that it is discontinuous (EDF+D).
        channels: all of them in their order, those of annotations too.
        notes: what a reader should know.
    """

    n_bytes: int
    sample_bytes: int
    n_records: int
    record_seconds: float
    has_gaps: bool
    channels: tuple[EdfChannelHeader, ...]
    notes: tuple[str, ...] = ()

    @property
    def record_bytes(self) -> int:
        """Bytes of one data record."""
        return sum(channel.n_samples for channel in self.channels) * self.sample_bytes


def read_edf_header(stream: BinaryIO, name: str) -> EdfHeader:
    """Read and check the header of an EDF or BDF file.

    Args:
        stream: seekable; it is left anywhere.
        name: what messages call it.

    Raises:
        SignalError: numbers that are none or out of range, a truncated file, or one above a limit.
    """
    n_all = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(_START)
    if len(start) < _START:
        raise SignalError(f"{name}: {n_all:,} bytes are no EDF file; expected a header of at least 512: copy it again")
    sample_bytes = 3 if start[0] == 0xFF else 2
    n_channels = _number(int, start[252:256], 1, MOST_CHANNELS, "channels", name)
    n_bytes = _START + _EACH * n_channels
    said = _number(int, start[184:192], 0, MAX_MAPPED_BYTES, "bytes of the header", name)
    if said != n_bytes:
        raise SignalError(
            f"{name}: its header of {n_channels} channels is said to have {said:,} bytes; expected {n_bytes:,}: it is "
            "damaged: export it again"
        )
    reserved = start[192:236].decode("latin-1").strip()
    seconds = _number(float, start[244:252], 0, _MOST_SECONDS, "seconds of a data record", name)
    channels = _channels(stream.read(n_bytes - _START), n_channels, name)
    if seconds == 0 and not all(channel.is_notes for channel in channels):
        raise SignalError(f"{name}: its data records last 0 seconds, so that the rate is not known: export it again")
    record_bytes = sum(channel.n_samples for channel in channels) * sample_bytes
    if record_bytes > _MOST_RECORD_BYTES:
        raise SignalError(f"{name}: a data record of {record_bytes / 1024**2:,.0f} MB; at most 64 MB are read")
    n_said = _number(int, start[236:244], -1, 10**8, "data records", name)
    n_records, notes = _count_records(n_said, n_all - n_bytes, record_bytes, name)
    has_gaps = reserved.startswith(("EDF+D", "BDF+D"))
    return EdfHeader(n_bytes, sample_bytes, n_records, seconds, has_gaps, channels, notes)


def _channels(block: bytes, n_channels: int, name: str) -> tuple[EdfChannelHeader, ...]:
    if len(block) < _EACH * n_channels:
        raise SignalError(f"{name}: it ends within its header: it is truncated: copy or export it again")
    fields: dict[str, list[bytes]] = {}
    place = 0
    for field, width in _WIDTHS.items():
        part = block[place : place + width * n_channels]
        fields[field] = [part[i : i + width] for i in range(0, len(part), width)]
        place += width * n_channels
    channels = []
    for i in range(n_channels):
        label = fields["label"][i].decode("latin-1").strip()
        is_notes = label in ("EDF Annotations", "BDF Annotations")
        n_samples = _number(int, fields["n_samples"][i], 1, 2**31, f'samples of the channel "{label}"', name)
        ends = [
            _number(float, fields[field][i], -math.inf, math.inf, f'{field} of the channel "{label}"', name)
            for field in ("physical_min", "physical_max", "digital_min", "digital_max")
        ]
        channels.append(EdfChannelHeader(label, n_samples, ends[0] != ends[1] and ends[2] < ends[3], is_notes))
    return tuple(channels)


def _count_records(n_said: int, n_data: int, record_bytes: int, name: str) -> tuple[int, tuple[str, ...]]:
    """Data records that are there; fewer than the header says means a truncated file."""
    n_there = n_data // record_bytes
    if n_said > n_there:
        raise SignalError(
            f"{name}: its header says {n_said:,} data records, the file holds {max(0, n_there):,}: it is truncated: "
            "copy or export it again"
        )
    if n_there <= 0 or n_said == 0:
        raise SignalError(f"{name}: it holds no data record: copy or export it again")
    if n_said == -1:
        return n_there, (f"{name}: it was not closed by the recorder; all of its {n_there:,} data records are read",)
    if n_there > n_said or n_data % record_bytes:
        return n_said, (f"{name}: it is longer than its header says; what follows data record {n_said:,} is not read",)
    return n_said, ()


def _number(kind: Callable[[str], T], field: bytes, low: float, high: float, what: str, name: str) -> T:
    text = field.decode("latin-1").strip(" \x00")
    try:
        value = kind(text)
        is_wrong = not low <= value <= high or not math.isfinite(value)
    except ValueError:
        is_wrong = True
    if is_wrong:
        limits = "" if math.isinf(high) else f" from {low:g} to {high:g}"
        raise SignalError(
            f"{name}: its header gives {text!r} as {what}; expected a number{limits}: it is damaged: export it again"
        )
    return value
