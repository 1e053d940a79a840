"""Pictures that stand for "nothing": what integrated gradients start from, and what occlusion covers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import AttributionError

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A picture that a case is compared with.

    Attributes:
        pixels: [C, H, W] in [0, 1]; read-only.
        name: what it is, in words.
    """

    pixels: Pixels
    name: str

    def __post_init__(self) -> None:
        frozen = self.pixels.view()  # the caller's own array stays as it is
        frozen.setflags(write=False)
        object.__setattr__(self, "pixels", frozen)


def black_baseline(shape: tuple[int, ...]) -> Baseline:
    """All zeros [C, H, W]: no signal anywhere. Pixels that are black themselves can then get no attribution."""
    return Baseline(np.zeros(shape, np.float32), "black")


def blurred_baseline(image: NDArray[Any], *, sigma: float | None = None) -> Baseline:
    """The picture [C, H, W] itself without its detail: brightness stays, so dark structures can be found too.

    Args:
        image: in [0, 1].
        sigma: of the Gaussian, in pixels; a tenth of the shorter side if None.
    """
    from scipy.ndimage import gaussian_filter

    width = min(image.shape[-2:]) / 10 if sigma is None else sigma
    pixels = gaussian_filter(np.asarray(image, np.float32), (0, width, width), mode="nearest")
    return Baseline(np.clip(pixels, 0, 1), f"blurred (σ {width:.3g} px)")


def mean_baseline(images: Iterable[NDArray[Any]]) -> Baseline:
    """The mean of pictures [C, H, W] of one shape: what is usual, so that what is unusual stands out.

    Raises:
        AttributionError: no picture, or pictures of several shapes.
    """
    total: NDArray[np.float64] | None = None
    n = 0
    for image in images:
        if total is not None and image.shape != total.shape:
            raise AttributionError(
                f"picture {n + 1} has the shape {image.shape}, those before {total.shape}: "
                "read them all at the model's size"
            )
        total = np.asarray(image, np.float64) + (0 if total is None else total)
        n += 1
    if total is None:
        raise AttributionError("there is no picture to take the mean of: choose another baseline, or give pictures")
    return Baseline((total / n).astype(np.float32), f"mean of {n} pictures")
