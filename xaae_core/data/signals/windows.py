"""Cuts signals into windows of one length: the epochs of a night, or each signal as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xaae_core.data.signals.signal_file import MOST_SIGNALS, SignalFile
from xaae_core.errors import SignalError

_ALMOST = 1e-6  # samples: rates such as 1/3 Hz end just below a whole number of samples


@dataclass(frozen=True, eq=False)
class SignalWindows:
    """Where the cases of a file lie; case n is window n % len(starts) of signal n // len(starts).

    Attributes:
        length: samples of each, at the rate of the form.
        step: samples from the start of one to that of the next.
        starts: the first sample of each window of a signal.
        n_signals: signals of the file.
        n_left_over: samples of a signal after its last window.
    """

    length: int
    step: int
    starts: tuple[int, ...]
    n_signals: int
    n_left_over: int

    def __len__(self) -> int:
        return self.n_signals * len(self.starts)

    def place(self, number: int) -> tuple[int, int]:
        """(signal, first sample) of a case."""
        signal, window = divmod(number, len(self.starts))
        return signal, self.starts[window]


def step_of(length: int, sampling_rate: float) -> int:
    """Samples from one window to the next.

    Windows follow each other without a gap. Those of whole seconds and one sample (3,001 samples at 100 Hz), as tools
    cut them that count both ends, begin every whole seconds (30), and share that sample.
    """
    seconds = (length - 1) / sampling_rate
    is_closed = sampling_rate > 1 and seconds >= 1 and abs(seconds - round(seconds)) < _ALMOST
    return length - 1 if is_closed else length


def cut_windows(file: SignalFile, n_samples: int, length: int, sampling_rate: float) -> SignalWindows:
    """The windows of a file; none crosses a gap.

    Args:
        file: the file.
        n_samples: of each signal, at `sampling_rate`.
        length: samples of a window.
        sampling_rate: in hertz.

    Raises:
        SignalError: more windows than one file may hold.
    """
    step = step_of(length, sampling_rate)
    if n_samples // step > MOST_SIGNALS:
        raise SignalError(
            f"{file.name}: {n_samples:,} samples are {n_samples // step:,} windows of {length:,}; at most "
            f"{MOST_SIGNALS:,} are read: choose a larger length"
        )
    stretches = [
        (math.ceil(start * sampling_rate - _ALMOST), min(n_samples, math.floor(stop * sampling_rate + _ALMOST)))
        for start, stop in file.stretches
    ] or [(0, n_samples)]
    starts = [int(start) for first, stop in stretches for start in np.arange(first, stop - length + 1, step)]
    n_used = starts[-1] + length if starts else 0
    return SignalWindows(length, step, tuple(starts), file.n_signals, n_samples - n_used)


def samples_at(n_samples: int, own_rate: float, sampling_rate: float) -> int:
    """How many samples a channel has when it is resampled."""
    return math.floor(n_samples * sampling_rate / own_rate + _ALMOST)
