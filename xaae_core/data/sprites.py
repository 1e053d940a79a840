"""A procedural data set whose factors of variation are known: one bright shape on black, in every combination.

Small enough that all 4,800 pictures are drawn in a second or two, at any size; the factors are independent and each
moves one thing. The shapes have the same area at a size, so that the brightness of a picture does not give its shape
away. In the manner of dSprites (Matthey et al. 2017), with brightness for its rotation, which the symmetry of a
square or a disc makes ambiguous.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import DatasetError

SHAPES = ("square", "disc", "triangle")
"""Levels of the factor "shape"."""
SPRITE_FACTORS: Mapping[str, int] = MappingProxyType({"shape": 3, "size": 5, "brightness": 5, "x": 8, "y": 8})
"""Number of levels of each factor, in the order of the columns; only "shape" has no order."""
N_SPRITES = math.prod(SPRITE_FACTORS.values())
"""Number of different pictures."""
DEFAULT_SIDE = 32
_LEVELS = np.array(tuple(SPRITE_FACTORS.values()))
_SIZES = np.linspace(0.14, 0.28, 5)  # side of the square, as a share of the picture's
_BRIGHTNESSES = np.linspace(0.4, 1.0, 5)
_CENTRES = np.linspace(0.29, 0.71, 8)  # the largest triangle stays inside
_FINER = 8  # points in each direction that a pixel's coverage is counted at
_CHUNK = 64
_LEAST_SIDE = 8


@dataclass(frozen=True, eq=False)
class SpriteSet:
    """Sprites and their factors; the arrays are read-only.

    Attributes:
        pictures: float32 [N, 1, S, S] in [0, 1].
        factors: levels int64 [N, 5], in the order of `SPRITE_FACTORS`.
    """

    pictures: NDArray[np.float32]
    factors: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.factors)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Number of each one's shape [N]."""
        return self.factors[:, 0]


@dataclass(frozen=True, eq=False)
class SpritePairs:
    """Factors of pairs that differ in few of them, for `AdaGVAE`.

    Attributes:
        first: levels int64 [N, 5].
        second: likewise; where `is_changed` is False, those of the first.
        is_changed: [N, 5], True where they differ.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    is_changed: NDArray[np.bool_]


def sprite_grid() -> NDArray[np.int64]:
    """Levels [4800, 5] of every combination, in the order of `sprite_rows`."""
    return np.stack(np.unravel_index(np.arange(N_SPRITES), _LEVELS), axis=1).astype(np.int64)


def sprite_rows(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows [N] in `sprite_grid` of levels [N, 5].

    Raises:
        DatasetError: levels that no sprite has.
    """
    return np.ravel_multi_index(tuple(_checked(factors).T), tuple(_LEVELS)).astype(np.int64)


def make_sprites(n: int | None = None, *, seed: int = 0, side: int = DEFAULT_SIDE) -> SpriteSet:
    """Draw every sprite once in the grid's order, or `n` different ones by chance.

    Args:
        n: 1 to 4,800; None: all.
        seed: of the choice.
        side: height and width in pixels, at least 8.

    Raises:
        DatasetError: a number or a size out of range.
    """
    grid = sprite_grid()
    if n is not None and not 1 <= n <= N_SPRITES:
        raise DatasetError(f"{n} sprites were asked for; there are {N_SPRITES:,} different ones: ask for 1 to that")
    if n is not None:
        grid = grid[np.sort(np.random.default_rng(seed).permutation(N_SPRITES)[:n])]
    return SpriteSet(_read_only(draw_sprites(grid, side=side)), _read_only(grid))


def draw_sprites(factors: NDArray[np.int64], *, side: int = DEFAULT_SIDE) -> NDArray[np.float32]:
    """Draw sprites [N, 1, S, S] in [0, 1] of levels [N, 5].

    A pixel is the brightness times the share of it that the shape covers, counted at 8 × 8 points.

    Args:
        factors: levels, in the order of `SPRITE_FACTORS`.
        side: S, at least 8.

    Raises:
        DatasetError: levels that no sprite has, or too small a size.
    """
    levels = _checked(factors)
    if side < _LEAST_SIDE:
        raise DatasetError(f"side is {side}; a sprite needs at least {_LEAST_SIDE} pixels")
    geometry, which = np.unique(levels[:, [0, 1, 3, 4]], axis=0, return_inverse=True)  # the brightness changes no edge
    covered = np.concatenate(
        [_coverage(geometry[start : start + _CHUNK], side) for start in range(0, len(geometry), _CHUNK)]
    )
    brightness = _BRIGHTNESSES[levels[:, 2]].astype(np.float32)
    pictures: NDArray[np.float32] = covered[which.reshape(-1), None] * brightness[:, None, None, None]
    return pictures


