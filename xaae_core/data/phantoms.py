"""A procedural data set with a known answer: chest-like phantoms with an effusion of known height.

The demo model is trained on these. A phantom can be drawn again from its id and the seed alone; factors,
mask and the region where fluid can be are known exactly. The patient's right lung, which holds the fluid,
is on the left of the image. See `phantom_factors` (what varies), `phantom_drawing` (how it is drawn) and
`phantom_measures` (how much fluid a decoded picture shows).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.phantom_drawing import (
    DEFAULT_SIZE,
    NOISE_SD,
    Phantom,
    covering_severity,
    draw_phantom,
    effusion_region,
)
from xaae_core.data.phantom_factors import (
    CLASS_NAMES,
    FACTOR_NAMES,
    SEVERITY_THRESHOLD,
    PhantomFactors,
    draw_factors,
    factor_range,
)
from xaae_core.data.phantom_measures import change_inside, decoded_effusion, effusion_height
from xaae_core.errors import DatasetError

__all__ = [
    "CLASS_NAMES",
    "DEFAULT_SIZE",
    "DEMO_SEED",
    "FACTOR_NAMES",
    "NOISE_SD",
    "SEVERITY_THRESHOLD",
    "SPLITS",
    "Phantom",
    "PhantomFactors",
    "PhantomSet",
    "change_inside",
    "covering_severity",
    "decoded_effusion",
    "demo_phantoms",
    "draw_by_id",
    "draw_factors",
    "draw_phantom",
    "effusion_height",
    "effusion_region",
    "factor_range",
    "make_phantoms",
    "phantom_id",
    "to_uint8",
]

DEMO_SEED = 20_260
"""Seed of the demo data set."""

SPLITS: Mapping[str, range] = MappingProxyType(
    {"train": range(800), "valid": range(800, 900), "test": range(900, 1200)}
)
"""Numbers of the demo's phantoms: 800 to train on, 100 to choose by, 300 held out; none in two splits."""


@dataclass(frozen=True)
class PhantomSet:
    """Phantoms drawn with one seed; all arrays are read-only and in the order of `ids`.

    Attributes:
        images: uint8 [N, 1, H, W].
        masks: bool [N, H, W], the fluid.
        regions: bool [N, H, W], wherever fluid can be.
        labels: int64 [N], 1 for "effusion".
        factors: float64 [N] under each of `FACTOR_NAMES`.
        ids: "phantom-000123", unique within a seed.
        seed: what they were drawn with.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    regions: NDArray[np.bool_]
    labels: NDArray[np.int64]
    factors: Mapping[str, NDArray[np.float64]]
    ids: tuple[str, ...]
    seed: int

    def __len__(self) -> int:
        return len(self.ids)

    def factors_of(self, row: int) -> PhantomFactors:
        """Factors of the phantom in one row."""
        return PhantomFactors.from_values({name: column[row] for name, column in self.factors.items()})


def phantom_id(index: int) -> str:
    """Name of the phantom with this number, "phantom-000123".

    Raises:
        DatasetError: the number is negative.
    """
    if index < 0:
        raise DatasetError(f"the number of a phantom is {index}; it starts at 0: use 0 or more")
    return f"phantom-{index:06d}"


def draw_by_id(identity: str, *, seed: int = DEMO_SEED, size: int = DEFAULT_SIZE) -> Phantom:
    """Draw a phantom again, exactly as `make_phantoms` drew it.

    Args:
        identity: "phantom-000123".
        seed: what the set was drawn with.
        size: height and width in pixels.

    Raises:
        DatasetError: the id is of another form, or the seed negative.
    """
    match = re.fullmatch(r"phantom-(\d{6,})", identity)
    if match is None:
        raise DatasetError(f'id {identity!r} is not of the form "phantom-000123": take it from labels.csv')
    if seed < 0:
        raise DatasetError(f"the seed is {seed}; a seed is 0 or more")
    rng = np.random.default_rng(np.random.SeedSequence([seed, int(match[1])]))
    return draw_phantom(draw_factors(rng), size=size, rng=rng)


def make_phantoms(n: int, seed: int = DEMO_SEED, *, size: int = DEFAULT_SIZE, first: int = 0) -> PhantomSet:
    """Draw phantoms number `first` to `first + n - 1`, some 3 ms each at 192 px on one core.

    Args:
        n: how many, at least 1.
        seed: 0 or more; the same seed and number give the same phantom in any set.
        size: height and width in pixels.
        first: number of the first phantom.

    Raises:
        DatasetError: none is asked for, or size, seed or first is out of range.
    """
    if n < 1:
        raise DatasetError(f"{n} phantoms were asked for; ask for at least 1")
    ids = tuple(phantom_id(index) for index in range(first, first + n))
    images = np.empty((n, 1, size, size), np.uint8)
    masks, regions = (np.empty((n, size, size), np.bool_) for _ in range(2))
    drawn = []
    for row, identity in enumerate(ids):
        phantom = draw_by_id(identity, seed=seed, size=size)
        images[row, 0], masks[row], regions[row] = to_uint8(phantom.image), phantom.mask, phantom.region
        drawn.append(phantom.factors)
    labels = np.array([factors.label for factors in drawn], np.int64)
    columns = {name: _read_only(np.array([getattr(f, name) for f in drawn])) for name in FACTOR_NAMES}
    return PhantomSet(
        images=_read_only(images),
        masks=_read_only(masks),
        regions=_read_only(regions),
        labels=_read_only(labels),
        factors=MappingProxyType(columns),
        ids=ids,
        seed=seed,
    )


def demo_phantoms(split: str, *, size: int = DEFAULT_SIZE) -> PhantomSet:
    """Draw one split of the demo data set.

    Args:
        split: "train", "valid" or "test", see `SPLITS`.
        size: height and width in pixels.

    Raises:
        DatasetError: no split has this name.
    """
    if split not in SPLITS:
        raise DatasetError(f"{split!r} is no split of the demo; use one of {', '.join(SPLITS)}")
    numbers = SPLITS[split]
    return make_phantoms(len(numbers), DEMO_SEED, size=size, first=numbers.start)


def to_uint8(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey values from [0, 1] to 0 to 255, rounded."""
    return np.round(image * 255).astype(np.uint8)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
