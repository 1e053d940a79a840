"""What every kind of signal file is to the reader: opened, checked, its channels known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = np.ndarray[Any, np.dtype[Any]]

MAX_PARSED_BYTES = 512 * 1024**2
"""Largest file, or content of an archive, that is read into memory whole."""
MAX_MAPPED_BYTES = 16 * 1024**3
"""Largest file of which only the parts that are asked for are read."""
MOST_SIGNALS = 1_000_000
"""Signals, or windows of a recording, that one file may hold."""


@dataclass(frozen=True)
class SignalChannel:
    """One channel of a file.

    Attributes:
        name: what the file calls it.
        unit: what it is measured in; "" where not known.
        n_samples: samples of each signal of the file.
        sampling_rate: samples a second; None where the file does not say.
    """

    name: str
    unit: str
    n_samples: int
    sampling_rate: float | None = None


@dataclass(frozen=True)
class Annotation:
    """Something that was noted of a stretch of a recording, such as a sleep stage.

    Attributes:
        onset: when it begins, in seconds from the first sample.
        duration: how long it lasts, in seconds; 0 where not known.
        text: what was noted.
    """

    onset: float
    duration: float
    text: str


@dataclass(frozen=True, eq=False, kw_only=True)
class SignalFile:
    """An opened file: one recording, or several signals of one shape.

    Attributes:
        name: what messages call it.
        channels: its channels in their order, at least one.
        read: (signal, channel, start, stop) → the samples from start to before stop, in the channel's unit.
        n_signals: signals in the file; 1 for a recording.
        has_named_channels: whether the names of the channels are the file's own.
        is_long: whether a signal is a recording that may be cut into windows, whose cases are then not independent.
        is_finite: whether all values are known to be finite.
        stretches: (start, stop) in seconds of the parts without a gap; () where there is no gap.
        annotations: of a recording.
        labels: of each signal, as text; () where the file has none.
        label_names: what each signal's label is called; () where the labels have no names.
        splits: part of each signal as it is written; ().
        patients: whose each signal is; ().
        n_bytes: memory that the file takes while it is open.
        notes: what was left out or assumed, one sentence each.
    """

    name: str
    channels: tuple[SignalChannel, ...]
    read: Callable[[int, int, int, int], Values]
    n_signals: int = 1
    has_named_channels: bool = True
    is_long: bool = False
    is_finite: bool = False
    stretches: tuple[tuple[float, float], ...] = ()
    annotations: tuple[Annotation, ...] = ()
    labels: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    n_bytes: int = 0
    notes: tuple[str, ...] = ()

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The names of the channels."""
        return tuple(channel.name for channel in self.channels)


def to_float32(values: Values) -> Values:
    """Values as float32; what is too large becomes infinite, which `check_finite` refuses."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


def array_reader(values: Values) -> Callable[[int, int, int, int], Values]:
    """The `read` of a file whose signals [N, C, T] are an array, perhaps one that lies on disk."""
    return lambda signal, channel, start, stop: values[signal, channel, start:stop]


def array_channels(
    values: Values, names: tuple[str, ...] = (), units: tuple[str, ...] = (), sampling_rate: float | None = None
) -> tuple[SignalChannel, ...]:
    """The channels of signals [N, C, T]; "channel 1" and so on where they have no names."""
    n_channels, n_samples = values.shape[1:]
    names = names or tuple(f"channel {number}" for number in range(1, n_channels + 1))
    units = units or ("",) * n_channels
    return tuple(SignalChannel(name, unit, n_samples, sampling_rate) for name, unit in zip(names, units, strict=True))
