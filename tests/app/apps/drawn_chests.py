"""Drawn chest radiographs along an imagined direction, for the path viewer's demo and its tests."""

from functools import cache

import numpy as np

from app.components.path_viewer import grey_levels

SIZE = 160  # each picture crosses the wire in its own pixels: larger ones only take longer
STEPS = np.round(np.linspace(-3, 3, 25), 2)
ORIGIN = 12


def chest(fluid: float, seed: int, texture: float) -> np.ndarray:
    """A drawn chest radiograph, [H, W] in [0, 1], with fluid rising in one lung."""
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1)

    def ellipse(cx: float, cy: float, rx: float, ry: float, edge: float) -> np.ndarray:
        radius = np.hypot((x - cx) / rx, (y - cy) / ry)
        return 1 / (1 + np.exp((radius - 1) / edge))

    image = 0.04 + 0.62 * ellipse(0.5, 0.62, 0.47, 0.62, 0.03)
    image -= 0.42 * (ellipse(0.29, 0.47, 0.155, 0.31, 0.07) + ellipse(0.71, 0.47, 0.155, 0.31, 0.07))
    image += 0.24 * ellipse(0.56, 0.62, 0.15, 0.19, 0.12) + 0.14 * ellipse(0.5, 0.45, 0.04, 0.6, 0.3)
    ribs = np.sin(46 * (y + 0.35 * (x - 0.5) ** 2)) ** 8
    image += 0.07 * ribs * ellipse(0.5, 0.5, 0.42, 0.42, 0.1)
    level = 0.72 - 0.09 * fluid - 0.14 * (x - 0.71) ** 2 * 8
    wet = 1 / (1 + np.exp(-(y - level) / 0.025)) * ellipse(0.71, 0.49, 0.165, 0.33, 0.08)
    image += 0.36 * wet
    image += texture * np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE))
    return np.clip(image, 0, 1)


@cache
def draw_pictures(case: int, is_colour: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decoded frames, the original, and the edit on the original, as grey levels."""
    rest = -0.8 + 0.25 * case
    decoded = np.stack([chest(rest + 0.9 * sd, 0, 0.0) for sd in STEPS])[:, None]
    original = chest(rest + 0.1, case, 0.025)[None]
    edit = np.clip(original + decoded - decoded[ORIGIN], 0, 1)
    if is_colour:
        tint = np.array([1.0, 0.8, 0.65])[:, None, None]
        decoded, original, edit = decoded * tint, original * tint, edit * tint
    return grey_levels(decoded), grey_levels(original), grey_levels(edit)
