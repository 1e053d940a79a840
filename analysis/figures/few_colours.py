"""Frames of line art in the 256 colours that a GIF can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def in_few_colours(frames: Sequence[NDArray[np.uint8]]) -> list[Image.Image]:
    """Frames [h, w, 3] in the 256 colours that the first and the last have most of: white stays white.

    Every other colour becomes the nearest of these; `Image.quantize` finds near ones only.
    """
    from scipy.spatial import cKDTree

    codes = [_codes(frame) for frame in frames]
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


def _codes(frame: NDArray[np.uint8]) -> NDArray[Any]:
    """Each pixel's colour as one number [H, W]."""
    levels = frame.astype(np.uint32)
    return (levels[..., 0] << 16) | (levels[..., 1] << 8) | levels[..., 2]


def _parts(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Red, green and blue of colours given as numbers [N, 3]."""
    return np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1).astype(np.float64)
