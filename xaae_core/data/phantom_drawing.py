"""Draw a chest-like phantom from its factors: one grey film, the fluid's mask, and where fluid can be.

All shapes are soft masks in body coordinates: u to the right and v downwards from the body's centre, in
widths of the image. Edges are polynomials instead of exponentials, which NumPy rounds alike on every
platform, and most terms are a row or a column rather than a whole picture, which keeps a film at a few
milliseconds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.phantom_factors import PhantomFactors
from xaae_core.errors import DatasetError

DEFAULT_SIZE = 192
"""Height and width of a phantom in pixels, unless asked otherwise."""

NOISE_SD = 0.02
"""Standard deviation of the noise of each pixel, as a fraction of the grey scale."""

# Grey values of a film of average exposure, 0 black to 1 white.
_AIR, _WALL, _ABDOMEN, _LUNG = 0.03, 0.55, 0.74, 0.23
_MEDIASTINUM, _HEART, _FLUID = 0.70, 0.74, 0.76

# Geometry in widths of the image, from the body's centre.
_LUNG_MEDIAL, _LUNG_CENTRE_V = 0.04, -0.04
_LUNG_RISE, _LUNG_DROP = 0.37, 0.66  # semi-axes above and below the centre
_DOME_RIGHT, _DOME_LEFT = 0.250, 0.275  # the right half of the diaphragm stands higher: the liver is below
_FLUID_BASE, _FLUID_RISE, _MENISCUS = 0.320, 0.570, 0.040
_SILHOUETTE = ((-0.65, -0.49, -0.37, -0.05, 0.65), (0.13, 0.15, 0.50, 0.455, 0.47))

Picture = NDArray[np.floating[Any]]  # float32 throughout; NumPy's own types widen it in mixed arithmetic


@dataclass(frozen=True)
class Phantom:
    """One drawn phantom.

    Attributes:
        image: float32 [H, W] in [0, 1], bright is dense, as on a film.
        mask: bool [H, W], the fluid.
        region: bool [H, W], wherever fluid can be in this image; holds the mask.
        factors: what it was drawn from.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.bool_]
    region: NDArray[np.bool_]
    factors: PhantomFactors


@dataclass(frozen=True)
class _Grid:
    u: Picture  # [1, W]
    v: Picture  # [H, 1]


def draw_phantom(
    factors: PhantomFactors, *, size: int = DEFAULT_SIZE, rng: np.random.Generator | None = None
) -> Phantom:
    """Draw one phantom.

    Args:
        factors: what the film shows.
        size: height and width in pixels, at least 32.
        rng: source of the noise; None draws a film without noise.

    Raises:
        DatasetError: the size is below 32 px.
    """
    grid = _grid(factors, size)
    heart = _heart(grid, factors)
    thorax = _thorax(grid, -1, factors.lung_width_right)
    column = _fluid_column(grid, factors, factors.severity)
    right = thorax * _above_dome(grid, -1)
    left = _thorax(grid, 1, factors.lung_width_left) * _above_dome(grid, 1)
    fillable = right * (1 - heart)

    image = _body(grid)
    # Fluid takes the air away instead of being painted over it: its borders with heart and diaphragm vanish.
    image += thorax * column * (_FLUID - image)
    image += (right * (1 - column) + left) * (_lung_texture(grid, factors) - image)
    _add_mediastinum(image, grid)
    image += heart * (_HEART - image)
    image += _bones(grid)
    image = _blur(image)
    image = 0.5 + (image - 0.5) * (1 + factors.contrast) + factors.exposure
    if rng is not None:
        image += NOISE_SD * rng.standard_normal(image.shape, dtype=np.float32)
    region = _region(fillable, grid, factors)
    film = np.clip(image, 0, 1).astype(np.float32, copy=False)
    return Phantom(film, fillable * column >= 0.5, region, factors)


