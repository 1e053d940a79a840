"""What an attribution is: a map of one picture, what it explains, and what has been found about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measure:
    """What an evaluation has found about a map, as one number.

    Attributes:
        name: of the measure, unique among those of a map.
        value: its number.
        interval: its interval; NaN where there is none.
        meaning: what it says, in words.
    """

    name: str
    value: float
    interval: tuple[float, float] = (math.nan, math.nan)
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which pixels made a number; the maps are read-only.

    Attributes:
        map: attribution of each pixel [H, W], float32; what its unit is, `meaning` says.
        method: one of `METHODS`.
        target: what is explained, in words.
        score: the target's number of the picture.
        baseline: what the picture was compared with, in words; "" where the method compares with nothing.
        baseline_score: the target's number of the baseline; None where the method compares with nothing.
        convergence_delta: the map's sum minus (score − baseline_score), for a method that shares out this
            difference; None for others.
        meaning: what a number of the map is, in words.
        settings: what the method ran with.
        parts: maps [H, W] that the map is made of, by name, where the method has any.
        measures: what evaluation has found about the map; see `with_measures`.
    """

    map: NDArray[np.float32]
    method: str
    target: str
    score: float
    baseline: str
    baseline_score: float | None
    convergence_delta: float | None
    meaning: str
    settings: Mapping[str, float | int | str]
    parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "map", _frozen(self.map))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        parts = {name: _frozen(part) for name, part in self.parts.items()}
        object.__setattr__(self, "parts", MappingProxyType(parts))

    @property
    def total(self) -> float:
        """The map's sum."""
        return float(self.map.sum(dtype=np.float64))

    @property
    def peak(self) -> tuple[int, int]:
        """(row, column) of the pixel with the largest attribution, whatever its sign."""
        row, column = np.unravel_index(int(np.abs(self.map).argmax()), self.map.shape)
        return int(row), int(column)

    def _repr_html_(self) -> str:
        from analysis.displays import show_attribution

        return show_attribution(self)

    def area_of_half(self) -> float:
        """Share of the picture, in (0, 1], that holds half of the attribution (by size): small is concentrated."""
        sizes = np.sort(np.abs(self.map), axis=None)[::-1].astype(np.float64)
        if not sizes[0] > 0:
            return 1.0
        return float(np.searchsorted(sizes.cumsum(), sizes.sum() / 2) + 1) / sizes.size

    def with_measures(self, *found: Measure) -> Attribution:
        """The same attribution with measures added; one of a name that it has already replaces it."""
        names = {measure.name for measure in found}
        return replace(self, measures=(*(old for old in self.measures if old.name not in names), *found))

    def measure(self, name: str) -> Measure | None:
        """The measure of a name; None where the map was not judged by it."""
        return next((measure for measure in self.measures if measure.name == name), None)


def _frozen(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    frozen = heat.view()  # the caller's own array stays as it is
    frozen.setflags(write=False)
    return frozen
