"""Small pictures of cases: the whole picture, its aspect kept, its grey scale untouched, no lossy encoder."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.components.case_strip.entries import CaseStripError

DEFAULT_SIDE = 88
LARGEST_SIDE = 512  # a thumbnail larger than this is a picture sent by mistake


def make_thumbnail(pixels: NDArray[np.floating], side: int = DEFAULT_SIDE) -> NDArray[np.uint8]:
    """Scale a picture down without aliasing: 0 stays 0, 1 becomes 255, nothing is stretched or cut.

    Args:
        pixels: [C, H, W] in [0, 1] with C = 1 or 3.
        side: the longer side of the thumbnail, in pixels. A smaller picture keeps its size.

    Returns:
        uint8 [h, w] for one channel, [h, w, 3] for three; max(h, w) ≤ side.

    Raises:
        CaseStripError: for another shape, values that are not finite, or values outside [0, 1].
    """
    values = np.asarray(pixels, dtype=np.float32)
    if values.ndim != 3 or values.shape[0] not in (1, 3) or 0 in values.shape:
        raise CaseStripError(f"pixels have shape {values.shape}; expected [C, H, W] with 1 or 3 channels")
    if side < 1:
        raise CaseStripError(f"side is {side}; expected at least 1 pixel")
    low, high = float(values.min()), float(values.max())
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # written so that NaN fails
        raise CaseStripError(f"pixels run from {low} to {high}; expected [0, 1]: rescale all cases alike")
    height, width = values.shape[1:]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Hamming: PIL averages over the area of each new pixel, and no weight is negative, so no edge rings.
    channels = [np.asarray(Image.fromarray(c).resize(size, Image.Resampling.HAMMING)) for c in values]
    levels = np.rint(np.clip(np.stack(channels), 0.0, 1.0) * 255).astype(np.uint8)
    return levels[0] if len(levels) == 1 else np.moveaxis(levels, 0, -1)


def encode_thumbnail(case_id: str, pixels: NDArray[np.uint8]) -> bytes:
    """Compress a thumbnail as PNG.

    Args:
        case_id: named in the error.
        pixels: uint8 [h, w] or [h, w, 3].

    Returns:
        The file's bytes.

    Raises:
        CaseStripError: for another type or shape.
    """
    values = np.asarray(pixels)
    if values.dtype != np.uint8:
        raise CaseStripError(f"the thumbnail of {case_id} is {values.dtype}; expected uint8: use make_thumbnail()")
    is_picture = values.ndim == 2 or (values.ndim == 3 and values.shape[2] == 3)
    if not is_picture or not 1 <= min(values.shape[:2]) <= max(values.shape[:2]) <= LARGEST_SIDE:
        raise CaseStripError(
            f"the thumbnail of {case_id} has shape {values.shape}; expected [h, w] or [h, w, 3] with sides of 1 to "
            f"{LARGEST_SIDE} pixels: use make_thumbnail()"
        )
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values)).save(file, format="PNG", compress_level=4)
    return file.getvalue()