def effusion_region(factors: PhantomFactors, *, size: int = DEFAULT_SIZE) -> NDArray[np.bool_]:
    """Where fluid can be in an image with these factors, whatever its severity.

    The patient's right lung field (left of the image) as far as the heart leaves it free, up to the level
    that severity 1 reaches, soft edges included: the pixels that fluid could cover by a tenth or more.

    Args:
        factors: severity plays no part.
        size: height and width in pixels.

    Returns:
        bool [H, W].
    """
    grid = _grid(factors, size)
    right = _thorax(grid, -1, factors.lung_width_right) * _above_dome(grid, -1)
    return _region(right * (1 - _heart(grid, factors)), grid, factors)


def covering_severity(factors: PhantomFactors, *, size: int = DEFAULT_SIZE) -> Picture:
    """The severity at which the fluid's surface reaches each pixel's position, float32 [H, W].

    Below 0 under the base of the lung, above 1 over the highest level; meaningful inside
    `effusion_region`.
    """
    return _surface(_grid(factors, size), factors)


def _grid(factors: PhantomFactors, size: int) -> _Grid:
    if size < 32:
        raise DatasetError(f"size is {size} px; a phantom needs at least 32: ask for a larger one")
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    scale = 1 + factors.body_scale
    return _Grid((axis[None, :] - factors.shift_x) / scale, (axis[:, None] - factors.shift_y) / scale)


