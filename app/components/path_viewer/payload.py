"""What the path viewer is given of pictures: one traversal in 8-bit grey levels."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.path_viewer.path_facts import PathFacts, PathPayloadError, read_only


@dataclass(frozen=True, eq=False, kw_only=True)
class PathPayload(PathFacts):
    """One path of pictures, ready to be drawn.

    All pictures share one shape, [H, W] (greyscale) or [H, W, 3] (colour), and one grey scale: 0 is the model's
    0, 255 its 1, in every frame.

    Attributes:
        frames: decoded pictures, uint8 [K, H, W] or [K, H, W, 3]; rows that are not computed are ignored.
        on_original: the edit shown on the original, x + decode(z') − decode(z), same shape as ``frames``.
        original: the picture as the model is given it, uint8 [H, W] or [H, W, 3].
        change_limit: end of the colour scale of the change, in grey levels (1 to 255). None: chosen from the frames.
        change_unit: the unit written beside the colour bar.

    Raises:
        PathPayloadError: naming what does not fit, what was expected and what to do.
    """

    frames: NDArray[np.uint8]
    on_original: NDArray[np.uint8]
    original: NDArray[np.uint8]
    change_limit: float | None = None
    change_unit: str = "grey levels of 255"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("frames", "on_original", "original"):
            self._set(name, _checked_pixels(name, getattr(self, name)))
        _check_shapes(self)
        if self.change_limit is not None and not 1 <= self.change_limit <= 255:
            raise PathPayloadError(f"change_limit is {self.change_limit}; expected 1 to 255 grey levels, or None")

    def words(self) -> dict[str, object]:
        """Everything but the pictures, as JSON-ready values (NaN becomes None)."""
        return super().words() | {"medium": "pictures", "change_unit": self.change_unit}

    def _drawn(self) -> Iterable[NDArray[Any]]:
        present = self.is_computed
        return self.original, self.frames[present], self.on_original[present]


def _checked_pixels(name: str, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    values = np.asarray(pixels)
    if values.dtype != np.uint8:
        raise PathPayloadError(f"{name} is {values.dtype}; expected uint8: convert [0, 1] with grey_levels()")
    return read_only(values)


def _check_shapes(payload: PathPayload) -> None:
    shape = payload.original.shape
    if payload.original.ndim not in (2, 3) or (payload.original.ndim == 3 and shape[2] != 3) or 0 in shape:
        raise PathPayloadError(f"original has shape {shape}; expected [H, W] or [H, W, 3]")
    if max(shape[:2]) > 16_383:
        raise PathPayloadError(f"original is {shape[1]}×{shape[0]} px; at most 16383 on a side can be sent: resize")
    wanted = (len(payload.steps), *shape)
    for name in ("frames", "on_original"):
        found = getattr(payload, name).shape
        if found != wanted:
            raise PathPayloadError(f"{name} has shape {found}; expected {wanted}: one picture a step, as the original")
