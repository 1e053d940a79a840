"""How signals are drawn in figures: the same colours as on the page, which stay apart for colour-blind eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.lettering import text_inches
from analysis.figures.sheets import Sheet
from analysis.trace_extremes import Stretches
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from analysis.figures.style import FigureStyle

STEP, BASE, ORIGINAL, HIGHER, LOWER = "#1b1b1b", "#9a9a9a", "#b5750a", "#8a4fd6", "#0f9a5c"
BAND_ALPHA = 0.5
BANDS, GREY_BANDS = (HIGHER, LOWER), ("#000000", "#b0b0b0")
"""Colours of where a step is higher than at 0, and of where it is lower."""


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

    def band(
        self, axes: Any, values: NDArray[Any], base: NDArray[Any], *, colours: tuple[str, str] = BANDS
    ) -> list[Any]:
        """Fill what lies between two traces [T], in one colour above `base` and another below; returns the fillings."""
        times, moved, still = _with_crossings(self.times, self.stretches.drawn(values), self.stretches.drawn(base))
        return [
            axes.fill_between(times, still, edge, color=colour, alpha=BAND_ALPHA, lw=0)
            for edge, colour in zip((np.maximum(moved, still), np.minimum(moved, still)), colours, strict=True)
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
        """Channels with their units."""
        units = (f" ({unit})" if unit else "" for unit in self.form.units)
        return [f"{name}{unit}" for name, unit in zip(self.form.channel_names, units, strict=True)]

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


_SAMPLE = 0.16  # inches


def _key(style: FigureStyle) -> list[tuple[str, float, str]]:
    """Colours, widths and words."""
    higher, lower = GREY_BANDS if style.is_greyscale else BANDS
    return [
        (STEP, 1.4, "decoded at the step"),
        (BASE, 1.2, "decoded at 0"),
        (STEP if style.is_greyscale else ORIGINAL, 0.6, "original"),
        (higher, 4.5, "higher than at 0"),
        (lower, 4.5, "lower"),
    ]


def draw_key(sheet: Sheet, top: float, style: FigureStyle) -> None:
    """Explain lines and bands in one row or several, in the middle."""
    from matplotlib.lines import Line2D

    for row, entries in enumerate(_key_rows(style)):
        left = (sheet.width - sum(_entry_inches(words, style) for *_, words in entries)) / 2
        place = top + 0.04 + style.line("small", row)
        middle = 1 - (place + style.line("small") / 2) / sheet.height
        for colour, width, words in entries:
            ends = [left / sheet.width, (left + _SAMPLE) / sheet.width]
            line = Line2D(ends, [middle, middle], color=colour, lw=width, transform=sheet.part.transSubfigure)
            line.set(alpha=BAND_ALPHA if width > 2 else 1, solid_capstyle="butt")
            sheet.part.add_artist(line)
            sheet.text(left + _SAMPLE + 0.04, place, words, style.size("small"))
            left += _entry_inches(words, style)


def key_inches(style: FigureStyle) -> float:
    """Height that the key takes."""
    return 0.08 + style.line("small", len(_key_rows(style)))


def _key_rows(style: FigureStyle) -> list[list[tuple[str, float, str]]]:
    """Entries as rows that are no wider than the figure."""
    rows: list[list[tuple[str, float, str]]] = [[]]
    for entry in _key(style):
        used = sum(_entry_inches(words, style) for *_, words in rows[-1])
        if rows[-1] and used + _entry_inches(entry[2], style) > style.width:
            rows.append([])
        rows[-1].append(entry)
    return rows


def _entry_inches(words: str, style: FigureStyle) -> float:
    return _SAMPLE + 0.04 + text_inches(words, style.size("small")) + 0.16
