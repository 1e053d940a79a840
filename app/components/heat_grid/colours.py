"""The colours of attribution maps, the same on the page and in the exported figure.

Violet takes from the target, orange adds to it, zero lies in the middle and is nearly white. PuOr keeps its two sides
apart under protanopia, deuteranopia and tritanopia (Brewer's diverging schemes).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

N_COLOURS = 256
_NAME = "PuOr_r"  # of `analysis.figures.heat_layers`; a test holds the two together


@cache
def attribution_colours() -> NDArray[np.uint8]:
    """The colours from most taken away to most added.

    Share s in [-1, 1] of a map's limit has colour ``min(255, floor((s / 2 + 0.5) * 256))``, as matplotlib picks it.

    Returns:
        uint8 [256, 3] sRGB, read-only.
    """
    from matplotlib import colormaps

    colours = np.rint(colormaps[_NAME](np.arange(N_COLOURS))[:, :3] * 255).astype(np.uint8)
    colours.flags.writeable = False
    return colours
