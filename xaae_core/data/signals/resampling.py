"""Reads stretches of a channel at another sampling rate, exactly as if the whole recording had been resampled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from xaae_core.data.signals.signal_file import SignalFile, Values
from xaae_core.errors import SignalError

_MOST = 1000
_TAPS = 10  # as scipy.signal.resample_poly: its filter reaches 10 × max(up, down) samples to each side


@dataclass(frozen=True, eq=False)
class ResampledChannel:
    """A channel of a file at the rate and in the unit of a form.

    Attributes:
        file: the file.
        number: of the channel in the file.
        up: by how much the rate is multiplied …
        down: … and then divided.
        factor: of the unit.
        n_samples: of each signal, at the new rate.
    """

    file: SignalFile
    number: int
    up: int
    down: int
    factor: float
    n_samples: int

    def read(self, signal: int, start: int, length: int) -> Values:
        """Samples from `start` on, at the new rate [length]; float64."""
        if self.up == self.down == 1:
            with np.errstate(invalid="ignore"):  # of NaN, which is looked for afterwards
                values = np.asarray(self.file.read(signal, self.number, start, start + length), np.float64)
        else:
            values = self._resampled(signal, start, length)
        return values if self.factor == 1 else values * self.factor

    def _resampled(self, signal: int, start: int, length: int) -> Values:
        """Polyphase resampling with an anti-aliasing filter; the ends of the recording are held."""
        from scipy.signal import resample_poly

        reach = math.ceil(_TAPS * max(self.up, self.down) / (self.up * self.down)) + 1  # blocks of `down` own samples
        first = max(0, start // self.up - reach)
        last = -(-(start + length) // self.up) + reach
        n_own = self.file.channels[self.number].n_samples
        own = self.file.read(signal, self.number, first * self.down, min(n_own, last * self.down))
        resampled = resample_poly(np.asarray(own, np.float64), self.up, self.down, padtype="edge")
        offset = start - first * self.up
        return resampled[offset : offset + length]


def resampled_channel(file: SignalFile, number: int, sampling_rate: float, factor: float) -> ResampledChannel:
    """A channel of a file at a rate; one whose rate is not known is taken to have it.

    Raises:
        SignalError: the rates are not a ratio of whole numbers up to 1,000.
    """
    channel = file.channels[number]
    own = channel.sampling_rate
    if own is None or abs(own - sampling_rate) <= 1e-4 * max(own, sampling_rate):
        return ResampledChannel(file, number, 1, 1, factor, channel.n_samples)
    ratio = Fraction(sampling_rate / own).limit_denominator(_MOST)
    if ratio.numerator > _MOST or ratio == 0 or abs(float(ratio) * own / sampling_rate - 1) > 1e-6:
        raise SignalError(
            f'{file.name}: the channel "{channel.name}" has {own:g} Hz, which cannot be resampled to '
            f"{sampling_rate:g} Hz; expected a ratio of whole numbers up to {_MOST:,}: leave the channel out "
            "(--signal-channels), or resample it"
        )
    n_samples = math.floor(channel.n_samples * sampling_rate / own + 1e-6)
    return ResampledChannel(file, number, ratio.numerator, ratio.denominator, factor, n_samples)
