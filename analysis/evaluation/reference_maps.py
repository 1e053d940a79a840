"""Maps that have not looked at the picture: what a method must beat before its place can be believed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import MaskError

Heat = NDArray[np.float32]
Mask = NDArray[np.bool_]


def centred_disc(shape: tuple[int, int], share: float) -> Heat:
    """A disc in the middle that covers a share of the picture: a map that knows nothing but where pictures are aimed.

    Args:
        shape: (height, width) in pixels.
        share: of the picture, in (0, 1]; beyond π/4 of a square the disc is cut by its sides.

    Returns:
        heat [H, W], float32, read-only: 1 inside, 0 outside. On the rim, where pixels are equally far from the
        centre, they share what is left, so that the map's sum is `share` of its pixels.

    Raises:
        ValueError: a share out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; expected more than 0 and at most 1: a share of the picture")
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in shape)
    distance = np.rint(4 * (rows[:, None] ** 2 + columns[None, :] ** 2)).astype(np.int64)  # whole numbers: exact ties
    _, ring, n_in_ring = np.unique(distance, return_inverse=True, return_counts=True)
    left = share * distance.size - np.concatenate([[0], n_in_ring.cumsum()[:-1]])
    return _frozen(np.clip(left / n_in_ring, 0, 1)[ring.reshape(shape)])


def centred_bar(shape: tuple[int, int], share: float) -> Heat:
    """The disc of signals: the middle of the time, in all channels.

    Args:
        shape: (channels, samples).
        share: of the signal, in (0, 1].

    Returns:
        heat [C, T], float32, read-only: 1 inside, 0 outside; the samples at its ends share what is left, so that the
        map's sum is `share` of its samples.

    Raises:
        ValueError: a share out of range.
    """
    row = centred_disc((1, shape[1]), share)
    return _frozen(np.repeat(row, shape[0], axis=0))


def usual_place(masks: Iterable[Mask]) -> Heat:
    """How often each pixel is inside, over masks [H, W] of other pictures: where it usually is, whatever the picture.

    Returns:
        heat [H, W] in [0, 1], float32, read-only.

    Raises:
        MaskError: no mask, or masks of several sizes.
    """
    total: NDArray[np.int64] | None = None
    n = 0
    for mask in masks:
        if total is not None and mask.shape != total.shape:
            raise MaskError(
                f"mask {n + 1} has the shape {mask.shape}, those before {total.shape}: read them all with the model's "
                "recipe (xaae_core.data.masks)"
            )
        total = mask.astype(np.int64) + (0 if total is None else total)
        n += 1
    if total is None:
        raise MaskError("there is no mask to learn the usual place from: the training part needs masks, too")
    return _frozen(total / n)


def smooth_random_maps(
    shape: tuple[int, int],
    n: int,
    *,
    rng: np.random.Generator,
    width: float | None = None,
    along_time: bool = False,
) -> NDArray[np.float32]:
    """Maps with hot spots at random places, smooth as attributions are.

    Args:
        shape: (height, width) in pixels.
        n: how many.
        rng: source of the places.
        width: standard deviation of the Gaussian that noise is blurred with, in pixels; a twelfth of the shorter side
            (as occlusion's usual window) if None.
        along_time: of signals [C, T]: smooth along time, a twelfth of the length if `width` is None, and each channel
            by itself.

    Returns:
        heat [n, H, W], float32, each with mean 0.
    """
    from scipy.ndimage import gaussian_filter

    usual = shape[1] if along_time else min(shape)
    blur = usual / 12 if width is None else width
    noise = rng.standard_normal((n, *shape), dtype=np.float32)
    maps: NDArray[np.float32] = gaussian_filter(
        noise, (0, 0 if along_time else blur, blur), mode="wrap"
    )  # as likely at the border
    centred: NDArray[np.float32] = maps - maps.mean(axis=(1, 2), keepdims=True)
    return centred


def _frozen(heat: NDArray[Any]) -> Heat:
    frozen = heat.astype(np.float32)
    frozen.setflags(write=False)
    return frozen
