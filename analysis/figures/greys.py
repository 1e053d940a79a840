"""Every colour of a drawing as the grey of its luminance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure as Canvas

_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear light, ITU-R BT.709
_COLOURS = ("facecolor", "edgecolor", "color", "markerfacecolor", "markeredgecolor")


def grey_of(colour: Any) -> tuple[float, float, float, float]:
    """The grey (r, g, b, alpha) in [0, 1] that is as light as a matplotlib colour."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in (red, green, blue)]
    light = float(np.dot(_LUMINANCE, linear))
    level = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return level, level, level, alpha


def make_grey(canvas: Canvas) -> None:
    """Turn every artist's colours grey. Drawings choose shapes, lines and colour maps that stay apart beforehand."""
    for artist in canvas.findobj():
        _grey_mapped(artist)
        for name in _COLOURS:
            _grey_one(artist, name)


def _grey_one(artist: Artist, name: str) -> None:
    get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
    if get is None or put is None:
        return
    value = get()
    if value is None or (isinstance(value, str) and value in ("none", "auto", "face", "inherit")):
        return
    if isinstance(value, np.ndarray) and value.ndim == 2:
        if len(value):
            put([grey_of(each) for each in value])
    else:
        put(grey_of(value))


def _grey_mapped(artist: Any) -> None:
    """Colour maps, and pictures that are colours already."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap
    from matplotlib.image import AxesImage

    if not isinstance(artist, ScalarMappable):
        return
    pixels = artist.get_array()
    if isinstance(artist, AxesImage) and pixels is not None and np.ndim(pixels) == 3:
        artist.set_data(grey_pixels(np.asarray(pixels)))
    elif pixels is not None:
        colours = artist.cmap(np.linspace(0, 1, 256))
        artist.set_cmap(ListedColormap([grey_of(colour) for colour in colours]))


def grey_pixels(pixels: Any) -> Any:
    """Colour pixels [H, W, 3 or 4] as greys of the same kind of numbers."""
    scale = 255.0 if pixels.dtype == np.uint8 else 1.0
    values = pixels[..., :3] / scale
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = linear @ np.array(_LUMINANCE)
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    greys = np.repeat(level[..., None], 3, axis=-1) * scale
    return np.concatenate([greys.astype(pixels.dtype), pixels[..., 3:]], axis=-1)
