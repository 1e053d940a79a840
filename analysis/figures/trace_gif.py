"""A path of signals as a GIF for talks: the channels as lanes, each step over the decode at 0."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.figures.formats import plain
from analysis.figures.trace_style import BASE, STEP, Lanes, Lines
from analysis.trace_extremes import lane_scale

if TYPE_CHECKING:
    from analysis.traversals import Traversal

_LANE_PX, _WIDTH_PX, _MOST_PX = 150, 800, 900
_DPI = 100
_NAME_SIZE, _SCALE_SIZE = 8, 7  # points


def draw_trace_gif(traversal: Traversal, *, frame_ms: int = 120) -> bytes:
    """The path there and back as an endless GIF; bytes.

    Args:
        traversal: a path of signals.
        frame_ms: time each frame is shown, in milliseconds.

    Raises:
        ValueError: a path of pictures.
    """
    pictures = _in_few_colours(_frames(traversal))
    there_and_back = pictures + pictures[-2:0:-1]
    stream = io.BytesIO()
    there_and_back[0].save(
        stream, format="GIF", save_all=True, append_images=there_and_back[1:], duration=frame_ms, loop=0,
        optimize=False, disposal=1,
    )  # fmt: skip
    return stream.getvalue()


def _in_few_colours(pictures: list[Image.Image]) -> list[Image.Image]:
    """The pictures in the 256 colours that the first and the last have most of: white stays white.

    Every other colour becomes the nearest of these; `Image.quantize` finds near ones only.
    """
    from scipy.spatial import cKDTree

    codes = [_codes(picture) for picture in pictures]
    colours, counts = np.unique(np.stack([codes[0], codes[-1]]), return_counts=True)
    kept = np.resize(_parts(colours[np.argsort(-counts)]), (256, 3))
    is_there = np.zeros(1 << 24, dtype=bool)
    for code in codes:
        is_there[code] = True
    found = np.flatnonzero(is_there)
    place_of = np.zeros(1 << 24, dtype=np.uint8)
    place_of[found] = cKDTree(kept).query(_parts(found))[1]
    drawn = [Image.fromarray(place_of[code]) for code in codes]
    for picture in drawn:
        picture.putpalette(kept.astype(np.uint8).ravel().tolist())
    return drawn


def _codes(picture: Image.Image) -> NDArray[Any]:
    """Each pixel's colour as one number [H, W]."""
    levels = np.asarray(picture).astype(np.uint32)
    return (levels[..., 0] << 16) | (levels[..., 1] << 8) | levels[..., 2]


def _parts(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Red, green and blue of colours given as numbers [N, 3]."""
    return np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1).astype(np.float64)


def _short(value: float) -> str:
    """A number with two digits that count, never with an exponent where people write none: −100, 0.13."""
    return f"{float(f'{value:.2g}'):g}".replace("-", "−")


def _share(texts: list[str], size: int) -> float:
    """Of the picture's width, what the longest of some texts takes beside the lanes."""
    letters = 0.62 * size * max(len(text) for text in texts)  # points; a letter is some 0.6 as wide as high
    return (letters / 72 * _DPI + 14) / _WIDTH_PX


def _frames(path: Traversal) -> list[Image.Image]:
    """One picture a step; what stays the same is drawn once."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    signals, form = path.signals(), path.signal_form
    assert form is not None  # signals() raised otherwise
    height = min(_MOST_PX, _LANE_PX * form.n_channels + 90)
    figure = Figure(figsize=(_WIDTH_PX / _DPI, height / _DPI), dpi=_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    lanes = Lanes(form, lane_scale([signals]))
    scales = [f" {_short(low)} to {_short(high)}" for low, high in lanes.scale]
    left, right = _share(lanes.names(), _NAME_SIZE), _share(scales, _SCALE_SIZE)
    axes = figure.add_axes((left, 46 / height, 1 - left - right, 1 - 86 / height))
    placed = lanes.placed(signals)  # [K, C, T]
    lines = Lines.of(form.length, form.sampling_rate, most=2 * _WIDTH_PX)
    for channel in range(form.n_channels):
        lines.stroke(axes, placed[path.origin, channel], BASE, 1.2)
    axes.set_yticks(lanes.middles.tolist(), lanes.names())
    axes.tick_params(labelsize=_NAME_SIZE, length=2)
    for middle, words in zip(lanes.middles, scales, strict=True):
        axes.text(1, middle / form.n_channels, words, transform=axes.transAxes, fontsize=_SCALE_SIZE, va="center")
    axes.set(xlim=(0, max(form.length - 1, 1) / form.sampling_rate), ylim=(0, form.n_channels))
    axes.set_xlabel("time (s)", fontsize=9)
    axes.hlines(np.arange(1, form.n_channels), *axes.get_xlim(), color="#dddddd", lw=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    pictures = []
    for step in range(len(path.steps)):
        canvas.restore_region(still)
        moving: list[Any] = []
        for channel in range(form.n_channels):
            base = placed[path.origin, channel]
            moving += lines.band(axes, placed[step, channel], base)
            moving.append(lines.stroke(axes, placed[step, channel], STEP, 1.6))
        words = f"{path.steps[step]:+.1f} SD".replace("-", "−") if step != path.origin else "0 SD"
        moving.append(figure.text(left, 1 - 30 / height, f"{words}, {plain(path.target, most=60)}", fontsize=11))
        for artist in moving:
            axes.draw_artist(artist)
            artist.remove()
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return pictures
