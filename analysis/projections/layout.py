"""What a method hands back before it becomes a `Projection`, and the checks that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.projections.projection import LEAST_CASES, LinearPlane
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable

_ROWS = 65_536


@dataclass(frozen=True, eq=False)
class Layout:
    """Points of a map, and how they came about.

    Attributes:
        points: [N, 2].
        parameters: what the method really ran with.
        axes: what the two axes are.
        notes: what was changed on the way, one sentence each.
        plane: that a linear method shows.
    """

    points: NDArray[Any]
    parameters: dict[str, float | int | str]
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()
    plane: LinearPlane | None = None


def check_table(table: LatentTable) -> None:
    """Refuse a table of which no map can be made.

    Raises:
        ProjectionError: fewer than 4 cases, latents that are not finite (which cases), or all the same.
    """
    if len(table) < LEAST_CASES:
        raise ProjectionError(
            f"{len(table)} case{'' if len(table) == 1 else 's'}; a map needs at least {LEAST_CASES}: "
            "extract the latents of a larger folder"
        )
    check_finite(table)
    if not any((table.z[start : start + _ROWS] != table.z[0]).any() for start in range(0, len(table), _ROWS)):
        raise ProjectionError(
            f"all {len(table)} cases have the same z: there is nothing to lay out; the model does not tell them apart"
        )


def check_finite(table: LatentTable) -> None:
    """Refuse latents that are not finite; raises ProjectionError with the cases' ids."""
    bad = np.flatnonzero(~np.isfinite(table.z).all(axis=1))
    if len(bad):
        raise ProjectionError(
            f"z is not finite for {len(bad)} of {len(table)} cases, the first: {', '.join(table.ids[bad[:5]])}: "
            "leave them out, or extract the latents anew"
        )
