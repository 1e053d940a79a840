"""Long signals drawn with fewer points: of each stretch its least and its greatest value, so that no peak is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROOM = 0.06  # of a channel's range, above and below


@dataclass(frozen=True)
class Stretches:
    """How samples [T] become points [P].

    Attributes:
        n_samples: T.
        each: samples in a stretch, each drawn as two points; 1: every sample is a point of its own.
    """

    n_samples: int
    each: int

    @classmethod
    def within(cls, n_samples: int, most: int) -> Stretches:
        """The shortest stretches that leave at most `most` points (2 or more) of T samples."""
        if n_samples <= most:
            return cls(n_samples, 1)
        return cls(n_samples, -(-n_samples // (most // 2)))

    @property
    def n_points(self) -> int:
        """P."""
        return self.n_samples if self.each == 1 else 2 * -(-self.n_samples // self.each)

    def places(self) -> NDArray[np.float64]:
        """Where each point lies [P], in samples from the first."""
        if self.each == 1:
            return np.arange(self.n_samples, dtype=np.float64)
        starts = np.arange(0, self.n_samples, self.each)
        length = np.minimum(self.each, self.n_samples - starts)
        quarters = starts[:, None] + (length[:, None] - 1) * np.array([0.25, 0.75])
        return quarters.ravel()

    def drawn(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The points [..., P] of signals [..., T]: of each stretch the least value, then the greatest.

        Always in this order, so that points of two signals belong together.
        """
        samples = np.asarray(values, np.float32)
        if self.each == 1:
            return samples
        missing = -self.n_samples % self.each
        whole = np.concatenate([samples, np.repeat(samples[..., -1:], missing, axis=-1)], axis=-1)
        parts = whole.reshape(*samples.shape[:-1], -1, self.each)
        return np.stack([parts.min(axis=-1), parts.max(axis=-1)], axis=-1).reshape(*samples.shape[:-1], -1)


def lane_scale(signals: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """The scale of each channel [C, 2], lowest and highest, that holds all signals [..., C, T] with a little room."""
    axes = [tuple(axis for axis in range(values.ndim) if axis != values.ndim - 2) for values in signals]
    low = np.min([values.min(axis=axis) for values, axis in zip(signals, axes, strict=True)], axis=0).astype(float)
    high = np.max([values.max(axis=axis) for values, axis in zip(signals, axes, strict=True)], axis=0).astype(float)
    room = np.where(high > low, (high - low) * _ROOM, np.maximum(np.abs(low) * _ROOM, 1e-3))
    return np.stack([low - room, high + room], axis=1)
