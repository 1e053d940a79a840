"""How signals are drawn in figures: the same colours as on the page, which stay apart for colour-blind eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import plain
from analysis.trace_extremes import Stretches
from xaae_core.signal_form import SignalForm

STEP, BASE, ORIGINAL, HIGHER, LOWER = "#1b1b1b", "#9a9a9a", "#b5750a", "#8a4fd6", "#0f9a5c"
BAND_ALPHA = 0.5


@dataclass(frozen=True)
class Lines:
    """Signals drawn with at most so many points.

    Attributes:
        stretches: how samples become points.
        times: when each point was taken [P], in seconds.
    """

    stretches: Stretches
    times: NDArray[np.float64]

    @classmethod
    def of(cls, n_samples: int, sampling_rate: float, *, most: int) -> Lines:
        """Of signals of `n_samples` at `sampling_rate` hertz, with `most` points."""
        stretches = Stretches.within(n_samples, most)
        return cls(stretches, stretches.places() / sampling_rate)

    def stroke(self, axes: Any, values: NDArray[Any], colour: str, width: float) -> Any:
        """Draw one trace [T] on matplotlib axes; returns the line."""
        return axes.plot(self.times, self.stretches.drawn(values), color=colour, lw=width, solid_joinstyle="round")[0]

    def band(self, axes: Any, values: NDArray[Any], base: NDArray[Any]) -> list[Any]:
        """Fill what lies between two traces [T], in one colour above `base` and another below; returns the fillings."""
        times, moved, still = _with_crossings(self.times, self.stretches.drawn(values), self.stretches.drawn(base))
        return [
            axes.fill_between(times, still, edge, color=colour, alpha=BAND_ALPHA, lw=0)
            for edge, colour in ((np.maximum(moved, still), HIGHER), (np.minimum(moved, still), LOWER))
        ]


def _with_crossings(
    times: NDArray[np.float64], values: NDArray[Any], base: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Two traces [P] with a point [P + n] wherever they cross, so that the larger of the two is drawn exactly.

    matplotlib's `fill_between(interpolate=True)` fills the same, but looks for each crossing by itself: of a night's 23
    channels it took four fifths of the time of a whole filmstrip.
    """
    apart = values - base
    before = np.flatnonzero(apart[:-1] * apart[1:] < 0)
    share = apart[before] / (apart[before] - apart[before + 1])
    crossed_at = times[before] + share * (times[before + 1] - times[before])
    crossed = base[before] + share * (base[before + 1] - base[before])
    place = before + 1
    return np.insert(times, place, crossed_at), np.insert(values, place, crossed), np.insert(base, place, crossed)


@dataclass(frozen=True)
class Lanes:
    """Channels one below the other on one pair of axes, each on its own scale; a lane is one unit high.

    Attributes:
        form: names and units.
        scale: lowest and highest value of each lane [C, 2], in the channel's unit.
        gap: share of a lane that stays free between it and the next.
    """

    form: SignalForm
    scale: NDArray[np.float64]
    gap: float = 0.12

    def placed(self, signals: NDArray[Any]) -> NDArray[np.float64]:
        """Where signals [..., C, T] lie on the axes; the first channel is at the top."""
        low, high = self.scale[:, :1], self.scale[:, 1:]
        share: NDArray[np.float64] = self.bottoms[:, None] + (1 - self.gap) * (signals - low) / (high - low)
        return share

    @property
    def bottoms(self) -> NDArray[np.float64]:
        """The lower end of each lane [C]."""
        return np.arange(self.form.n_channels - 1.0, -1.0, -1.0) + self.gap / 2

    @property
    def middles(self) -> NDArray[np.float64]:
        """The middle of each lane [C]."""
        return np.asarray(self.bottoms + (1 - self.gap) / 2, dtype=np.float64)

    def names(self) -> list[str]:
        """Channels with their units, as matplotlib shows them."""
        units = (f" ({unit})" if unit else "" for unit in self.form.units)
        return [plain(f"{name}{unit}", most=18) for name, unit in zip(self.form.channel_names, units, strict=True)]

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Places and words of about `most` round values in each lane."""
        from matplotlib.ticker import MaxNLocator

        places: list[float] = []
        words: list[str] = []
        for bottom, (low, high) in zip(self.bottoms, self.scale, strict=True):
            values = [
                value for value in MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= value <= high
            ]
            places += [float(bottom + (1 - self.gap) * (value - low) / (high - low)) for value in values]
            words += [f"{value:g}".replace("-", "−") for value in values]
        return places, words


def key_entries() -> tuple[list[Any], list[str]]:
    """Handles and words of a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], color=STEP, lw=1.4), Line2D([], [], color=BASE, lw=1.2)]
    handles += [Line2D([], [], color=ORIGINAL, lw=0.7)]
    handles += [Patch(color=colour, alpha=BAND_ALPHA, lw=0) for colour in (HIGHER, LOWER)]
    return handles, ["decoded at the step", "decoded at 0", "original", "higher than at 0", "lower"]
