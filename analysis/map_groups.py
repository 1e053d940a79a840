"""Groups of points that a map seems to show: crowds with an emptier region between them, as the eye sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_alignment import map_size

_NEAR = 6
"""A point's spacing is the distance to its 6th nearest; the median of it is the blur."""
_FINEST, _CELLS_A_BLUR, _MOST_CELLS = 0.008, 2.0, 256
"""The blur is at least this share of the map, a person's eye for a gap; and cells of the grid in it and a side."""
_DEEP = 0.35
"""Two crowds are apart if the density between them falls below this share of the lower crowd's peak."""
_TOUCH = 0.1
"""A few points that lie this much nearer to a group than to nothing belong to it."""
_MOST_ASKED = 20_000

Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MapGroups:
    """What a map seems to separate; arrays read-only.

    Attributes:
        member: the group of each point [N], 0 for the largest; −1: of none, a few points by themselves.
        sizes: points of each group, the largest first.
        facing: pairs of groups with no third one between them, (0, 1) before (0, 2) before (1, 2).
    """

    member: NDArray[np.int32]
    sizes: tuple[int, ...]
    facing: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        self.member.setflags(write=False)  # made here, nobody else's

    def __len__(self) -> int:
        return len(self.sizes)


def find_groups(points: NDArray[Any], *, smallest: int | None = None) -> MapGroups:
    """Find the groups that a map seems to show.

    The points' density on a grid, blurred by their typical spacing, has peaks; the cells that lead up to a peak are its
    crowd. Two crowds are one group unless the density on the best way between them falls below 35 % of the lower peak.
    It takes about as long for a million points as for a thousand.

    Args:
        points: of a map [N, 2].
        smallest: points that make a group; a two-hundredth of all, but at least 8, if None.

    Raises:
        ValueError: not [N, 2], or not finite.

    Source: Chazal et al. 2013 (peaks joined by how far they stand out).
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"points of shape {points.shape}; expected finite numbers [N, 2]")
    least = max(8, len(points) // 200) if smallest is None else smallest
    size = map_size(points) if len(points) else 0.0
    if len(points) < 2 * least or not size > 0:
        one = len(points) >= least
        return MapGroups(np.full(len(points), one - 1, np.int32), (len(points),) if one else (), ())
    grid = _Grid.of(points, size)
    crowd = _joined(grid.density, _crowds(grid.density), np.bincount(grid.cell, minlength=grid.density.size), least)
    member = _by_size(crowd[grid.cell])
    return MapGroups(member, tuple(np.bincount(member[member >= 0]).tolist()), _facing(member, grid))


@dataclass(frozen=True, eq=False)
class _Grid:
    """The density of the points on cells [H, W], and each point's cell [N] among the H·W."""

    density: NDArray[np.float64]
    cell: Cells

    @classmethod
    def of(cls, points: NDArray[np.float64], size: float) -> _Grid:
        from scipy.ndimage import gaussian_filter

        middle = np.median(points, axis=0)
        inside = np.clip(points, middle - 0.75 * size, middle + 0.75 * size)  # a few far points must not coarsen it
        low, extent = inside.min(axis=0), np.ptp(inside, axis=0).max()
        blur = max(_spacing(points), _FINEST * size)
        cell = max(blur / _CELLS_A_BLUR, extent / _MOST_CELLS)
        place = ((inside - low) / cell).astype(np.int64)
        shape = tuple((place.max(axis=0) + 1).tolist())
        flat = np.ravel_multi_index((place[:, 0], place[:, 1]), shape)
        counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        return cls(gaussian_filter(counts, max(blur / cell, 0.5), mode="constant", truncate=3.0), flat)


