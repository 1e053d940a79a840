"""How much two maps of the same cases agree, point by point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import measure_kept
from analysis.neighbours import NeighbourGraph, find_neighbours
from analysis.projections import Projection
from xaae_core.errors import ProjectionError

_ROWS = 65_536
_MUCH_BY_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class MapAgreement:
    """Two maps of the same cases held against each other and against z; arrays read-only.

    Attributes:
        titles: names of the two maps.
        shared: for each case [N], the share of its k nearest on the first map that are among its k nearest on the
            second, in [0, 1]; the same the other way round.
        first_kept: for each case [N], the share of its k nearest on the first map that are real: among its k nearest
            in z, as in `MapQuality.kept`.
        second_kept: the same on the second map.
        real_if_shared: of all neighbours that both maps show, the share that are real; NaN where they share none.
        k: neighbours looked at.
    """

    titles: tuple[str, str]
    shared: NDArray[np.float32]
    first_kept: NDArray[np.float32]
    second_kept: NDArray[np.float32]
    real_if_shared: float
    k: int

    def __post_init__(self) -> None:
        for name in ("shared", "first_kept", "second_kept"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def __len__(self) -> int:
        return len(self.shared)

    @property
    def mean_shared(self) -> float:
        """Mean of `shared`."""
        return float(self.shared.mean())

    @property
    def by_chance(self) -> float:
        """What two maps that know nothing of each other would share."""
        return self.k / max(len(self) - 1, 1)

    def sentence(self) -> str:
        """What it means for reading the maps, in plain words."""
        first, second = self.titles
        both = "" if np.isnan(self.real_if_shared) else f", and of what both show {self.real_if_shared:.0%} are real"
        chance = f" ({self.by_chance:.0%} would be chance)" if self.by_chance > _MUCH_BY_CHANCE else ""
        return (
            f"{float(self.first_kept.mean()):.0%} of the neighbours on the {first} map are real, "
            f"{float(self.second_kept.mean()):.0%} of those on the {second} map; the two maps show the same "
            f"{self.mean_shared:.0%} of neighbours{chance}{both}."
        )


def compare_maps(
    first: Projection,
    second: Projection,
    z: NDArray[Any],
    *,
    neighbours: NeighbourGraph | None = None,
    k: int = 10,
) -> MapAgreement:
    """Hold two maps of the same cases against each other and against z [N, D].

    Args:
        first: a map.
        second: another map of the same cases in the same order.
        z: the latents that both were made of.
        neighbours: nearest neighbours in z where they are known already; searched for if None, or fewer than k.
        k: neighbours looked at; lowered to the largest number below N / 2.

    Raises:
        ProjectionError: the maps show different cases.
        ValueError: latents of another number of cases, fewer than 3 cases, or k below 1.
    """
    if not np.array_equal(first.ids, second.ids):
        raise ProjectionError(
            f"the {first.title} map has {len(first)} cases and the {second.title} map {len(second)}, and they are not "
            "the same ones in the same order: compare maps that were made of one table"
        )
    if len(z) != len(first) or len(first) < 3 or k < 1:
        raise ValueError(
            f"{len(z)} latent vectors, {len(first)} points, k={k}; expected equal numbers from 3, k from 1"
        )
    k = min(k, (len(z) - 1) // 2)
    if neighbours is None or neighbours.k < k:
        neighbours = find_neighbours(z, k)
    on_first, on_second = (find_neighbours(made.points, k).indices for made in (first, second))
    in_both = _is_listed(on_first, on_second)
    is_real = _is_listed(on_first, neighbours.indices[:, :k])
    return MapAgreement(
        titles=_titles(first, second),
        shared=in_both.mean(axis=1, dtype=np.float32),
        first_kept=_kept(first, z, neighbours, k),
        second_kept=_kept(second, z, neighbours, k),
        real_if_shared=float(is_real[in_both].mean()) if in_both.any() else float("nan"),
        k=k,
    )


def _titles(first: Projection, second: Projection) -> tuple[str, str]:
    """The methods' names; with the seed, or as first and second, where that does not tell the maps apart."""
    if first.title != second.title:
        return first.title, second.title
    if first.seed != second.seed:
        return f"{first.title} (seed {first.seed})", f"{second.title} (seed {second.seed})"
    return f"first {first.title}", f"second {second.title}"


def _kept(made: Projection, z: NDArray[Any], neighbours: NeighbourGraph, k: int) -> NDArray[np.float32]:
    if made.quality is not None and made.quality.k == k:
        return made.quality.kept
    return measure_kept(z, made.points, k=k, neighbours=neighbours)


def _is_listed(named: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each entry of the rows of one [N, k] array is anywhere in the same row of another."""
    answer = np.empty(named.shape, dtype=np.bool_)
    for start in range(0, len(named), _ROWS):
        rows = slice(start, start + _ROWS)
        answer[rows] = (named[rows, :, None] == others[rows, None, :]).any(axis=2)
    return answer