def _soft(distance: Picture, width: float) -> Picture:
    """0 at -width, 1 at +width, a smooth step between."""
    t: Picture = np.clip(distance * (0.5 / width) + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def _bump(distance: Picture, width: float) -> Picture:
    """1 at distance 0, falling smoothly to 0 at ±width."""
    t: Picture = np.maximum(1 - np.square(distance / width), 0)
    return np.square(t)


def _profile(v: Picture, knots: tuple[float, ...], values: tuple[float, ...]) -> Picture:
    """A line that passes from value to value by smooth steps."""
    line = np.full_like(v, values[0])
    for i in range(1, len(knots)):
        middle, half = (knots[i] + knots[i - 1]) / 2, (knots[i] - knots[i - 1]) / 2
        line += (values[i] - values[i - 1]) * _soft(v - middle, half)
    return line


def _dome(lateral: Picture, height: float) -> Picture:
    """Height v of the diaphragm at a distance from the midline."""
    return height + 1.5 * (lateral - 0.16) ** 2


def _body(grid: _Grid) -> Picture:
    distance = np.abs(grid.u)
    body = _soft(_profile(grid.v, *_SILHOUETTE) - distance, 0.025)
    below = _soft(grid.v - _dome(distance, _DOME_RIGHT) + 0.02, 0.03)
    wall = _WALL + 0.05 * _bump(grid.v + 0.32, 0.2) + 0.08 * _soft(grid.v - 0.1, 0.35)
    tissue = wall + (_ABDOMEN - wall) * below
    stomach = np.sqrt((grid.u - 0.19) ** 2 + 2.5 * (grid.v - 0.345) ** 2)
    return _AIR + body * (tissue - 0.13 * _bump(stomach, 0.09) - _AIR)


def _thorax(grid: _Grid, side: int, width: float) -> Picture:
    """Soft mask of one side of the chest, down past the diaphragm; side -1 is the left of the image."""
    x2 = ((grid.u * side - _LUNG_MEDIAL - width / 2) / (width / 2)) ** 2
    y = grid.v - _LUNG_CENTRE_V
    y2 = (y / np.where(y < 0, _LUNG_RISE, _LUNG_DROP).astype(np.float32)) ** 2
    radius = np.sqrt(np.sqrt(x2 * x2 + y2 * y2 + 1.4 * x2 * y2))  # a little squarer than an ellipse
    return _soft((1 - radius) * (width / 2), 0.014)


def _above_dome(grid: _Grid, side: int) -> Picture:
    height = _DOME_RIGHT if side < 0 else _DOME_LEFT
    return _soft(_dome(grid.u * side, height) - grid.v, 0.012)


def _lung_texture(grid: _Grid, factors: PhantomFactors) -> Picture:
    """Grey value inside the lungs: darker towards the wall, vessels at the hilum, faint ribs."""
    distance = np.abs(grid.u)
    hilum = _bump(distance - 0.08, 0.11) * _bump(grid.v - 0.01, 0.16)
    ribs = _rib_pattern(grid, factors, 0.10 * distance + 1.5 * distance * distance)
    front = _rib_pattern(grid, factors, -0.75 * distance) * _soft(distance - 0.24, 0.10)  # they climb outwards
    tissue: Picture = _LUNG + 0.09 * hilum + 0.05 * _soft(grid.v - 0.05, 0.3) + 0.06 * ribs + 0.03 * front
    return tissue


def _rib_pattern(grid: _Grid, factors: PhantomFactors, arc: Picture) -> Picture:
    """Bands at equal distances along v, bent by `arc` [1, W]."""
    turns = (grid.v - arc) / factors.rib_spacing + factors.rib_phase
    return _soft(0.20 - np.abs(turns - np.floor(turns) - 0.5), 0.16)


def _add_mediastinum(image: Picture, grid: _Grid) -> None:
    heights = (-0.40, -0.18, -0.10, 0.05, 0.25)
    right = _profile(grid.v, heights, (0.055, 0.055, 0.058, 0.066, 0.085))
    left = _profile(grid.v, heights, (0.055, 0.092, 0.082, 0.095, 0.120))  # with the arch of the aorta
    edges = _soft(right + grid.u, 0.022) * _soft(left - grid.u, 0.022)
    image += edges * _soft(grid.v + 0.45, 0.08) * np.maximum(_MEDIASTINUM - image, 0)


def _heart(grid: _Grid, factors: PhantomFactors) -> Picture:
    du, dv = grid.u - 0.045, grid.v - 0.165
    # The long axis points to the apex, down and to the image's right; the half-width stays the radius.
    radius = np.sqrt(1.16 * du * du - 0.8 * du * dv + dv * dv)
    return _soft(factors.heart_radius - radius, 0.02)


def _bones(grid: _Grid) -> Picture:
    """Brightness that the spine, the air in the trachea and the clavicles add."""
    distance = np.abs(grid.u)
    discs = np.abs((grid.v / 0.062) - np.floor(grid.v / 0.062) - 0.5)
    spine = _soft(0.034 - distance, 0.012) * (0.05 + 0.03 * _soft(discs - 0.12, 0.1))
    trachea = _bump(distance, 0.034) * _soft(-0.17 - grid.v, 0.06)
    middle = -0.285 - 0.42 * distance + 0.55 * distance * distance
    clavicle = _bump(grid.v - middle, 0.022) * _soft(distance - 0.05, 0.02) * _soft(0.36 - distance, 0.04)
    return spine - 0.12 * trachea + 0.09 * clavicle


def _surface(grid: _Grid, factors: PhantomFactors) -> Picture:
    half = factors.lung_width_right / 2
    across: Picture = np.clip((-grid.u - _LUNG_MEDIAL - half) / half, -1, 1)  # -1 at the heart, 1 at the chest wall
    sag = _MENISCUS * (1 - np.square(across))
    return (_FLUID_BASE + sag - grid.v) / _FLUID_RISE


def _fluid_column(grid: _Grid, factors: PhantomFactors, severity: float) -> Picture:
    return _soft((severity - _surface(grid, factors)) * _FLUID_RISE, 0.014)


def _region(fillable: Picture, grid: _Grid, factors: PhantomFactors) -> NDArray[np.bool_]:
    return fillable * _fluid_column(grid, factors, 1.0) >= 0.1


def _blur(image: Picture) -> Picture:
    """Binomial 1-2-1 blur along both axes, the border repeated."""
    tall = np.pad(image, ((1, 1), (0, 0)), mode="edge")
    image = 0.5 * tall[1:-1] + 0.25 * (tall[:-2] + tall[2:])
    wide = np.pad(image, ((0, 0), (1, 1)), mode="edge")
    return 0.5 * wide[:, 1:-1] + 0.25 * (wide[:, :-2] + wide[:, 2:])
