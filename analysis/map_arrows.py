"""Directions as arrows on a map that is a plane through latent space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.direction_fit import angles_to
from analysis.direction_significance import p_words
from analysis.directions import Direction
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from analysis.projections import LinearPlane, Projection

LENGTH = 2.0
"""Length of an arrow in standard deviations of the score along it."""
_SHARE = 95.0


@dataclass(frozen=True, eq=False)
class MapArrow:
    """A direction on a map, in the map's coordinates; the array is read-only.

    Attributes:
        name: what the arrow points towards.
        start: the mean of the fitted cases.
        end: 2 SD further along the direction.
        cone_degrees: angle in z that holds 95 % of the resampled directions; NaN where nothing was resampled.
        cone: outline [P, 2] of where these 95 % point on the map, the arrow included; None where nothing was
            resampled. It is a shadow: most of the cone's width is at right angles to the map, so that it looks
            narrower than `cone_degrees`.
        p_value: of the direction; NaN: not tested.
        seen: share of the direction that lies in the plane of the map, in [0, 1]; an arrow with little of it points
            out of the map, and its own angle on the map says little.
        could_be_noise: whether it was tested and shuffled targets give as strong a direction.
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    cone_degrees: float
    cone: NDArray[np.float64] | None
    p_value: float
    seen: float = 1.0
    could_be_noise: bool = False

    def __post_init__(self) -> None:
        if self.cone is not None:
            frozen = self.cone.view()
            frozen.setflags(write=False)
            object.__setattr__(self, "cone", frozen)

    @property
    def words(self) -> str:
        """The arrow in words: "towards effusion, ± 7° in z, p = 0.001"."""
        parts = [f"towards {self.name}"]
        if math.isfinite(self.cone_degrees):
            parts.append(f"± {self.cone_degrees:.0f}° in z")
        if math.isfinite(self.p_value):
            parts.append(p_words(self.p_value) + (" (could be noise)" if self.could_be_noise else ""))
        return ", ".join(parts)


def direction_arrows(
    projection: Projection, table: LatentTable, directions: Sequence[Direction]
) -> tuple[MapArrow, ...]:
    """Arrows from each direction's centre to 2 SD along it, with the cones of their resampled directions.

    Args:
        projection: a map with a plane ("pca" or "pls").
        table: the latents that it was made of.
        directions: fitted in the same latents.

    Raises:
        ProjectionError: a map without a plane (what to draw instead), or directions of other latents.
    """
    plane = projection.plane
    if plane is None:
        raise ProjectionError(
            f"{projection.title} bends the latent space: a direction is no straight arrow on it; "
            "draw the flow of its score instead (score_flow), or a map by PLS or PCA"
        )
    dims = {table.z.shape[1], len(plane.centre), *(len(direction.vector) for direction in directions)}
    if len(dims) > 1:
        raise ProjectionError(
            f"the map, its table and the directions have {', '.join(map(str, sorted(dims)))} latent dimensions; "
            "expected directions fitted in the map's own table"
        )
    return tuple(_arrow(plane, direction) for direction in directions)


def _arrow(plane: LinearPlane, direction: Direction) -> MapArrow:
    step = LENGTH * direction.scale
    start = (direction.centre - plane.centre) @ plane.weights  # [2]
    end = start + step * direction.vector @ plane.weights
    return MapArrow(
        name=direction.target,
        start=(float(start[0]), float(start[1])),
        end=(float(end[0]), float(end[1])),
        cone_degrees=direction.cone_degrees,
        cone=_cone(plane, direction, start, end, step),
        p_value=direction.p_value,
        seen=_share_in_plane(plane, direction),
        could_be_noise=direction.could_be_noise,
    )


def _cone(
    plane: LinearPlane, direction: Direction, start: NDArray[np.float64], end: NDArray[np.float64], step: float
) -> NDArray[np.float64] | None:
    """Convex outline of the start, the arrow's tip, and the tips of the 95 % of resampled directions nearest to it."""
    if len(direction.resampled) == 0:
        return None
    angles = angles_to(direction.vector, direction.resampled)
    kept = direction.resampled[angles <= np.percentile(angles, _SHARE)].astype(np.float64)
    tips = start + step * kept @ plane.weights  # [B, 2]
    return _outline(np.vstack([start, end, tips]))


def _outline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners [P, 2] of the convex hull of points [N, 2], counter-clockwise.

    Source: Andrew 1979 (monotone chain); unlike Qhull it takes points on one line.
    """
    ordered = [(float(x), float(y)) for x, y in np.unique(points, axis=0)]
    if len(ordered) < 3:
        return np.array(ordered)
    return np.array([*_half(ordered), *_half(ordered[::-1])])


def _half(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners below sorted points, without the last."""
    corners: list[tuple[float, float]] = []
    for x, y in ordered:
        while len(corners) > 1:
            (x0, y0), (x1, y1) = corners[-2:]
            if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                break
            corners.pop()
        corners.append((x, y))
    return corners[:-1]


def _share_in_plane(plane: LinearPlane, direction: Direction) -> float:
    """Length of the direction's projection onto the space that the plane's weights span."""
    basis, sizes, _ = np.linalg.svd(plane.weights, full_matrices=False)
    spanned = basis[:, sizes > 1e-12 * sizes.max()]
    return min(1.0, float(np.linalg.norm(direction.vector @ spanned)))
