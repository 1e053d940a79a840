"""Frames of a film of signals: the channels as lanes, each step over the decode at 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import plain
from analysis.figures.lettering import cut_text, text_inches
from analysis.figures.trace_style import BANDS, BASE, GREY_BANDS, STEP, Lanes, Lines
from analysis.trace_extremes import lane_scale

if TYPE_CHECKING:
    from analysis.traversals import Traversal

_LANE_PX, _WIDTH_PX, _MOST_PX = 150, 800, 900
_ABOVE_PX, _BELOW_PX = 14, 44
_DPI = 100
_NAME_POINTS, _SCALE_POINTS, _TIME_POINTS = 8, 7, 8
_MOST_NAME_INCHES = 1.6


def trace_frames(path: Traversal, *, is_greyscale: bool = False) -> list[NDArray[np.uint8]]:
    """One picture [h, w, 3] a step, in greyscale [h, w]; what stays the same is drawn once.

    Raises:
        ValueError: a path of pictures.
    """
    return TraceStage(path, is_greyscale).frames()


@dataclass(frozen=True)
class TraceStage:
    """Axes on which the steps of a path of signals are drawn one after the other.

    Attributes:
        path: of signals.
        is_greyscale: without colour.
    """

    path: Traversal
    is_greyscale: bool

    def frames(self) -> list[NDArray[np.uint8]]:
        """One picture a step."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDTH_PX / _DPI, self._height / _DPI), dpi=_DPI)
        canvas: Any = FigureCanvasAgg(figure)
        axes = self._draw_still(figure)
        canvas.draw()
        still = canvas.copy_from_bbox(figure.bbox)
        pictures = []
        for placed in self._placed:
            canvas.restore_region(still)
            for artist in self._draw_moving(axes, placed):
                axes.draw_artist(artist)
                artist.remove()
            pixels = np.asarray(canvas.buffer_rgba())
            pictures.append(pixels[..., 0].copy() if self.is_greyscale else pixels[..., :3].copy())
        return pictures

    def _draw_still(self, figure: Any) -> Any:
        """Axes, names, scales and the decode at 0."""
        form, lanes = self._lanes.form, self._lanes
        names = [cut_text(name, _NAME_POINTS, _MOST_NAME_INCHES) for name in lanes.names()]
        scales = [f"{_short(low)} to {_short(high)}" for low, high in lanes.scale]
        left, right = _share(names, _NAME_POINTS), _share(scales, _SCALE_POINTS)
        below = _BELOW_PX / self._height
        axes = figure.add_axes((left, below, 1 - left - right, 1 - below - _ABOVE_PX / self._height))
        for channel in self._placed[self.path.origin]:
            self._lines.stroke(axes, channel, BASE, 1.2)
        axes.set_yticks(lanes.middles.tolist(), [plain(name) for name in names])
        axes.tick_params(labelsize=_NAME_POINTS, length=2)
        for middle, words in zip(lanes.middles, scales, strict=True):
            place = {"transform": axes.transAxes, "fontsize": _SCALE_POINTS, "va": "center"}
            axes.text(1.008, middle / form.n_channels, words, **place)
        axes.set(xlim=(0, max(form.length - 1, 1) / form.sampling_rate), ylim=(0, form.n_channels))
        axes.set_xlabel("time (s)", fontsize=_TIME_POINTS)
        axes.hlines(np.arange(1, form.n_channels), *axes.get_xlim(), color="#dddddd", lw=0.5)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    def _draw_moving(self, axes: Any, placed: NDArray[np.float64]) -> list[Any]:
        """The traces of a step with the bands between them and those at 0."""
        artists: list[Any] = []
        colours = GREY_BANDS if self.is_greyscale else BANDS
        for moved, base in zip(placed, self._placed[self.path.origin], strict=True):
            artists += self._lines.band(axes, moved, base, colours=colours)
            artists.append(self._lines.stroke(axes, moved, STEP, 1.6))
        return artists

    @cached_property
    def _lanes(self) -> Lanes:
        signals, form = self.path.signals(), self.path.signal_form
        assert form is not None  # signals() raised otherwise
        return Lanes(form, lane_scale([signals]))

    @cached_property
    def _placed(self) -> NDArray[np.float64]:
        """Where the traces lie on the axes [K, C, T]."""
        return self._lanes.placed(self.path.signals())

    @cached_property
    def _lines(self) -> Lines:
        form = self._lanes.form
        return Lines.of(form.length, form.sampling_rate, most=2 * _WIDTH_PX)

    @cached_property
    def _height(self) -> int:
        return min(_MOST_PX, _LANE_PX * self._lanes.form.n_channels + _ABOVE_PX + _BELOW_PX)


def _short(value: float) -> str:
    """A number with two digits that count, never with an exponent where people write none: −100, 0.13."""
    return f"{float(f'{value:.2g}'):g}".replace("-", "−")


def _share(texts: list[str], points: int) -> float:
    """Of the picture's width, what the longest of some texts takes beside the lanes."""
    longest = max(text_inches(text, points) for text in texts)
    return (longest * _DPI + 18) / _WIDTH_PX
