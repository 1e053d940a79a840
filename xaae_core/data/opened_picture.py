"""What every kind of picture file is to the reader: opened, its header checked, not yet decoded."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from xaae_core.data.windows import Window
from xaae_core.errors import ImageError

MAX_MEGAPIXELS = 64
"""Largest picture that is decoded, in millions of pixels (a 16-bit one then takes 256 MB as float32)."""

MIN_SIDE = 16
"""Smallest height and width in pixels; below it there is nothing to encode."""


@dataclass(frozen=True)
class DecodedPicture:
    """One frame of a picture file, upright, without alpha, at its own size and depth.

    Attributes:
        array: [H, W] grey or [H, W, 3] RGB; uint8 in 0…255, or float32 in [0, 1] for grey that is deep, was
            rescaled or windowed.
        bits: bits per channel of the source (8, 12, 16, 32).
        notes: what was left out, chosen or changed, one sentence each; nothing of the patient is in them.
    """

    array: np.ndarray[Any, Any]
    bits: int
    notes: tuple[str, ...]


class OpenedPicture(Protocol):
    """A picture file whose header is read and whose limits are checked; no pixel is decoded yet."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels, as stored."""
        ...

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour or a palette."""
        ...

    @property
    def n_frames(self) -> int:
        """Number of frames, pages or slices, at least 1."""
        ...

    @property
    def patient(self) -> str:
        """A digest that is the same for all pictures of one patient; "" where the file does not say."""
        ...

    def decode(self, frame: int | None, window: Window | None) -> DecodedPicture:
        """Decode one frame; raises ImageError for a damaged file or a frame that is not there.

        Args:
            frame: which one, from 0; None for the one that stands for the file.
            window: grey scale instead of the file's own, for the kinds of file that have one.
        """
        ...


def check_size(size: tuple[int, int], name: str) -> None:
    """Refuse a (height, width) that is too large to decode or too small to encode.

    Raises:
        ImageError: names the size and the limit.
    """
    height, width = size
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise ImageError(
            f"{name}: {width:,} × {height:,} px are {width * height / 1e6:,.0f} megapixels; at most "
            f"{MAX_MEGAPIXELS} megapixels are read: shrink it, for example to 4,096 px on the longer side"
        )
    if min(size) < MIN_SIDE:
        raise ImageError(
            f"{name}: {width:,} × {height:,} px; at least {MIN_SIDE} px on each side are needed: "
            "use the picture at its original size"
        )
