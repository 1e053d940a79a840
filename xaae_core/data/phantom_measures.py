"""How much fluid a picture of a phantom shows: read from the pixels, for pictures that a decoder made.

The demo's claims rest on this: that a step towards "effusion" shows more fluid (Spearman), and that what
changes lies where an effusion can be. The geometry (where lung and fluid can be) comes from the factors of
the image that was encoded; the amount comes from the pixels alone.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xaae_core.data.phantom_drawing import covering_severity, draw_phantom, effusion_region
from xaae_core.data.phantom_factors import PhantomFactors
from xaae_core.errors import ImageError

_LEAST_CONTRAST = 0.1  # of the contrast that the factors call for


def effusion_height(image: ArrayLike, factors: PhantomFactors) -> float:
    """How high the fluid stands in one picture, on the scale of severity.

    Args:
        image: [H, W] or [1, H, W], grey, square, values in [0, 1].
        factors: of the image that the picture shows or was decoded from; its severity is not used.

    Returns:
        About 0 without fluid, about 1 at the highest level; below 0 or above 1 where the picture leaves
        the range of the phantoms.

    Raises:
        ImageError: the picture has another shape.
    """
    pixels = np.asarray(image, dtype=np.float32)
    return float(decoded_effusion(pixels.reshape(-1, *pixels.shape[-2:])[:, None], factors)[0])


def decoded_effusion(frames: ArrayLike, factors: PhantomFactors) -> NDArray[np.float64]:
    """How high the fluid stands in each decoded frame, on the scale of severity.

    Every pixel of `effusion_region` lies somewhere between the grey of its empty lung (0) and of fluid
    (1). The mean of that is the share of the region under fluid, and the level that covers this share is
    the height. What empty and full look like is drawn from the factors and fitted in brightness and
    contrast to the parts of the frame that fluid cannot reach, so exposure does not count as fluid.

    Args:
        frames: [K, C, H, W], square, values in [0, 1]; C of 3 is averaged to grey.
        factors: of the image that was encoded; its severity is not used.

    Returns:
        float64 [K], increasing in the share under fluid, also outside 0 to 1. NaN for a frame with so
        little contrast outside the region that it does not show a chest.

    Raises:
        ImageError: the frames have another shape.
    """
    grey = _grey(frames)
    size = grey.shape[-1]
    empty = draw_phantom(replace(factors, severity=0.0), size=size)
    full = draw_phantom(replace(factors, severity=1.0), size=size)
    outside = ~empty.region
    share = np.array([_share_under_fluid(frame, empty.image, full.image, outside) for frame in grey])
    levels = np.sort(covering_severity(factors, size=size)[empty.region])
    within = np.clip(share, 0, 1)
    heights: NDArray[np.float64] = np.interp(within, np.linspace(0, 1, levels.size), levels)
    heights += share - within
    return heights


def change_inside(before: ArrayLike, after: ArrayLike, factors: PhantomFactors) -> float:
    """The share of the squared change between two pictures that lies where an effusion can be.

    Args:
        before: [C, H, W], for instance the frame decoded at -2 SD.
        after: [C, H, W], for instance the frame decoded at +2 SD.
        factors: of the image that was encoded; its severity is not used.

    Returns:
        0 to 1; NaN when nothing changes. A change spread evenly gives the region's share of the image,
        about 0.18.

    Raises:
        ImageError: the pictures have another shape.
    """
    first, second = _grey(np.asarray(before)[None]), _grey(np.asarray(after)[None])
    change = np.square(second[0] - first[0])
    total = float(change.sum())
    region = effusion_region(factors, size=change.shape[-1])
    return float(change[region].sum()) / total if total > 0 else float("nan")


def _grey(frames: ArrayLike) -> NDArray[np.float64]:
    pixels = np.asarray(frames, dtype=np.float64)
    if pixels.ndim != 4 or pixels.shape[-1] != pixels.shape[-2]:
        raise ImageError(
            f"frames have the shape {list(pixels.shape)}; [frames, channels, height, width] with equal "
            "height and width was expected: add the missing axes, or decode at the phantom's own size"
        )
    grey: NDArray[np.float64] = pixels.mean(axis=1)
    return grey


def _share_under_fluid(
    frame: NDArray[np.float64],
    empty: NDArray[np.float32],
    full: NDArray[np.float32],
    outside: NDArray[np.bool_],
) -> float:
    line = np.polyfit(empty[outside].astype(np.float64), frame[outside], 1)
    slope, offset = float(line[0]), float(line[1])
    if slope < _LEAST_CONTRAST:
        return float("nan")
    dry, wet = float(empty[~outside].mean()), float(full[~outside].mean())
    return ((float(frame[~outside].mean()) - offset) / slope - dry) / (wet - dry)
