"""Where a loader takes its pixels from: files, kept once decoded, or an array."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from xaae_core.data.images import ImageSource, Pixels, Resize
from xaae_core.data.recipes import PictureRecipe
from xaae_core.data.windows import Window

CACHE_BYTES = 1024**3
"""Memory that decoded pictures may take by default: 1 GB, some 5,000 of 256×256 in colour."""


Item = TypeVar("Item", contravariant=True)


class PixelSource(Protocol[Item]):
    """Gives the image that an item stands for, all of one size, as float32 [C, H, W] in [0, 1]."""

    channels: int

    def __call__(self, item: Item) -> Pixels:
        """The image; the caller may change what it gets."""
        ...


class FilePixels:
    """Pixels of picture files, kept in memory at the model's size once read.

    An epoch then costs no decoding. Pictures whose pixels are whole numbers out of 255 are kept as uint8, which
    loses nothing, others as float32. When the budget is used up the rest is read anew
    each time. Every worker process of a loader has a memory of its own that ends with the epoch, so the
    budget should be 0 there.

    Args:
        paths: the pictures that are kept; any other can be read too, but is read anew each time.
        size: (height, width) in pixels.
        channels: 1 or 3.
        resize: see `read_image`.
        window: see `read_image`.
        cache_bytes: memory for decoded pictures, in bytes; 0 keeps none.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        size: tuple[int, int],
        channels: int,
        resize: Resize = "pad",
        window: Window | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.recipe = PictureRecipe(size=size, channels=channels, resize=resize, window=window)
        self.channels = channels
        self._to_keep = frozenset(paths)
        self._free_bytes = cache_bytes
        self._kept: dict[object, np.ndarray[Any, Any]] = {}

    def __call__(self, item: ImageSource) -> Pixels:
        """The picture at a path, or an upload.

        Raises:
            ImageError: it cannot be read.
        """
        kept = self._kept.get(item)
        if kept is not None:
            return to_unit_range(kept)
        image = self.recipe.read(item)
        if item in self._to_keep:
            self._keep(item, image.pixels)
        return image.pixels.copy()

    def _keep(self, item: object, pixels: Pixels) -> None:
        small = np.rint(pixels * 255).astype(np.uint8)
        kept: np.ndarray[Any, Any] = small if np.array_equal(to_unit_range(small), pixels) else pixels
        if kept.nbytes <= self._free_bytes:
            self._free_bytes -= kept.nbytes
            self._kept[item] = kept


class ArrayPixels:
    """Pixels that are in memory already.

    Args:
        images: [N, C, H, W], uint8 in 0…255 or float32 in [0, 1]; C = 1 or 3.

    Raises:
        ValueError: another shape, type or range.
    """

    def __init__(self, images: np.ndarray[Any, Any]) -> None:
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"images have the shape {images.shape}; expected [N, C, H, W] with C = 1 or 3")
        if images.dtype not in (np.uint8, np.float32):
            raise ValueError(f"images are {images.dtype}; expected uint8 in 0…255 or float32 in [0, 1]")
        if images.dtype == np.float32 and images.size and not (0 <= images.min() <= images.max() <= 1):
            raise ValueError(f"images run from {images.min():g} to {images.max():g}; expected float32 in [0, 1]")
        self.images = images
        self.channels = images.shape[1]

    def __call__(self, item: int) -> Pixels:
        """Image number `item`."""
        return to_unit_range(self.images[item])


def to_unit_range(pixels: np.ndarray[Any, Any]) -> Pixels:
    """A float32 copy in [0, 1] of uint8 pixels in 0…255, or of float32 pixels in [0, 1]."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    return pixels.astype(np.float32)
