"""What is kept of one picture and of one mask once they have been decoded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xaae_core.data.checks.burned_in_marks import LARGEST_SIDE, Mark, find_mark
from xaae_core.data.frames import split_frame
from xaae_core.data.images import read_image
from xaae_core.data.masks import inside_of
from xaae_core.data.windows import Window
from xaae_core.errors import ImageError

THUMB_SIDE = 32
"""Height and width of the small grey copies, in pixels."""

_BLACK, _WHITE = 0.02, 0.98
_LUMA = (0.299, 0.587, 0.114)

Thumb = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class MeasuredPicture:
    """Facts of one picture; greys are in [0, 1] of the full range of its stored depth.

    Attributes:
        digest: BLAKE2b of the file (hex); equal for equal bytes.
        height: of the upright picture, in pixels.
        width: likewise.
        channels: 1 (grey) or 3 (colour) as stored.
        bits: per channel.
        means: mean of each channel [3]; one value three times for grey.
        stds: standard deviation of each channel over the picture [3].
        low: 1st percentile of the greys.
        high: 99th percentile.
        maximum: brightest value of any channel.
        black: share of pixels that are black (≤ 0.02).
        white: share that are white (≥ 0.98).
        colourfulness: mean difference of the largest and the smallest channel.
        sharpness: mean difference of neighbouring pixels.
        thumb: grey uint8 [32, 32], squashed, stretched from `thumb_low`…`thumb_high` to 0…255.
        thumb_low: grey of the thumb's 0.
        thumb_high: grey of the thumb's 255.
        mark: the likeliest burned-in mark.
        notes: what reading left out or changed.
    """

    digest: str
    height: int
    width: int
    channels: int
    bits: int
    means: NDArray[np.float32]
    stds: NDArray[np.float32]
    low: float
    high: float
    maximum: float
    black: float
    white: float
    colourfulness: float
    sharpness: float
    thumb: Thumb
    thumb_low: float
    thumb_high: float
    mark: Mark
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class MeasuredMask:
    """Facts of one mask.

    Attributes:
        digest: of the file; "" where the mask cannot be read.
        height: in pixels.
        width: likewise.
        share: share of the picture that it covers (above half of its maximum), in [0, 1].
        between: share of pixels that are neither near 0 nor near the maximum: 0 for a binary mask.
        thumb: uint8 [32, 32], coverage of each cell in 0…255.
        problem: why it cannot be read; "" where it can.
    """

    digest: str
    height: int
    width: int
    share: float
    between: float
    thumb: Thumb
    problem: str = ""


def measure_picture(path: Path, *, window: Window | None = None) -> MeasuredPicture:
    """Decode a picture and measure it; `window` as for `read_image`.

    Raises:
        ImageError: it cannot be read.
    """
    image = read_image(path, window=window)
    small = _shrunk(image.pixels)
    grey = _grey_of(small)
    thumb, low, high = _stretched(_squashed(grey))
    darkest, brightest = np.percentile(grey, [1, 99])
    return MeasuredPicture(
        digest=_digest(path),
        height=image.source_size[0],
        width=image.source_size[1],
        channels=len(image.pixels),
        bits=image.bits,
        means=_three(small.mean(axis=(1, 2))),
        stds=_three(small.std(axis=(1, 2))),
        low=float(darkest),
        high=float(brightest),
        maximum=float(image.pixels.max()),
        black=float((grey <= _BLACK).mean()),
        white=float((grey >= _WHITE).mean()),
        colourfulness=float(np.ptp(small, axis=0).mean()),
        sharpness=float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()) / 2,
        thumb=thumb,
        thumb_low=low,
        thumb_high=high,
        mark=find_mark(grey),
        notes=image.notes,
    )


def measure_mask(path: Path) -> MeasuredMask:
    """Decode a mask and measure it; one that cannot be read says why in `problem`."""
    try:
        image = read_image(path, channels=1)
    except ImageError as error:
        return MeasuredMask("", 0, 0, 0.0, 0.0, np.zeros((THUMB_SIDE, THUMB_SIDE), np.uint8), str(error))
    pixels = image.pixels[0]
    top = float(pixels.max())
    inside = inside_of(pixels)
    between = (pixels > 0.05 * top) & (pixels < 0.95 * top)
    cells = _squashed(np.asarray(inside, np.float32))
    return MeasuredMask(
        digest=_digest(path),
        height=image.source_size[0],
        width=image.source_size[1],
        share=float(inside.mean()),
        between=float(between.mean()),
        thumb=np.rint(np.clip(cells, 0, 1) * 255).astype(np.uint8),
    )


def _digest(path: Path) -> str:
    meant = split_frame(path)
    try:
        with meant.file.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
            return digest if meant.frame is None else f"{digest}#{meant.frame}"
    except OSError as error:
        raise ImageError(f"{path.name}: the file cannot be read ({error.strerror}): check it") from error


def _shrunk(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels [C, H, W] averaged in blocks until the longer side is at most `LARGEST_SIDE`."""
    factor = -(-max(pixels.shape[1:]) // LARGEST_SIDE)
    if factor == 1:
        return pixels
    return np.stack([np.asarray(Image.fromarray(channel).reduce(factor)) for channel in pixels])


def _grey_of(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels[0] if len(pixels) == 1 else np.tensordot(np.array(_LUMA, np.float32), pixels, 1)


def _squashed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Area means [32, 32], whatever the proportions."""
    return np.asarray(Image.fromarray(grey).resize((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX))


def _stretched(thumb: NDArray[np.float32]) -> tuple[Thumb, float, float]:
    low, high = float(thumb.min()), float(thumb.max())
    if high <= low:
        return np.zeros(thumb.shape, np.uint8), low, low
    return np.rint((thumb - low) / (high - low) * 255).astype(np.uint8), low, high


def _three(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.broadcast_to(np.asarray(values, np.float32), (3,)).copy()
