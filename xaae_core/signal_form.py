"""What the signals of a data set or a model look like: length, sampling rate, channels, units and range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import SignalError

MOST_SAMPLES = 10_000_000
MOST_CHANNELS = 4096


@dataclass(frozen=True, kw_only=True)
class SignalForm:
    """What signals [C, T] look like, and how their values become what a model takes.

    As pictures are scaled from black to white, each channel is scaled so that `low` becomes 0 and `high` becomes 1.
    Values beyond are not cut off.

    Attributes:
        length: samples T of each channel.
        sampling_rate: samples a second, in hertz.
        channel_names: names of the C channels, each once.
        units: what each channel is measured in, such as "mV"; "" where not known; () for none at all.
        low: per channel, the value (in its unit) that is 0 for a model; () for 0 everywhere.
        high: per channel, the value that is 1; () for 1 everywhere.

    Raises:
        SignalError: no samples or channels, a rate that is not known, names that repeat, or a range without width.
    """

    length: int
    sampling_rate: float
    channel_names: tuple[str, ...]
    units: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        names = tuple(str(name) for name in self.channel_names)
        object.__setattr__(self, "channel_names", names)
        n_channels = len(names)
        if not (type(self.length) is int and 1 <= self.length <= MOST_SAMPLES):
            raise SignalError(f"length is {self.length!r}; expected 1 to {MOST_SAMPLES:,} samples")
        if not 1 <= n_channels <= MOST_CHANNELS or len(set(names)) < n_channels:
            raise SignalError(
                f"channel_names are {', '.join(names[:8]) or 'none'} ({n_channels}); expected 1 to {MOST_CHANNELS:,} "
                "names, each once"
            )
        if not (_is_number(self.sampling_rate) and self.sampling_rate > 0):
            raise SignalError(
                f"sampling_rate is {self.sampling_rate!r}; expected samples a second, a number above 0 in hertz"
            )
        object.__setattr__(self, "sampling_rate", float(self.sampling_rate))
        object.__setattr__(self, "units", tuple(str(unit) for unit in self.units) or ("",) * n_channels)
        for name, default in (("low", 0.0), ("high", 1.0)):
            values = tuple(getattr(self, name)) or (default,) * n_channels
            if not all(_is_number(value) for value in values):
                raise SignalError(f"{name} is {values}; expected a finite number for each channel")
            object.__setattr__(self, name, tuple(float(value) for value in values))
        for name in ("units", "low", "high"):
            if len(getattr(self, name)) != n_channels:
                raise SignalError(f"{name} has {len(getattr(self, name))} entries; expected one for each channel")
        for channel, low, high in zip(names, self.low, self.high, strict=True):
            if not low < high:
                raise SignalError(f'channel "{channel}" ranges from {low:g} to {high:g}; expected low below high')

    @property
    def n_channels(self) -> int:
        """The number C of channels."""
        return len(self.channel_names)

    @property
    def seconds(self) -> float:
        """How long a signal lasts."""
        return self.length / self.sampling_rate

    def times(self) -> NDArray[np.float64]:
        """When each sample was taken [T], in seconds from the first."""
        return np.arange(self.length) / self.sampling_rate

    def scaled(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """What a model takes of values [..., C, T] in the channels' units."""
        low, width = self._scale()
        return ((np.asarray(values, np.float64) - low) / width).astype(np.float32)

    def in_units(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values [..., C, T] in the channels' units of what a model takes or makes; the inverse of `scaled`."""
        low, width = self._scale()
        return (np.asarray(values, np.float64) * width + low).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """The form as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The form that `to_json` wrote.

        Raises:
            SignalError: entries that are missing, unknown or out of range.
        """
        known = {entry.name for entry in fields(cls)}
        try:
            entries: dict[str, Any] = {
                n: tuple(v) if isinstance(v, list) else v for n, v in values.items() if n in known
            }
            return cls(**entries)
        except TypeError as error:
            raise SignalError(f"the form of the signals cannot be read: {error}") from error

    def _scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low = np.array(self.low)[:, None]  # [C, 1]
        return low, np.array(self.high)[:, None] - low


def signal_form_of(model: object) -> SignalForm | None:
    """What the signals of a model look like; None of a model of pictures."""
    form = getattr(model, "signal_form", None)
    return form if isinstance(form, SignalForm) else None


def case_noun(form: SignalForm | None) -> str:
    """What a case is called: "signal" where its form is known, else "picture"."""
    return "picture" if form is None else "signal"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