def _spacing(points: NDArray[np.float64]) -> float:
    from scipy.spatial import cKDTree

    asked = points[:: max(1, len(points) // _MOST_ASKED)]
    away, _ = cKDTree(points).query(asked, k=[min(_NEAR, len(points) - 1) + 1])
    return float(np.median(away))


def _crowds(density: NDArray[np.float64]) -> Cells:
    """For each cell [H·W] the peak that climbing leads to."""
    cells = np.arange(density.size).reshape(density.shape)
    up, best = cells.copy(), density.copy()
    for here, there in _sides(density.ndim):
        for one, other in ((here, there), (there, here)):
            is_higher = density[other] > best[one]
            best[one] = np.where(is_higher, density[other], best[one])
            up[one] = np.where(is_higher, cells[other], up[one])
    found = up.ravel()
    while not np.array_equal(found, found[found]):  # every step doubles how far a cell sees
        found = found[found]
    return found


def _sides(n: int) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Slices of a grid that pair every cell with its neighbours to the right, below, and on both diagonals."""
    every, first, rest = slice(None), slice(None, -1), slice(1, None)
    return [
        ((every, first), (every, rest)),
        ((first, every), (rest, every)),
        ((first, first), (rest, rest)),
        ((first, rest), (rest, first)),
    ]


def _joined(density: NDArray[np.float64], crowd: Cells, counts: Cells, least: int) -> Cells:
    """The crowds [H·W] with those joined that are not apart; −1 for those of fewer than `least` points."""
    height = density.ravel().copy()
    ones, others, passes = _passes(density, crowd)
    root = np.arange(len(crowd))
    n_points = np.bincount(crowd, counts, minlength=len(crowd))
    for deep in (_DEEP, _TOUCH):
        for one, other, height_of_pass in zip(ones, others, passes, strict=True):
            low, high = sorted((_root(root, one), _root(root, other)), key=lambda peak: height[peak])
            if low == high or height_of_pass < deep * height[low]:
                continue
            if deep == _DEEP or n_points[low] < least:
                root[low] = high
                n_points[high] += n_points[low]
    peaks = np.array([_root(root, peak) for peak in np.unique(crowd)])
    final = np.full(len(crowd), -1)
    final[np.unique(crowd)] = np.where(n_points[peaks] >= least, peaks, -1)
    return final[crowd]


def _root(root: Cells, peak: int) -> int:
    while root[peak] != peak:
        peak = int(root[peak])
    return peak


def _passes(density: NDArray[np.float64], crowd: Cells) -> tuple[list[int], list[int], list[float]]:
    """Pairs of crowds that touch, with the height of the highest pass between them, the highest first."""
    grid = crowd.reshape(density.shape)
    found = []
    for here, there in _sides(2):
        one, other, height = grid[here], grid[there], np.minimum(density[here], density[there])
        differ = (one != other) & (height > 0)
        pair = np.stack([np.minimum(one, other)[differ], np.maximum(one, other)[differ]])
        found.append(np.concatenate([pair, height[differ][None]]))
    one, other, height = np.concatenate(found, axis=1)
    order = np.lexsort((other, one, -height))  # only the first of a pair will do anything
    return one[order].astype(int).tolist(), other[order].astype(int).tolist(), height[order].tolist()


def _by_size(crowd: NDArray[Any]) -> NDArray[np.int32]:
    """Group numbers [N] by size, the largest 0; −1 stays."""
    names, place, counts = np.unique(crowd, return_inverse=True, return_counts=True)
    counts[names < 0] = 0
    rank = np.empty(len(names), np.int32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(names))
    rank[names < 0] = -1
    return rank[place]


def _facing(member: NDArray[np.int32], grid: _Grid) -> tuple[tuple[int, int], ...]:
    """Pairs of groups whose regions touch when every cell of the map goes to the nearest group."""
    from scipy.ndimage import distance_transform_edt

    owner = np.full(grid.density.size, -1)
    owner[grid.cell] = member
    known = owner.reshape(grid.density.shape)
    nearest = distance_transform_edt(known < 0, return_distances=False, return_indices=True)
    regions = known[tuple(nearest)]
    pairs = set()
    for here, there in _sides(2)[:2]:
        one, other = regions[here], regions[there]
        differ = one != other
        low, high = np.minimum(one, other)[differ], np.maximum(one, other)[differ]
        pairs |= set(zip(low.tolist(), high.tolist(), strict=True))
    return tuple(sorted(pairs))
