"""How the cases of one file become signals of one form: which channels, in which units, at which rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaae_core.data.frames import middle_frame
from xaae_core.data.signals.resampling import ResampledChannel, resampled_channel
from xaae_core.data.signals.signal_file import SignalChannel, SignalFile, Values
from xaae_core.data.signals.units import plain_unit, unit_factor
from xaae_core.data.signals.value_checks import check_finite
from xaae_core.data.signals.windows import SignalWindows, cut_windows
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm


@dataclass(frozen=True, eq=False)
class ReadingPlan:
    """What is done with a file so that its cases are of a form.

    Attributes:
        file: the opened file.
        form: what its cases are to look like.
        channels: for each channel of the form, how it is read.
        windows: where the cases lie.
        notes: what is left out or changed, one sentence each.
    """

    file: SignalFile
    form: SignalForm
    channels: tuple[ResampledChannel, ...]
    windows: SignalWindows
    notes: tuple[str, ...]

    def read(self, number: int | None, name: str) -> tuple[Values, tuple[str, ...]]:
        """The values [C, T] of a case in the form's units, and notes; the middle case where no number is given.

        Raises:
            SignalError: there is no such case, or it has values that are not finite.
        """
        n_cases = len(self.windows)
        if number is not None and number >= n_cases:
            raise SignalError(
                f"{name}: #{number:,} was asked for, but the file has {n_cases:,} "
                f"{'window' if self.file.n_signals == 1 else 'signals'} of {self.form.length:,} samples: their numbers "
                f"are #0 to #{n_cases - 1:,}"
            )
        shown, note = middle_frame(number, n_cases, kind="window" if self.file.n_signals == 1 else "signal")
        signal, start = self.windows.place(shown)
        values = np.stack([channel.read(signal, start, self.form.length) for channel in self.channels])  # [C, T]
        check_finite(values, self.form.channel_names, name)
        return values, (*self.notes, *((note,) if note else ()))


def plan_reading(file: SignalFile, form: SignalForm) -> ReadingPlan:
    """Find out how a file's cases become signals of a form.

    Channels are taken by their names, whatever their order; where a file has no names and as many channels, by their
    order. Units of one quantity (µV, mV) are converted, other rates resampled; both are noted.

    Raises:
        SignalError: a missing channel, another unit, or signals that are shorter than the form's.
    """
    chosen, notes = _choose_channels(file, form)
    channels = []
    for number, name, unit in zip(chosen, form.channel_names, form.units, strict=True):
        own = file.channels[number]
        factor = unit_factor(own.unit, unit, file.name, name)
        channels.append(resampled_channel(file, number, form.sampling_rate, factor))
    notes += _unit_notes(file, form, chosen) + _rate_notes(file, form, chosen)
    n_samples = min(channel.n_samples for channel in channels)
    windows = cut_windows(file, n_samples, form.length, form.sampling_rate)
    if not windows.starts:
        raise SignalError(
            f"{file.name} has {n_samples:,} samples at {form.sampling_rate:g} Hz ({n_samples / form.sampling_rate:g} s)"
            f"; expected at least {form.length:,} ({form.seconds:g} s): leave it out, or train with a smaller length "
            "(xaae train --length)"
        )
    if windows.n_left_over >= max(1, windows.length - windows.step + 1) and not file.stretches:
        notes.append(
            f"{file.name}: {windows.n_left_over:,} of {n_samples:,} samples are left over after the last "
            f"{'window' if len(windows.starts) > 1 else 'of the'} {form.length:,} and were cut off"
        )
    return ReadingPlan(file, form, tuple(channels), windows, (*file.notes, *notes))


def _choose_channels(file: SignalFile, form: SignalForm) -> tuple[list[int], list[str]]:
    """The file's channel for each of the form's, and what a reader should know of that."""
    own = file.channel_names
    position = {plain_name(name): number for number, name in reversed(list(enumerate(own)))}
    missing = [name for name in form.channel_names if plain_name(name) not in position]
    if missing and len(own) == form.n_channels and not file.has_named_channels:
        return list(range(len(own))), []
    if missing:
        named = ", ".join(f'"{name}"' for name in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise SignalError(
            f"{file.name} has no channel {named}{more}; it has "
            f"{len(own)}: {', '.join(own[:12])}{' …' if len(own) > 12 else ''}: {_remedy(file, form)}"
        )
    chosen = [position[plain_name(name)] for name in form.channel_names]
    notes = []
    if sorted(chosen) != chosen:
        notes.append(f"{file.name}: its channels stand in another order and were sorted by their names")
    unused = [name for number, name in enumerate(own) if number not in chosen]
    if unused:
        notes.append(f"{file.name}: the channels {', '.join(unused[:6])}{' …' if len(unused) > 6 else ''} are not used")
    return chosen, notes


def _remedy(file: SignalFile, form: SignalForm) -> str:
    """What to do about a missing channel: the same sentence for a data set and for a model's case."""
    if not file.has_named_channels and {channel.n_samples for channel in file.channels} == {form.n_channels}:
        return "it seems to be stored as [samples, channels]; save it as [channels, samples] (transpose it)"
    return "leave the file out, or train on channels that every file has (xaae train --signal-channels)"


def _unit_notes(file: SignalFile, form: SignalForm, chosen: list[int]) -> list[str]:
    changed: dict[tuple[str, str], list[str]] = {}  # of one unit into another: the channels
    for number, name, unit in zip(chosen, form.channel_names, form.units, strict=True):
        own = plain_unit(file.channels[number].unit)
        if own and unit and own != plain_unit(unit):  # another spelling of the same unit changes no value
            changed.setdefault((own, unit), []).append(name)
    return [
        f"{file.name}: {_named(names)} {'was' if len(names) == 1 else 'were'} converted from {own} to {unit}"
        for (own, unit), names in changed.items()
    ]


def _named(names: list[str]) -> str:
    return f"{', '.join(names[:6])}{f' and {len(names) - 6} more channels' if len(names) > 6 else ''}"


def _rate_notes(file: SignalFile, form: SignalForm, chosen: list[int]) -> list[str]:
    notes = []
    channels: list[SignalChannel] = [file.channels[number] for number in chosen]
    if any(channel.sampling_rate is None for channel in channels):
        notes.append(f"{file.name}: it does not say its sampling rate, {form.sampling_rate:g} Hz was taken")
    other = [
        c for c in channels if c.sampling_rate is not None and not is_same_rate(c.sampling_rate, form.sampling_rate)
    ]
    if other:
        named = ", ".join(f"{channel.name} ({channel.sampling_rate:g} Hz)" for channel in other[:6])
        notes.append(f"{file.name}: resampled to {form.sampling_rate:g} Hz: {named}{' …' if len(other) > 6 else ''}")
    return notes


def is_same_rate(one: float, other: float) -> bool:
    """Whether two rates are the same but for rounding (0.01 %)."""
    return abs(one - other) <= 1e-4 * max(one, other)


def plain_name(name: str) -> str:
    """A name without capitals and the spaces around."""
    return " ".join(name.split()).casefold()
