"""From the OKLab colour space, where equal steps look equal, to the sRGB bytes of a screen."""

import numpy as np
from numpy.typing import NDArray

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


def encode_colours(
    lightness: NDArray[np.float64], chroma: NDArray[np.float64], hue: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Colours by lightness, chroma and hue (OKLCH).

    Args:
        lightness: [K] in [0, 1].
        chroma: [K], 0 is grey; what a screen cannot show is clipped.
        hue: [K] in degrees.

    Returns:
        uint8 [K, 3] sRGB.
    """
    angle = np.deg2rad(hue)
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)  # [K, 3]
    linear = np.clip((lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)
