"""Cases as small pictures and as files of their own, whether they are pictures or signals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.figures.trace_picture import draw_trace_picture
from app.components.case_strip.thumbnails import DEFAULT_SIDE, make_thumbnail

if TYPE_CHECKING:
    from xaae_core.signal_form import SignalForm

_SIGNAL_SIDE = 480
_SIGNAL_ASPECT = 8 / 5
_LEAST_LANE = 14  # pixels of a lane of a small drawing; of more channels than fit some are left out, evenly


def small_picture(
    pixels: NDArray[np.float32],
    side: int | None = DEFAULT_SIDE,
    *,
    form: SignalForm | None = None,
    most_channels: int | None = None,
) -> NDArray[np.uint8]:
    """Grey or colour levels [h, w] or [h, w, 3] of a case.

    Args:
        pixels: the case as the model takes it, [C, H, W] in [0, 1]; of signals [1, channels, samples].
        side: the longer side, in pixels; None: a picture as it is, a signal large.
        form: what the signals look like; None of pictures.
        most_channels: of a signal drawn; None: all of a large one, of a small one as many as can be told apart.
    """
    if form is not None:
        shown = drawn_channels(pixels.shape[1], side, most_channels)
        return draw_trace_picture(pixels[0][shown], side or _SIGNAL_SIDE)
    return make_thumbnail(pixels, side or max(pixels.shape[1:]))


def tile_aspect(form: SignalForm | None) -> float:
    """Width over height of a tile that cases are fitted into: that of a small signal's drawing; pictures vary."""
    return 1.0 if form is None else _SIGNAL_ASPECT


def drawn_channels(n_channels: int, side: int | None = DEFAULT_SIDE, most: int | None = None) -> list[int]:
    """Which channels `small_picture` draws: all, or as many as can be told apart, from the first to the last."""
    room = n_channels if side is None else max(1, side // _LEAST_LANE)
    n_shown = min(n_channels, room, most or n_channels)
    return np.linspace(0, n_channels - 1, n_shown).round().astype(int).tolist()


def png_of(
    pixels: NDArray[np.float32],
    side: int | None = None,
    *,
    form: SignalForm | None = None,
    most_channels: int | None = None,
) -> bytes:
    """The same as PNG."""
    stream = io.BytesIO()
    Image.fromarray(small_picture(pixels, side, form=form, most_channels=most_channels)).save(
        stream, "PNG", compress_level=1
    )
    return stream.getvalue()


def case_file(name: str, pixels: NDArray[np.float32], *, form: SignalForm | None = None) -> tuple[str, bytes]:
    """Name and bytes of a file that reads as this case: a PNG; of a signal, an NPY of samples [C, T] in their units."""
    if form is None:
        return f"{name}.png", png_of(pixels)
    stream = io.BytesIO()
    np.save(stream, form.in_units(pixels[0]), allow_pickle=False)
    return f"{name}.npy", stream.getvalue()
