"""Which points of a map lie elsewhere when only the seed changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_alignment import fit_similarity, map_size

N_SEEDS = 3
UNSTABLE = 0.1
"""A point is unstable if it moves more than this share of the map's size."""
_NOTHING = 1e-4


@dataclass(frozen=True, eq=False)
class MapStability:
    """How far each point moves between maps that differ by their seed alone; arrays read-only.

    Attributes:
        moved: for each case [N], the largest distance between two of its positions on the aligned maps, as a share of
            the map's size: the diameter of the circle around its middle that holds 99 % of the points.
        is_unstable: cases [N] that move more than `limit`.
        aligned: the maps laid over the first [maps, N, 2]; the first is as it was given.
        limit: share of the map's size beyond which a case counts as unstable.
    """

    moved: NDArray[np.float32]
    is_unstable: NDArray[np.bool_]
    aligned: NDArray[np.float32]
    limit: float

    def __post_init__(self) -> None:
        for name in ("moved", "is_unstable", "aligned"):
            getattr(self, name).setflags(write=False)  # made here, nobody else's

    def __len__(self) -> int:
        return len(self.moved)

    @property
    def n_layouts(self) -> int:
        """Maps compared."""
        return len(self.aligned)

    def sentence(self) -> str:
        """What it means for reading the map, in plain words."""
        n, count = len(self), int(self.is_unstable.sum())
        if float(self.moved.max(initial=0)) < _NOTHING:
            return (
                f"The seed changes nothing on this map ({self.n_layouts} seeds): that it is always the same picture "
                "does not make it a true one."
            )
        move = "1 case moves" if count == 1 else f"{count:,} of {n:,} cases ({count / n:.0%}) move"
        if count == 0:
            move = "no case moves"
        warning = ": where they lie must not be read" if count else ""
        return f"Between {self.n_layouts} seeds {move} by more than {self.limit:.0%} of the map's size{warning}."


def stability_seeds(seed: int, n: int = N_SEEDS) -> tuple[int, ...]:
    """The seeds whose maps are compared: the map's own first, then the following ones."""
    return tuple((seed + step) % 2**32 for step in range(n))


def measure_stability(layouts: Sequence[NDArray[Any]], *, limit: float = UNSTABLE) -> MapStability:
    """Lay maps of the same cases over each other and measure how far each case moves.

    Maps are turned, mirrored, scaled and shifted onto the first one so that as many points as possible meet
    (`analysis.map_alignment.fit_similarity`): a cluster that jumps is blamed alone.

    Args:
        layouts: two or more maps [N, 2] of the same cases in the same order, made with different seeds.
        limit: share of the map's size beyond which a case counts as unstable.

    Raises:
        ValueError: fewer than two maps, of different lengths, not finite, or the first with all points in one place.
    """
    shapes = [np.shape(layout) for layout in layouts]
    if len(layouts) < 2 or len(set(shapes)) != 1 or shapes[0][1:] != (2,) or not limit > 0:
        raise ValueError(f"layouts {shapes}, limit={limit}: expected two or more alike [N, 2] and a limit above 0")
    if not all(np.isfinite(layout).all() for layout in layouts):
        raise ValueError("a map holds numbers that are not finite; expected finite ones")
    first = np.asarray(layouts[0], dtype=np.float64)
    size = map_size(first)
    if not size > 0:
        raise ValueError("all points of the first map lie in one place; expected a map with an extent")
    aligned = np.stack([first, *(fit_similarity(other, first).moved(other) for other in layouts[1:])])
    moved = np.zeros(len(first))
    for one, other in combinations(aligned, 2):
        np.maximum(moved, np.linalg.norm(one - other, axis=1) / size, out=moved)
    return MapStability(moved.astype(np.float32), moved > limit, aligned.astype(np.float32), limit)