def draw_pairs(n: int, *, n_changed: int | None = None, seed: int = 0) -> SpritePairs:
    """Draw pairs that differ in few factors and share the others.

    Args:
        n: pairs, at least 1.
        n_changed: factors that differ in each, 1 to 5; None: drawn for each pair from 1 to 4, all as likely.
        seed: of the draws.

    Raises:
        DatasetError: numbers out of range.

    Source: Locatello et al. 2020, "Weakly-supervised disentanglement without compromises", section 5 (k = 1 and
    k drawn).
    """
    n_factors = len(_LEVELS)
    if n < 1 or (n_changed is not None and not 1 <= n_changed <= n_factors):
        raise DatasetError(f"{n} pairs that differ in {n_changed} factors; expected at least 1, and 1 to {n_factors}")
    rng = np.random.default_rng(seed)
    first = rng.integers(_LEVELS, size=(n, n_factors))
    count = rng.integers(1, n_factors, size=n) if n_changed is None else np.full(n, n_changed)
    is_changed = rng.random((n, n_factors)).argsort(axis=1).argsort(axis=1) < count[:, None]
    step = rng.integers(1, _LEVELS, size=(n, n_factors))  # 1 to levels − 1: never back to where it was
    second = np.where(is_changed, (first + step) % _LEVELS, first)
    return SpritePairs(first, second, is_changed)


def _checked(factors: Any) -> NDArray[np.int64]:
    levels = np.asarray(factors)
    n_factors = len(_LEVELS)
    if levels.ndim != 2 or levels.shape[1] != n_factors or not np.issubdtype(levels.dtype, np.integer):
        raise DatasetError(f"factors are {levels.dtype} {levels.shape}; expected whole numbers [N, {n_factors}]")
    if not len(levels) or (levels < 0).any() or (levels >= _LEVELS).any():
        known = ", ".join(f"{name} 0 to {count - 1}" for name, count in SPRITE_FACTORS.items())
        raise DatasetError(f"the factors hold levels that no sprite has; expected at least one row of {known}")
    return levels.astype(np.int64)


def _coverage(geometry: NDArray[np.int64], side: int) -> NDArray[np.float32]:
    """Share of each pixel [N, S, S] that shapes cover, of levels (shape, size, x, y) [N, 4]."""
    points = (np.arange(side * _FINER, dtype=np.float32) + 0.5) / (side * _FINER)
    size = _SIZES[geometry[:, 1]].astype(np.float32)[:, None, None]
    right = points[None, None, :] - _CENTRES[geometry[:, 2]].astype(np.float32)[:, None, None]  # [N, 1, P]
    down = points[None, :, None] - _CENTRES[geometry[:, 3]].astype(np.float32)[:, None, None]  # [N, P, 1]
    inside = np.empty((len(geometry), len(points), len(points)), bool)
    for shape, draw in enumerate((_square, _disc, _triangle)):
        rows = geometry[:, 0] == shape
        inside[rows] = draw(right[rows], down[rows], size[rows])
    cells = inside.reshape(len(geometry), side, _FINER, side, _FINER)
    covered: NDArray[np.float32] = cells.mean(axis=(2, 4), dtype=np.float32)
    return covered


def _square(right: NDArray[Any], down: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
    return (np.abs(right) <= size / 2) & (np.abs(down) <= size / 2)


def _disc(right: NDArray[Any], down: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
    """Of the square's area."""
    inside: NDArray[np.bool_] = right**2 + down**2 <= size**2 / math.pi
    return inside


def _triangle(right: NDArray[Any], down: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
    """Equilateral, of the square's area, the tip up, its centre of mass in the middle."""
    edge = size * 2 / 3**0.25
    height = edge * math.sqrt(3) / 2
    above_base = height / 3 - down
    return (above_base >= 0) & (np.abs(right) <= (height - above_base) / math.sqrt(3))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
