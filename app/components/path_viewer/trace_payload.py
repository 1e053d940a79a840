"""What the path viewer is given of signals: one traversal as traces in their channels' units."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.path_viewer.path_facts import PathFacts, PathPayloadError, read_only
from xaae_core.signal_form import SignalForm


@dataclass(frozen=True, eq=False, kw_only=True)
class TracePayload(PathFacts):
    """One path of signals, ready to be drawn. The edit on the original is made of these in the browser.

    Attributes:
        frames: decoded signals in the channels' units, float [K, C, T]; rows that are not computed are ignored.
        original: the signal as the model is given it, in the same units, float [C, T].
        form: names, units and sampling rate of the channels.

    Raises:
        PathPayloadError: naming what does not fit, what was expected and what to do.
    """

    frames: NDArray[np.float32]
    original: NDArray[np.float32]
    form: SignalForm

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = (self.form.n_channels, self.form.length)
        for name, expected in (("frames", (len(self.steps), *shape)), ("original", shape)):
            values = np.asarray(getattr(self, name), dtype=np.float32)
            if values.shape != expected:
                raise PathPayloadError(
                    f"{name} has shape {values.shape}; expected {expected}: the form's channels and samples"
                )
            self._set(name, read_only(values))
        _check_finite("original", self.original, self.form)
        for k in np.flatnonzero(self.is_computed):
            _check_finite(f"the signal decoded at {self.steps[k]:+g} SD", self.frames[k], self.form)

    def words(self) -> dict[str, object]:
        """Everything but the traces, as JSON-ready values (NaN becomes None)."""
        form = {
            "names": list(self.form.channel_names),
            "units": list(self.form.units),
            "rate": self.form.sampling_rate,
            "length": self.form.length,
        }
        return super().words() | {"medium": "traces", "form": form}

    def _drawn(self) -> Iterable[NDArray[Any]]:
        return self.original, self.frames[self.is_computed]


def _check_finite(what: str, values: NDArray[np.float32], form: SignalForm) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        channel, sample = (int(place) for place in np.argwhere(bad)[0])
        raise PathPayloadError(
            f'{what} is {values[channel, sample]} in channel "{form.channel_names[channel]}" at '
            f"{sample / form.sampling_rate:.3f} s; expected finite numbers: choose a shorter range"
        )
