"""Pictures for the case strip's demo: chests to look at, and numbers drawn as squares to read back."""

from functools import cache

import numpy as np

SIZE = 96
BITS = 16
SHAPE = (40, 80)  # not square: a stretched or a cut picture shows


@cache
def chest_of(number: int) -> np.ndarray:
    """A drawn chest radiograph, float32 [1, H, W] in [0, 1]; each number has its own."""
    generator = np.random.default_rng(number)
    shift, size, fluid = generator.normal(0, 0.012, 2), generator.normal(1, 0.05), float(number % 5 < 2)
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1)
    x, y = (x - 0.5 - shift[0]) / size + 0.5, (y - 0.5 - shift[1]) / size + 0.5

    def ellipse(cx: float, cy: float, rx: float, ry: float, edge: float) -> np.ndarray:
        return 1 / (1 + np.exp((np.hypot((x - cx) / rx, (y - cy) / ry) - 1) / edge))

    image = 0.04 + 0.62 * ellipse(0.5, 0.62, 0.47, 0.62, 0.03)
    image -= 0.42 * (ellipse(0.29, 0.47, 0.155, 0.31, 0.07) + ellipse(0.71, 0.47, 0.155, 0.31, 0.07))
    image += 0.24 * ellipse(0.56, 0.62, 0.15, 0.19, 0.12) + 0.14 * ellipse(0.5, 0.45, 0.04, 0.6, 0.3)
    level = 0.86 - fluid * generator.uniform(0.15, 0.4)
    image += 0.36 / (1 + np.exp(-(y - level) / 0.025)) * ellipse(0.29, 0.49, 0.165, 0.33, 0.08)
    image += generator.normal(0, 0.015, (SIZE, SIZE))
    return np.clip(image, 0, 1)[None].astype(np.float32)


def coded_picture(number: int) -> np.ndarray:
    """The number as two rows of eight squares, black or white: uint8 [40, 80]."""
    bits = (number >> np.arange(BITS)) & 1
    return np.kron(bits.reshape(2, 8), np.ones((20, 10))).astype(np.uint8) * 230 + 10


def decode_number(levels: np.ndarray) -> int:
    """The number in a picture read back from the page, [40, 80]."""
    bits = levels.reshape(2, 20, 8, 10).mean(axis=(1, 3)).ravel() > 127
    return int(bits @ (1 << np.arange(BITS)))
