"""What one pass over the cases learns of every signal; all checks of signals work on this."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.picture_facts import PictureFacts
from xaae_core.data.checks.threaded_map import map_in_threads
from xaae_core.data.frames import split_frame
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.listings import BrokenFile
from xaae_core.data.signals.open_files import OPEN_FILES
from xaae_core.data.signals.signal_data import read_signal
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

_BINS = 32
_MOST_COARSE = 32  # channels


@dataclass(frozen=True, eq=False, slots=True)
class MeasuredSignal:
    """Facts of one signal, in the units of its channels.

    Attributes:
        digest: BLAKE2b of its values.
        means: mean of each channel [C].
        stds: standard deviation of each channel [C].
        edge: per channel, the share of samples that are exactly its largest or its smallest value [C].
        beyond: share of all values outside the range that a model is given as 0 to 1.
        coarse: means over 32 stretches of at most 32 channels.
        seconds: how long its file is, windows not counted.
        sampling_rate: of its first channel in the file; NaN where the file does not say.
    """

    digest: str
    means: NDArray[np.float64]
    stds: NDArray[np.float64]
    edge: NDArray[np.float64]
    beyond: float
    coarse: NDArray[np.float32]
    seconds: float
    sampling_rate: float


@dataclass(frozen=True, eq=False)
class SignalFacts(PictureFacts):
    """Facts of N signals, in the order of their data set; those of pictures are empty.

    Attributes:
        signals: what was measured of each.
    """

    signals: tuple[MeasuredSignal, ...] = ()

    def __len__(self) -> int:
        return len(self.signals)

    def column(self, name: str) -> NDArray[Any]:
        """One field of every signal [N] or [N, …]."""
        return np.array([getattr(signal, name) for signal in self.signals])

    def take(self, rows: NDArray[np.int64]) -> SignalFacts:
        """The facts of the signals at these positions, in this order."""
        return replace(self, signals=tuple(self.signals[row] for row in rows.tolist()))

    @cached_property
    def thumbs(self) -> NDArray[Any]:
        """Coarse copies of the signals [N, channels, stretches]."""
        return self.column("coarse")


@dataclass(frozen=True, eq=False)
class GatheredSignals:
    """A data set without the signals that cannot be read any more, and the facts of the others."""

    dataset: ImageDataset
    facts: SignalFacts


def gather_signal_facts(
    dataset: ImageDataset, form: SignalForm, progress: Callable[[int, int], None] | None = None
) -> GatheredSignals:
    """Read every signal once and keep what the checks need.

    Args:
        dataset: as `read_dataset` gives it.
        form: what its signals look like.
        progress: called with (signals done, signals in all); what it raises stops the pass.
    """

    def measure(row: int) -> MeasuredSignal | str:
        try:
            return measure_signal(dataset, row, form)
        except SignalError as error:
            return str(error)

    found = list(map_in_threads(measure, range(len(dataset)), progress))
    sound = [row for row, facts in enumerate(found) if not isinstance(facts, str)]
    broken = [BrokenFile(path, why) for path, why in zip(dataset.paths, found, strict=True) if isinstance(why, str)]
    kept = tuple(facts for facts in found if not isinstance(facts, str))
    facts = SignalFacts((), (), kept)
    if not broken:
        return GatheredSignals(dataset, facts)
    return GatheredSignals(replace(dataset.take(sound), broken=(*dataset.broken, *broken)), facts)


def measure_signal(dataset: ImageDataset, row: int, form: SignalForm) -> MeasuredSignal:
    """Read a signal and measure it; raises SignalError."""
    path = dataset.paths[row]
    scaled = read_signal(path, form=form).values
    values = form.in_units(scaled).astype(np.float64)  # [C, T]
    file = OPEN_FILES.open(split_frame(path).file, n_channels=form.n_channels).file
    first = file.channels[0]
    rate = first.sampling_rate or float("nan")
    is_edge = (values == values.max(axis=1, keepdims=True)) | (values == values.min(axis=1, keepdims=True))
    return MeasuredSignal(
        digest=hashlib.blake2b(np.ascontiguousarray(scaled).tobytes(), digest_size=16).hexdigest(),
        means=values.mean(axis=1),
        stds=values.std(axis=1),
        edge=is_edge.mean(axis=1),
        beyond=float(((scaled < 0) | (scaled > 1)).mean()),
        coarse=_coarse(scaled),
        seconds=first.n_samples / (rate if rate == rate else form.sampling_rate),
        sampling_rate=rate,
    )


def signal_content(facts: PictureFacts) -> NDArray[np.float64]:
    """What a simple model sees of signals [N, F]: their coarse copies, means and spreads."""
    return np.column_stack([facts.thumbs.reshape(len(facts), -1), amplitude_features(facts)]).astype(np.float64)


def amplitude_features(facts: PictureFacts) -> NDArray[np.float64]:
    """Mean and spread of each channel [N, 2 C], without when anything happens."""
    return np.column_stack([facts.column("means"), np.log(facts.column("stds") + 1e-12)])


def recording_features(facts: PictureFacts) -> NDArray[np.float64]:
    """How long a signal's file is, and its own sampling rate [N, 2]."""
    return np.column_stack([np.log(facts.column("seconds")), np.nan_to_num(facts.column("sampling_rate"))])


def _coarse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    parts: Sequence[NDArray[np.float32]] = np.array_split(values[:_MOST_COARSE], min(_BINS, values.shape[1]), axis=1)
    return np.stack([part.mean(axis=1) for part in parts], axis=1).astype(np.float32)
