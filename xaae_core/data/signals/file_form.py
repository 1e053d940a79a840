"""What the signals of one or many files look like: the channels, units, rate and length that most of them have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from xaae_core.data.signals.edf_annotations import label_notes
from xaae_core.data.signals.reading_plan import is_same_rate, plain_name
from xaae_core.data.signals.signal_file import SignalFile
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.signals.units import plain_unit
from xaae_core.data.signals.windows import samples_at
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

_NAMED = 3
_LISTED = 12
_ALMOST = 1e-3


def form_of(file: SignalFile) -> SignalForm:
    """What the signals of a file look like by what it says itself, without a range (low 0, high 1).

    Raises:
        SignalError: see `common_form`.
    """
    return common_form([file], SignalOptions())


def common_form(
    files: Sequence[SignalFile], options: SignalOptions, *, table_rates: Mapping[str, float] | None = None
) -> SignalForm:
    """The form that most files have, without a range: what is not said in the options is taken from the files.

    Args:
        files: opened files, at least one.
        options: what was said of them.
        table_rates: by a file's name, the rate that a table gives it.

    Raises:
        SignalError: no rate is known, or the lengths differ; names the files and the remedy.
    """
    names = options.channels or _common_channels(files)
    _require_channels(files, names)
    units = tuple(_common_unit(files, name, number) for number, name in enumerate(names))
    sampling_rate = options.sampling_rate or _common_rate(files, names, table_rates or {})
    length = options.length or _common_length(files, names, sampling_rate)
    return SignalForm(length=length, sampling_rate=sampling_rate, channel_names=names, units=units)


def _require_channels(files: Sequence[SignalFile], names: tuple[str, ...]) -> None:
    """Refuse channels that not one file has."""
    if any(not file.has_named_channels for file in files):
        return  # they go by their order
    known = {plain_name(channel) for file in files for channel in file.channel_names}
    missing = [name for name in names if plain_name(name) not in known]
    if missing:
        quoted = [f"{name!r}" for name in missing]
        raise SignalError(
            f"{_named([file.name for file in files])}: no channel {_named(quoted)}; expected "
            f"some of {', '.join(_common_channels(files)[:_LISTED])}: name these (xaae train --signal-channels), or "
            "take a model of these channels"
        )


def _common_channels(files: Sequence[SignalFile]) -> tuple[str, ...]:
    """The channels of most files, in the order of most of those; the first such order where orders are tied."""
    sets = Counter(frozenset(file.channel_names) for file in files)
    most = max(sets.values())
    largest = max((names for names, count in sets.items() if count == most), key=len)
    orders = Counter(file.channel_names for file in files if frozenset(file.channel_names) == largest)
    return orders.most_common(1)[0][0]


def _common_unit(files: Sequence[SignalFile], name: str, number: int) -> str:
    found = Counter(
        plain_unit(channel.unit)
        for file in files
        for position, channel in enumerate(file.channels)
        if channel.name == name or (not file.has_named_channels and position == number)
    )
    found.pop("", None)
    return found.most_common(1)[0][0] if found else ""


def _common_rate(files: Sequence[SignalFile], names: tuple[str, ...], table_rates: Mapping[str, float]) -> float:
    rates: list[float] = []
    for file in files:
        for number, channel in enumerate(file.channels):
            if channel.name in names or (not file.has_named_channels and number < len(names)):
                known = channel.sampling_rate or table_rates.get(file.name)
                rates += [known] if known else []
    if not rates:
        raise SignalError(
            f"{_named([file.name for file in files])}: the sampling rate is not known; expected samples a second in "
            "the file (sampling_rate in .npz, a column time in seconds in a CSV), a column sampling_rate in the table, "
            "or the option --sampling-rate"
        )
    groups: Counter[float] = Counter()
    for rate in rates:
        groups[next((known for known in groups if is_same_rate(known, rate)), rate)] += 1
    return groups.most_common(1)[0][0]


def _common_length(files: Sequence[SignalFile], names: tuple[str, ...], sampling_rate: float) -> int:
    lengths = {id(file): _length_of(file, names, sampling_rate) for file in files}
    counts = Counter(lengths.values())
    noted = _annotated_length(files, sampling_rate)
    if noted is not None:
        return noted
    if len(counts) == 1:
        return next(iter(counts))
    common, n_common = counts.most_common(1)[0]
    others = [f"{file.name} ({lengths[id(file)]:,})" for file in files if lengths[id(file)] != common]
    raise SignalError(
        f"the signals differ in length: {n_common:,} of {len(files):,} files have {common:,} samples at "
        f"{sampling_rate:g} Hz, but not {_named(others)}; the shortest has {min(counts):,}: choose one length "
        f"(--length {common}); longer signals are then cut into windows, shorter ones left out"
    )


def _annotated_length(files: Sequence[SignalFile], sampling_rate: float) -> int | None:
    """Samples of what is scored at once, such as the 30 seconds of a sleep stage; None where that differs.

    Stages that last are often written as one annotation: all are then multiples of the shortest usual one.
    """
    seconds = Counter(round(note.duration, 3) for file in files for note in label_notes(file.annotations))
    del seconds[0]
    if not seconds:
        return None
    step = min(duration for duration, count in seconds.items() if count >= 0.01 * seconds.total())
    whole = sum(count for duration, count in seconds.items() if abs(duration / step - round(duration / step)) < _ALMOST)
    length = round(step * sampling_rate)
    return length if whole >= 0.9 * seconds.total() and length > 1 else None


def _length_of(file: SignalFile, names: tuple[str, ...], sampling_rate: float) -> int:
    channels = [channel for channel in file.channels if channel.name in names] or list(file.channels)
    return min(samples_at(c.n_samples, c.sampling_rate or sampling_rate, sampling_rate) for c in channels)


def _named(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more
