"""The diverging colours of the change panel: green darker, near-black unchanged, purple brighter.

The map is dark in the middle because it lies on a dark surround: what did not change recedes. Purple and green keep
apart under protanopia, deuteranopia and tritanopia, and both ends have the same lightness, so neither sign is louder.
Orange and blue are not used: they mean *towards* and *away* on the same page.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.components.oklab import encode_colours

N_COLOURS = 255  # odd: one colour, the middle, is exactly zero
_LIGHTNESS = (0.20, 0.58, 0.90)  # OKLab lightness at no change, half, full
_CHROMA = (0.004, 0.165, 0.075)
_HUE_DARKER = 138.0  # degrees in OKLCH: green
_HUE_BRIGHTER = 308.0  # purple


@cache
def change_colours() -> NDArray[np.uint8]:
    """The colours from most darkened to most brightened.

    Returns:
        uint8 [255, 3] sRGB; row 127 is zero change.
    """
    amount = np.linspace(-1.0, 1.0, N_COLOURS)
    size = np.abs(amount)
    knots = np.array([0.0, 0.5, 1.0])
    lightness = np.interp(size, knots, _LIGHTNESS)
    chroma = np.interp(size, knots, _CHROMA)
    hue = np.where(amount < 0, _HUE_DARKER, _HUE_BRIGHTER)
    colours = encode_colours(lightness, chroma, hue)
    colours.flags.writeable = False
    return colours
