"""What the attribution methods can be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from xaae_core.signal_form import signal_form_of


@dataclass(frozen=True, eq=False)
class MethodSettings:
    """Settings of all methods; each takes those that are its own.

    Attributes:
        n_steps: integrated gradients: points on the way from the baseline to the picture.
        n_samples: SmoothGrad, GradientShap: noisy copies of the picture.
        noise: of those copies: the standard deviation, as a share of the picture's own range (Smilkov et al. 2017
            take 0.1 to 0.2), of each channel of a signal by itself. None: 0.15 for SmoothGrad, 0.05 for GradientShap.
        window: occlusion: side of the covered square, feature ablation: of a cell, in pixels; a twelfth of the
            shorter side if None. Of a signal, samples of one channel that are covered: a twelfth of its length.
        stride: occlusion: pixels (samples) from one square to the next; half the window if None.
        segments: feature ablation: what is taken away together [H, W], whole numbers; a grid of cells if None.
        span: latent shift: how far the target's number is moved each way, in its own unit (SD for a direction).
        seed: of the noise.
        is_along_time: whether rows are channels and windows go along time; `attribute` sets it for models of signals.

    Raises:
        ValueError: a setting out of range.
    """

    n_steps: int = 64
    n_samples: int = 25
    noise: float | None = None
    window: int | None = None
    stride: int | None = None
    segments: NDArray[Any] | None = None
    span: float = 1.0
    seed: int = 0
    is_along_time: bool = False

    def __post_init__(self) -> None:
        for name, least in (("n_steps", 1), ("n_samples", 1), ("window", 1), ("stride", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} is {value}; expected at least {least}")
        if self.noise is not None and not 0 <= self.noise < np.inf:
            raise ValueError(f"noise is {self.noise}; expected 0 or more, as a share of the picture's range")
        if not 0 < self.span < np.inf:
            raise ValueError(f"span is {self.span}; expected a positive number, in units of the target")
        if self.segments is not None and not np.issubdtype(self.segments.dtype, np.integer):
            raise ValueError(f"segments are {self.segments.dtype}; expected whole numbers, one for each segment")

    def for_model(self, model: object) -> Self:
        """The same settings, along time where the model is one of signals."""
        is_along_time = signal_form_of(model) is not None
        return self if is_along_time == self.is_along_time else replace(self, is_along_time=is_along_time)

    def window_for(self, size: tuple[int, int]) -> int:
        """Side of the square in pixels, for pictures of (height, width); along time, samples of one channel.

        Raises:
            ValueError: a window that does not fit.
        """
        most = size[1] if self.is_along_time else min(size)
        window = min(most, max(2, round(most / 12))) if self.window is None else self.window
        if window > most:
            side = "the signal's length in samples" if self.is_along_time else "the picture's shorter side"
            raise ValueError(f"window is {window}; expected 1 to {most}, {side}")
        return window

    def stride_for(self, size: tuple[int, int]) -> int:
        """Pixels from one square to the next.

        Raises:
            ValueError: a stride that leaves pixels uncovered.
        """
        window = self.window_for(size)
        stride = max(1, window // 2) if self.stride is None else self.stride
        if stride > window:
            raise ValueError(f"stride is {stride}; expected 1 to {window}, the window: it would leave pixels out")
        return stride

    def patch_for(self, size: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) of what is covered at once."""
        window = self.window_for(size)
        return (1 if self.is_along_time else window), window

    def noise_or(self, usual: float) -> float:
        """The noise, or what is usual for the method."""
        return usual if self.noise is None else self.noise

    def segments_for(self, size: tuple[int, int]) -> NDArray[np.int64]:
        """Number of the segment of each pixel [H, W], from 0 without gaps.

        Raises:
            ValueError: segments of another size.
        """
        if self.segments is None:
            patch = self.patch_for(size)
            rows, columns = (np.arange(side) // step for side, step in zip(size, patch, strict=True))
            cells: NDArray[np.int64] = rows[:, None] * (columns[-1] + 1) + columns[None, :]
            return cells
        if self.segments.shape != size:
            raise ValueError(f"segments of shape {self.segments.shape}; expected the picture's, {size}")
        return np.unique(self.segments, return_inverse=True)[1].reshape(size).astype(np.int64)
