"""Pictures, or signals, that stand for "nothing": what integrated gradients start from, what occlusion covers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import AttributionError
from xaae_core.signal_form import SignalForm

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A picture that a case is compared with.

    Attributes:
        pixels: [C, H, W] in [0, 1]; of signals [1, C, T] or [C, T] in a model's units; read-only.
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


def zero_baseline(form: SignalForm) -> Baseline:
    """A signal [1, C, T] that is 0 in the unit of each channel all the time: no current, no flow."""
    units = {unit for unit in form.units if unit}
    unit = f" (0 {units.pop()})" if len(units) == 1 and all(form.units) else " in each channel's unit"
    return Baseline(form.scaled(np.zeros((form.n_channels, form.length)))[None], f"zero{unit}")


def level_baseline(signal: NDArray[Any]) -> Baseline:
    """A signal [..., C, T] in which each channel stays at its own mean: level, without any event."""
    level = np.asarray(signal, np.float64).mean(axis=-1, keepdims=True)
    return Baseline(np.broadcast_to(level, np.shape(signal)).astype(np.float32), "each channel's mean")


def blurred_baseline(image: NDArray[Any], *, sigma: float | None = None, form: SignalForm | None = None) -> Baseline:
    """The picture [C, H, W] itself without its detail: brightness stays, so dark structures can be found too.

    Args:
        image: in [0, 1]; a signal in a model's units.
        sigma: of the Gaussian, in pixels, a tenth of the shorter side if None; of a signal in samples, a tenth of its
            length if None.
        form: what the signal looks like: each channel is blurred along time.
    """
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    if form is not None:
        width = form.length / 10 if sigma is None else sigma
        blurred = gaussian_filter1d(np.asarray(image, np.float32), width, axis=-1, mode="nearest")
        return Baseline(blurred, f"blurred in time (σ {width / form.sampling_rate:.3g} s)")
    width = min(image.shape[-2:]) / 10 if sigma is None else sigma
    pixels = gaussian_filter(np.asarray(image, np.float32), (0, width, width), mode="nearest")
    return Baseline(np.clip(pixels, 0, 1), f"blurred (σ {width:.3g} px)")


def mean_baseline(images: Iterable[NDArray[Any]], *, form: SignalForm | None = None) -> Baseline:
    """The mean of pictures [C, H, W] of one shape, or of signals of a form: what is usual, so that the rest stands out.

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
    return Baseline((total / n).astype(np.float32), f"mean of {n} {'pictures' if form is None else 'signals'}")
