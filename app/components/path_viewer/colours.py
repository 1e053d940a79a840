"""The diverging colours of the change panel: green darker, near-black unchanged, purple brighter.

The map is dark in the middle because it lies on a dark surround: what did not change recedes. Purple and green keep
apart under protanopia, deuteranopia and tritanopia, and both ends have the same lightness, so neither sign is louder.
Orange and blue are not used: they mean *towards* and *away* on the same page.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

N_COLOURS = 255  # odd: one colour, the middle, is exactly zero
_LIGHTNESS = (0.20, 0.58, 0.90)  # OKLab lightness at no change, half, full
_CHROMA = (0.004, 0.165, 0.075)
_HUE_DARKER = 138.0  # degrees in OKLCH: green
_HUE_BRIGHTER = 308.0  # purple

# OKLab -> LMS' -> linear sRGB: Björn Ottosson, "A perceptual color space for image processing" (2020)
_LAB_TO_LMS = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


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
    hue = np.deg2rad(np.where(amount < 0, _HUE_DARKER, _HUE_BRIGHTER))
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)  # [255, 3]
    linear = np.clip((lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    colours = np.rint(encoded * 255).astype(np.uint8)
    colours.flags.writeable = False
    return colours
