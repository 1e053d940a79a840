"""Cases for the case strip's demo: phantoms to look at, or numbers drawn as squares to read back from the page."""

from functools import cache

import numpy as np

from app.components.case_strip import CaseEntry
from xaae_core.data.phantoms import CLASS_NAMES, draw_by_id, phantom_id

BITS = 16
SHAPE = (40, 80)  # not square: a stretched or a cut picture shows
WITHOUT_PICTURE = 17


def coded_entry(number: int) -> CaseEntry:
    """Case 7 is "case-0007"; two fifths have an effusion, one in 29 no label, one in eleven is called wrongly."""
    truth = number % 5 < 2
    return CaseEntry(
        id=f"case-{number:04d}",
        label=None if number % 29 == 28 else CLASS_NAMES[truth],
        prediction=CLASS_NAMES[truth != (number % 11 == 3)],
        probability=0.51 + (number * 37 % 48) / 100,
        split=("train", "train", "valid", "test")[number % 4],
    )


def coded_picture(number: int) -> np.ndarray:
    """The number as two rows of eight squares, black or white: uint8 [40, 80]."""
    bits = (number >> np.arange(BITS)) & 1
    return np.kron(bits.reshape(2, 8), np.ones((20, 10))).astype(np.uint8) * 230 + 10


def decode_number(levels: np.ndarray) -> int:
    """The number in a picture read back from the page, [40, 80]."""
    bits = levels.reshape(2, 20, 8, 10).mean(axis=(1, 3)).ravel() > 127
    return int(bits @ (1 << np.arange(BITS)))


@cache
def phantom_pixels(number: int) -> np.ndarray:
    """A phantom, float32 [1, H, W] in [0, 1]."""
    return draw_by_id(phantom_id(number), size=128).image[None]


@cache
def phantom_entry(number: int, prefix: str = "") -> CaseEntry:
    """A phantom with its own label and a made-up prediction."""
    truth = draw_by_id(phantom_id(number), size=32).factors.label
    called = 1 - truth if number % 11 == 3 else truth
    return CaseEntry(
        id=prefix + phantom_id(number),
        label=None if number % 29 == 28 else CLASS_NAMES[truth],
        prediction=CLASS_NAMES[called],
        probability=0.51 + (number * 37 % 48) / 100,
        split="test",
    )
