"""The mean map of many pictures and how far the pictures differ, picture by picture, in the memory of a few maps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from xaae_core.errors import AttributionError

Pixels = NDArray[np.float64]

_NEARLY_ALL = 0.9
_REMEDY = "make a cohort map for each, or explain all pictures alike"


@dataclass(frozen=True, eq=False)
class CohortMap:
    """What the maps of many pictures have in common, pixel by pixel. Arrays are read-only.

    It says something only where the pictures show the same place at the same pixels; signals, the same moment at the
    same samples, as beats aligned at their R waves do.

    Attributes:
        mean: of the maps [H, W].
        spread: their standard deviation [H, W], in the same unit; NaN for one picture.
        same_sign: share of the pictures whose pixel has the mean's sign [H, W], in [0, 1]; where the mean is 0, share
            of those whose pixel is 0.
        n: pictures.
        method: how the maps were made.
        target: what is explained, in words.
        meaning: what a number of the maps is, in words.
        baseline: what the pictures were compared with, in words; "" where with nothing.
        score_mean: mean of the target's number over the pictures.
        score_spread: its standard deviation; NaN for one picture.
        has_sign: whether any map has a pixel below 0; without, `same_sign` says nothing.
    """

    mean: Pixels
    spread: Pixels
    same_sign: Pixels
    n: int
    method: str
    target: str
    meaning: str
    baseline: str
    score_mean: float
    score_spread: float
    has_sign: bool

    def __post_init__(self) -> None:
        for name in ("mean", "spread", "same_sign"):
            frozen = getattr(self, name).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    @property
    def agreeing_share(self) -> float:
        """Share of the pixels at which at least nine of ten pictures have the mean's sign, the mean not being 0."""
        return float(((self.same_sign >= _NEARLY_ALL) & (self.mean != 0)).mean())

    @property
    def chance_share(self) -> float:
        """What that share is expected to be if every sign were tossed like a coin: 1 for one picture."""
        from scipy.stats import binom

        least = math.ceil(_NEARLY_ALL * self.n - 1e-9)
        return float(min(1.0, 2 * binom.sf(least - 1, self.n, 0.5)))

    def sentence(self) -> str:
        """What it is and how far it can be trusted, in plain words."""
        method = self.method.replace("_", " ")
        if self.n == 1:
            return (
                f"one picture: this is its map ({method}, {self.target}), not a mean; how pictures differ is not known"
            )
        signs = (
            f": at {self.agreeing_share:.0%} of the pixels at least nine of ten pictures have the mean's sign, by "
            f"chance alone {self.chance_share:.1%} would"
        )
        return (
            f"mean of {self.n} maps ({method}, {self.target}){signs if self.has_sign else ''}; a mean over pictures "
            "says something only where they show the same place at the same pixels, and it says it of these "
            f"{self.n} alone"
        )


class CohortMapBuilder:
    """Takes maps one by one and keeps sums alone: the memory does not grow with their number.

    `attribute_batch(…, keep=lambda _, found: builder.add(found))` fills it as the maps are made.

    Source: Welford 1962, for mean and variance in one pass.
    """

    def __init__(self) -> None:
        self._first: Attribution | None = None
        self._maps, self._scores = _Moments(), _Moments()
        self._above = self._below = np.zeros((), np.int64)

    @property
    def n(self) -> int:
        """Maps so far."""
        return self._maps.n

    def add(self, attribution: Attribution) -> None:
        """Take a map in; one that is refused leaves everything as it was.

        Raises:
            AttributionError: another method, target, baseline, meaning or size than the first, or numbers that are
                not finite.
        """
        self._require_alike(attribution)
        if self._first is None:
            self._first = attribution
        self._maps.add(attribution.map.astype(np.float64))
        self._scores.add(np.float64(attribution.score))
        self._above = self._above + (attribution.map > 0)
        self._below = self._below + (attribution.map < 0)

    def result(self) -> CohortMap:
        """The mean of what was added so far; more can be added afterwards.

        Raises:
            AttributionError: nothing was added.
        """
        if self._first is None:
            raise AttributionError("there is no map to take the mean of: the selection is empty")
        mean = self._maps.mean.copy()
        same = np.select([mean > 0, mean < 0], [self._above, self._below], self.n - self._above - self._below)
        return CohortMap(
            mean=mean,
            spread=self._maps.spread(),
            same_sign=same / self.n,
            n=self.n,
            method=self._first.method,
            target=self._first.target,
            meaning=self._first.meaning,
            baseline=self._first.baseline,
            score_mean=float(self._scores.mean),
            score_spread=float(self._scores.spread()),
            has_sign=bool(self._below.any()),
        )

    def _require_alike(self, new: Attribution) -> None:
        if not (np.isfinite(new.map).all() and math.isfinite(new.score)):
            raise AttributionError(
                f"map {self.n + 1} or its score is not finite; expected numbers: leave this picture out"
            )
        if self._first is None:
            return
        for name in ("method", "target", "baseline", "meaning"):
            own, other = getattr(self._first, name), getattr(new, name)
            if own != other:
                raise AttributionError(
                    f'the {name} of map {self.n + 1} is "{other}", that of the maps before "{own}": {_REMEDY}'
                )
        if new.map.shape != self._first.map.shape:
            raise AttributionError(
                f"map {self.n + 1} has the shape {new.map.shape}, those before {self._first.map.shape}: "
                "read all pictures at one model's size"
            )


class _Moments:
    """Mean and standard deviation of arrays of one shape, in one pass."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: Pixels = np.zeros(())
        self._squares: Pixels = np.zeros(())

    def add(self, values: Pixels | np.float64) -> None:
        self.n += 1
        off = values - self.mean
        self.mean = np.asarray(self.mean + off / self.n)
        self._squares = np.asarray(self._squares + off * (values - self.mean))

    def spread(self) -> Pixels:
        """NaN for one."""
        if self.n < 2:
            return np.full_like(self.mean, np.nan)
        return np.asarray(np.sqrt(self._squares / (self.n - 1)))
