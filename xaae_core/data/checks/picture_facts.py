"""What one pass over the files learns of every picture; all checks work on this, none opens a picture again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.picture_measures import (
    THUMB_SIDE,
    MeasuredMask,
    MeasuredPicture,
    measure_mask,
    measure_picture,
)
from xaae_core.data.checks.threaded_map import map_in_threads
from xaae_core.data.dataset import ImageDataset
from xaae_core.data.listings import BrokenFile
from xaae_core.data.windows import Window
from xaae_core.errors import ImageError


@dataclass(frozen=True, eq=False)
class PictureFacts:
    """Facts of N pictures, in the order of their data set; some 3 KB a picture.

    Attributes:
        pictures: what was measured of each picture.
        masks: what was measured of each mask; None without a mask.
    """

    pictures: tuple[MeasuredPicture, ...]
    masks: tuple[MeasuredMask | None, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def column(self, name: str) -> NDArray[Any]:
        """One field of every picture [N] or [N, …]."""
        return np.array([getattr(picture, name) for picture in self.pictures])

    def take(self, rows: NDArray[np.int64]) -> PictureFacts:
        """The facts of the pictures at these positions, in this order."""
        chosen = rows.tolist()
        return PictureFacts(tuple(self.pictures[row] for row in chosen), tuple(self.masks[row] for row in chosen))

    @cached_property
    def thumbs(self) -> NDArray[np.uint8]:
        """Small grey pictures [N, 32, 32], each stretched to 0…255."""
        if not self.pictures:
            return np.zeros((0, THUMB_SIDE, THUMB_SIDE), np.uint8)
        return np.stack([picture.thumb for picture in self.pictures])

    def greys_of(self, thumbs: NDArray[Any]) -> NDArray[np.float32]:
        """`thumbs`, or a part of each [N, …], in the pictures' own greys."""
        shape = (-1, *(1,) * (thumbs.ndim - 1))
        low = self.column("thumb_low").reshape(shape).astype(np.float32)
        high = self.column("thumb_high").reshape(shape).astype(np.float32)
        return np.asarray(low + thumbs * ((high - low) / np.float32(255)))


@dataclass(frozen=True, eq=False)
class Gathered:
    """A data set without the pictures that cannot be decoded, and the facts of the others."""

    dataset: ImageDataset
    facts: PictureFacts


def gather_facts(
    dataset: ImageDataset, progress: Callable[[int, int], None] | None = None, *, window: Window | None = None
) -> Gathered:
    """Decode every picture and its mask once, in threads, and keep what the checks need.

    Args:
        dataset: as `read_dataset` gives it.
        progress: called with (pictures done, pictures in all); what it raises stops the pass.
        window: see `read_image`; for pictures, not for masks.
    """
    jobs = list(zip(dataset.paths, dataset.masks, strict=True))
    found = list(map_in_threads(partial(_facts_or_reason, window=window), jobs, progress))
    sound = [row for row, facts in enumerate(found) if not isinstance(facts, str)]
    broken = [
        BrokenFile(path, facts) for path, facts in zip(dataset.paths, found, strict=True) if isinstance(facts, str)
    ]
    kept = [facts for facts in found if not isinstance(facts, str)]
    return Gathered(
        dataset if len(sound) == len(dataset) else replace(dataset.take(sound), broken=(*dataset.broken, *broken)),
        PictureFacts(tuple(picture for picture, _ in kept), tuple(mask for _, mask in kept)),
    )


def _facts_or_reason(
    job: tuple[Path, Path | None], *, window: Window | None
) -> tuple[MeasuredPicture, MeasuredMask | None] | str:
    path, mask = job
    try:
        return measure_picture(path, window=window), None if mask is None else measure_mask(mask)
    except ImageError as error:
        return str(error)
