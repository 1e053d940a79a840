"""Many small cases beside one another, as a PNG."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.figures.trace_picture import draw_trace_picture
from xaae_core.signal_form import SignalForm

_GAP = 4
_LEAST_SIDE = 96


def draw_sample_sheet(pictures: NDArray[np.float32], *, form: SignalForm | None = None) -> bytes:
    """Draw cases [N, C, H, W] in [0, 1] as a square of tiles, in their order; PNG bytes.

    Small pictures are enlarged by whole pixels.

    Args:
        pictures: the cases; of signals [N, 1, C, T].
        form: what the signals look like; None: pictures.
    """
    tiles = [_tile(picture, form) for picture in pictures]
    height, width = tiles[0].shape[:2]
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    sheet = np.full((rows * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (_GAP + (number // columns) * (height + _GAP), _GAP + (number % columns) * (width + _GAP))
        sheet[top : top + height, left : left + width] = tile
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "PNG")
    return stream.getvalue()


def _tile(picture: NDArray[np.float32], form: SignalForm | None) -> NDArray[np.uint8]:
    """One case as colours [h, w, 3]."""
    if form is not None:
        return np.repeat(draw_trace_picture(picture[0], 2 * _LEAST_SIDE)[..., None], 3, axis=2)
    levels = np.rint(255 * picture.clip(0, 1)).astype(np.uint8).transpose(1, 2, 0)  # [H, W, C]
    factor = max(1, math.ceil(_LEAST_SIDE / max(levels.shape[:2])))
    large = levels.repeat(factor, axis=0).repeat(factor, axis=1)
    colours: NDArray[np.uint8] = large if large.shape[2] == 3 else np.repeat(large[..., :1], 3, axis=2)
    return colours
