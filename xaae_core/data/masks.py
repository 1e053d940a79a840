"""Masks of pictures, brought to where the model sees the picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.images import fit_to_size, read_image
from xaae_core.data.signals.signal_data import SignalRecipe
from xaae_core.data.signals.signal_masks import read_signal_mask
from xaae_core.errors import MaskError

if TYPE_CHECKING:
    from xaae_core.data.recipes import CaseRecipe

Mask = NDArray[np.bool_]


def read_mask(path: str | Path, recipe: CaseRecipe, *, picture_size: tuple[int, int] | None = None) -> Mask:
    """Read a mask as the model sees its picture: the same padding, cropping and size, without mixing pixels.

    Inside is what is brighter than half of the mask's brightest pixel, whether a program wrote 0 and 1 or 0 and 255.

    Args:
        path: a picture file, perhaps with `#n` for a frame; of a signal a NumPy file, see `read_signal_mask`.
        recipe: how the model's pictures are read.
        picture_size: (height, width) of the upright picture itself (`ImageData.source_size`). A mask may be stored
            at another size, if it has the picture's proportions; None: not checked.

    Returns:
        bool [H, W] of the model's size, read-only. It may be empty: see `require_inside`.

    Raises:
        ImageError: it cannot be read.
        MaskError: a mask of other proportions than the picture.
    """
    if isinstance(recipe, SignalRecipe):
        return read_signal_mask(path, recipe.form)
    image = read_image(path, channels=1)
    if picture_size is not None:
        _require_proportions(image.name, image.source_size, picture_size)
    inside = inside_of(image.pixels[0]).astype(np.uint8)
    fitted: Mask = fit_to_size(inside, recipe.size, resize=recipe.resize, is_nearest=True) > 0
    fitted.flags.writeable = False
    return fitted


def inside_of(pixels: NDArray[Any]) -> Mask:
    """Which pixels [H, W] of a mask in [0, 1] are inside: those above half of its brightest; none of a black one."""
    inside: Mask = pixels > pixels.max() / 2
    return inside


def require_inside(mask: Mask, name: str) -> None:
    """Refuse a mask that outlines nothing, or everything: no map can be told right from wrong by it.

    Raises:
        MaskError: names the mask.
    """
    if not mask.any():
        raise MaskError(f"{name}: the mask is empty, nothing is inside: leave the case out, or draw its mask")
    if mask.all():
        raise MaskError(
            f"{name}: the mask covers everything, so that every map lies inside: leave the case out, or draw its mask"
        )


def _require_proportions(name: str, size: tuple[int, int], picture: tuple[int, int]) -> None:
    """Each side may be off by the rounding of one pixel of the smaller of the two."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    rounding = max(1.0, scale)
    if any(abs(side - scale * whole) > rounding for side, whole in zip(size, picture, strict=True)):
        raise MaskError(
            f"{name}: the mask has {size[1]:,} × {size[0]:,} px, its picture {picture[1]:,} × {picture[0]:,} px; "
            "expected the same size, or the same proportions: export the mask at the picture's size"
        )
