"""A curve of deletion or insertion, beside those of maps that know nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Measure
from analysis.evaluation.changed_pictures import Kind
from analysis.evaluation.heats import figure_in_words, has_range, interval_in_words
from analysis.evaluation.pixel_orders import Order, RandomMaps

Floats = NDArray[np.float64]

_ENDS: tuple[tuple[float, Literal["lower", "higher"]], ...] = ((2.5, "lower"), (97.5, "higher"))
_DONE = {"deletion": "taken from the picture", "insertion": "put into the baseline"}


@dataclass(frozen=True, eq=False)
class FaithfulnessCurve:
    """What the target scores while the pixels are replaced in the order of a map. Arrays are read-only.

    The unit of the areas and of the advantage is the score's own range, |score − baseline score|. Areas are measured
    from the baseline's score: 0 is a curve that lies there throughout, and numbers below 0 or above 1 are possible.
    Where the range is small beside what the score does on the way, they are large; whether the interval holds 0 does
    not depend on the range.

    Attributes:
        kind: "deletion", pixels of the picture are replaced by the baseline's; "insertion", the other way round.
        shares: of the pixels replaced [K], from 0 to 1.
        scores: the target's number there [K], in its own unit.
        area: under the curve, in units of the range; low is good for deletion, high for insertion.
        random_scores: the numbers for the random maps [R, K].
        random_areas: their areas [R].
        advantage: how much better the area is than the random maps' mean; > 0 is better, for both kinds.
        interval: 2.5 and 97.5 percentiles of this difference over the random maps, or the next map outside: of fewer
            than 40 the whole range. So a map that knows nothing is called better once in n_random + 1 times.
        score: of the whole picture.
        baseline_score: of the baseline.
        target: what is scored, in words.
        baseline: what pixels are replaced by, in words.
        order: which pixels came first.
        random_maps: what the random maps are.
        obstacle: why nothing could be measured, in words; "" where it was. The areas are then NaN.
    """

    kind: Kind
    shares: Floats
    scores: Floats
    area: float
    random_scores: Floats
    random_areas: Floats
    advantage: float
    interval: tuple[float, float]
    score: float
    baseline_score: float
    target: str
    baseline: str
    order: Order
    random_maps: RandomMaps
    obstacle: str = ""

    def __post_init__(self) -> None:
        for name in ("shares", "scores", "random_scores", "random_areas"):
            frozen = getattr(self, name).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    @property
    def is_better(self) -> bool | None:
        """Whether the map beats maps that know nothing; None: not clear, or not measured."""
        if self.interval[0] > 0:
            return True
        return False if self.interval[1] < 0 else None

    @property
    def p_value(self) -> float:
        """Share of all maps, this one counted with the random ones, that are at least as good; NaN: not measured."""
        if self.obstacle:
            return math.nan
        is_as_good = self.random_areas <= self.area if self.kind == "deletion" else self.random_areas >= self.area
        return float(1 + is_as_good.sum()) / (1 + len(self.random_areas))

    @property
    def gain(self) -> float:
        """The advantage in the target's own unit, which can be compared between pictures whose ranges differ."""
        return self.advantage * abs(self.score - self.baseline_score)

    @property
    def meaning(self) -> str:
        """What the advantage is, in words."""
        first = "that raise the target most" if self.order == "signed" else "that move the target most, either way,"
        rival = "copies of the map moved to random places" if self.random_maps == "moved" else "maps of pixel noise"
        return (
            f"the pixels {first} are {_DONE[self.kind]} first (baseline: {self.baseline}); the area under the score, "
            f"in units of its range {figure_in_words(abs(self.score - self.baseline_score))}, is compared with "
            f"{len(self.random_areas)} {rival}; above 0 is better than those"
        )

    def measure(self) -> Measure:
        """The advantage as a measure of the map, named after the kind."""
        return Measure(self.kind, self.advantage, self.interval, f"{self.sentence()}; {self.meaning}")

    def sentence(self) -> str:
        """Whether the map is better than random ones, in plain words."""
        start = f"better than random at {self.kind}: "
        if self.obstacle:
            return f"{start}not measured: {self.obstacle}"
        if self.is_better:
            return f"{start}yes, by {interval_in_words(self.advantage, self.interval)}"
        if self.is_better is None:
            return f"{start}not clearly: {interval_in_words(self.advantage, self.interval)}"
        return f"{start}no: worse by {interval_in_words(-self.advantage, (-self.interval[1], -self.interval[0]))}"


@dataclass(frozen=True)
class CurveFrame:
    """What all curves of a picture have in common.

    Attributes:
        n_steps: in which the pixels are replaced.
        score: of the picture.
        baseline_score: of the baseline.
        target: in words.
        baseline: in words.
        random_maps: what the random maps are.
    """

    n_steps: int
    score: float
    baseline_score: float
    target: str
    baseline: str
    random_maps: RandomMaps

    @property
    def obstacle(self) -> str:
        """Why the score has no range; "" where it has."""
        if has_range(self.score, self.baseline_score):
            return ""
        return (
            f"the {self.target} is the same, {figure_in_words(self.score)}, for the picture and for the baseline "
            f"({self.baseline}), so there is no range to measure in: choose another baseline"
        )

    def curve(self, kind: Kind, order: Order, scores: Floats) -> FaithfulnessCurve:
        """Of the scores of a map, first, and of its random rivals [1 + R, K]."""
        areas = self._areas(order, scores)
        differences = (areas[1:] - areas[0]) * (1 if kind == "deletion" else -1)
        low, high = (np.percentile(differences, at, method=side) for at, side in _ENDS)
        return self._named(kind, order, scores, areas, float(differences.mean()), (float(low), float(high)))

    def unmeasured(self, kind: Kind, order: Order, n_random: int, obstacle: str) -> FaithfulnessCurve:
        """A curve without numbers, and why."""
        scores = np.full((1 + n_random, self.n_steps + 1), math.nan)
        return self._named(kind, order, scores, scores[:, 0], math.nan, (math.nan, math.nan), obstacle)

    def _areas(self, order: Order, scores: Floats) -> Floats:
        """Areas [J] of curves [J, K], so that what raises the target, or else what moves it, counts as important.

        Where the picture scores below the baseline, the pixels that raise the target still push the curve up: in the
        signed order the range has no sign. In the order of size, the picture's score counts as 1 wherever it is.
        """
        gap = self.score - self.baseline_score
        heights = (scores - self.baseline_score) / (abs(gap) if order == "signed" else gap)
        return np.asarray(np.trapezoid(heights, dx=1 / self.n_steps, axis=1))

    def _named(
        self,
        kind: Kind,
        order: Order,
        scores: Floats,
        areas: Floats,
        advantage: float,
        interval: tuple[float, float],
        obstacle: str = "",
    ) -> FaithfulnessCurve:
        return FaithfulnessCurve(
            kind=kind,
            shares=np.linspace(0, 1, self.n_steps + 1),
            scores=scores[0],
            area=float(areas[0]),
            random_scores=scores[1:],
            random_areas=areas[1:],
            advantage=advantage,
            interval=interval,
            score=self.score,
            baseline_score=self.baseline_score,
            target=self.target,
            baseline=self.baseline,
            order=order,
            random_maps=self.random_maps,
            obstacle=obstacle,
        )
