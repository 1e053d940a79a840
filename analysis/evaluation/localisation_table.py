"""Localisation over many pictures: every method beside maps that know nothing, with bootstrap intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isclose

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.localisation import MEASURES, Localisation

CENTRED_DISC, CENTRED_BAR, USUAL_PLACE, RANDOM = "centred_disc", "centred_bar", "usual_place", "random"
MIDDLES = (CENTRED_DISC, CENTRED_BAR)
"""Maps that know only where pictures are aimed: of pictures the disc, of signals the bar."""

REFERENCES = (*MIDDLES, USUAL_PLACE, RANDOM)
"""Maps that have not looked at the picture; see `analysis.evaluation.reference_maps`."""

_MOST_WEIGHTS = 2**22
"""Numbers of the resamples in memory at once."""

Key = tuple[str, str]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class LocalisedMap:
    """What one map of one picture reached.

    Attributes:
        picture: its id.
        method: of the attribution, or one of `REFERENCES`.
        target: "class", "direction", …; "" of a reference.
        iou_best: see `Localisation`, and so are the others.
        iou_fixed: likewise.
        pointing: likewise.
        energy_inside: likewise.
        mask_share: likewise.
    """

    picture: str
    method: str
    target: str
    iou_best: float
    iou_fixed: float
    pointing: float
    energy_inside: float
    mask_share: float

    @property
    def is_flat(self) -> bool:
        """Whether the map is the same everywhere, perhaps 0: then every measure is exactly what chance gives."""
        measures = (self.iou_best, self.pointing, self.energy_inside)
        return self.method not in REFERENCES and all(isclose(each, self.mask_share) for each in measures)

    @classmethod
    def of(cls, picture: str, method: str, target: str, found: Sequence[Localisation]) -> LocalisedMap:
        """Of one map, or the mean of several (random ones) of the same picture."""
        names = (*MEASURES, "mask_share")
        return cls(
            picture, method, target, *(float(np.mean([getattr(each, name) for each in found])) for name in names)
        )


@dataclass(frozen=True)
class Estimate:
    """A mean over pictures with its 95 % percentile bootstrap interval; NaN of a single picture's interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class LocalisationLine:
    """A measure of a method over all pictures.

    Attributes:
        method: of the attribution, or one of `REFERENCES`.
        target: what it explains; "" of a reference.
        measure: one of `MEASURES`.
        n: pictures.
        value: its mean.
        minus_middle: mean difference to the centred disc on the same pictures, of signals to the centred bar; None of
            that reference itself.
        minus_usual_place: likewise to where masks usually are; None where there is no such reference.
        middle: which of `MIDDLES` it is.
    """

    method: str
    target: str
    measure: str
    n: int
    value: Estimate
    minus_middle: Estimate | None
    minus_usual_place: Estimate | None
    middle: str = CENTRED_DISC

    def cells(self) -> dict[str, str | int | float | None]:
        """The line as one row of a table."""
        cells: dict[str, str | int | float | None] = {
            "method": self.method,
            "target": self.target,
            "measure": self.measure,
            "pictures": self.n,
        }
        for name, found in (
            ("", self.value),
            (f"minus_{self.middle.removeprefix('centred_')}_", self.minus_middle),
            ("minus_usual_place_", self.minus_usual_place),
        ):
            parts = dict.fromkeys(("mean", "low", "high")) if found is None else asdict(found)
            cells |= {f"{name}{part}": value for part, value in parts.items()}
        return cells


@dataclass(frozen=True)
class TargetComparison:
    """The best method of one target beside the best of another.

    Attributes:
        measure: one of `MEASURES`.
        first: (method, target) with the highest mean of the first target.
        second: of the second.
        difference: of the first to the second, on the pictures that both have. Each was chosen as the best of its
            target on these same pictures, which the interval does not know.
    """

    measure: str
    first: Key
    second: Key
    difference: Estimate


@dataclass(frozen=True)
class LocalisationTable:
    """Everything that was measured, in the order in which it came.

    Attributes:
        lines: one for each method, target and measure.
        comparisons: each two targets by their best methods, measure by measure.
        n_pictures: pictures that have any map.
        mask_share: of these pictures: what energy inside is by chance.
        n_flat: how many maps of a (method, target) are the same everywhere; only of those that have any.
    """

    lines: tuple[LocalisationLine, ...]
    comparisons: tuple[TargetComparison, ...]
    n_pictures: int
    mask_share: Estimate
    n_flat: Mapping[Key, int]

    def line(self, method: str, target: str, measure: str) -> LocalisationLine:
        """One line; raises KeyError where there is none."""
        for line in self.lines:
            if (line.method, line.target, line.measure) == (method, target, measure):
                return line
        raise KeyError(f"{method}, {target}, {measure}")


def tabulate_localisation(
    maps: Sequence[LocalisedMap], *, n_resamples: int = 10_000, seed: int = 0
) -> LocalisationTable:
    """Means over pictures with intervals: pictures are drawn anew, the same for all methods, so differences are paired.

    Args:
        maps: of all pictures, methods and targets; at least one.
        n_resamples: of the bootstrap.
        seed: of the draws.

    Raises:
        ValueError: no map.
    """
    if not maps:
        raise ValueError("there is no map to tabulate; expected at least one")
    found = _by_key(maps)
    resampling = _Resampling(n_resamples, seed)
    lines: list[LocalisationLine] = []
    for key in found:
        lines += _lines_of(key, found, resampling)
    shares = np.array([[share] for share in {each.picture: each.mask_share for each in maps}.values()])
    return LocalisationTable(
        tuple(lines),
        tuple(_comparisons(lines, found, resampling)),
        len(shares),
        resampling.estimates(shares)[0],
        Counter((each.method, each.target) for each in maps if each.is_flat),
    )


class _Resampling:
    """Draws pictures anew; the same draws for every set of as many pictures."""

    def __init__(self, n_resamples: int, seed: int) -> None:
        self._n_resamples, self._seed = n_resamples, seed

    def estimates(self, values: Values) -> list[Estimate]:
        """Of each column of values [N, M] its mean over the rows."""
        means = values.mean(axis=0)
        if len(values) < 2:
            return [Estimate(float(mean), np.nan, np.nan) for mean in means]
        drawn = np.concatenate([weights @ values for weights in self._weights(len(values))])  # [resamples, M]
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
        return [Estimate(*map(float, ends)) for ends in zip(means, low, high, strict=True)]

    def _weights(self, n: int) -> Iterator[Values]:
        """How much of each resample every picture is [some resamples, N]."""
        rng = np.random.default_rng([self._seed, n])
        at_once = max(1, _MOST_WEIGHTS // n)
        for start in range(0, self._n_resamples, at_once):
            yield rng.multinomial(n, np.full(n, 1 / n), size=min(at_once, self._n_resamples - start)) / n


def _by_key(maps: Sequence[LocalisedMap]) -> dict[Key, dict[str, Values]]:
    """Measures [4] of each picture by (method, target); of two rows of one map the later counts."""
    found: dict[Key, dict[str, Values]] = {}
    for each in maps:
        values = np.array([getattr(each, name) for name in MEASURES])
        found.setdefault((each.method, each.target), {})[each.picture] = values
    return found


def _lines_of(
    key: Key, found: Mapping[Key, Mapping[str, Values]], resampling: _Resampling
) -> Iterator[LocalisationLine]:
    own = found[key]
    estimates = resampling.estimates(np.array(list(own.values())))
    middle = next((name for name in MIDDLES if (name, "") in found), CENTRED_DISC)
    minus_middle = _difference(key, (middle, ""), found, resampling)
    minus_usual = _difference(key, (USUAL_PLACE, ""), found, resampling)
    for column, measure in enumerate(MEASURES):
        yield LocalisationLine(
            *(*key, measure, len(own), estimates[column]),
            minus_middle=None if minus_middle is None else minus_middle[column],
            minus_usual_place=None if minus_usual is None else minus_usual[column],
            middle=middle,
        )


def _difference(
    first: Key, second: Key, found: Mapping[Key, Mapping[str, Values]], resampling: _Resampling
) -> list[Estimate] | None:
    """Of each measure, on the pictures that both have; None where there are none, or of a map to itself."""
    both = [picture for picture in found[first] if picture in found.get(second, {})]
    if first == second or not both:
        return None
    return resampling.estimates(np.array([found[first][picture] - found[second][picture] for picture in both]))


def _comparisons(
    lines: Sequence[LocalisationLine], found: Mapping[Key, Mapping[str, Values]], resampling: _Resampling
) -> Iterator[TargetComparison]:
    targets = list(dict.fromkeys(line.target for line in lines if line.target))
    for column, measure in enumerate(MEASURES):
        best = {target: _best(lines, target, measure) for target in targets}
        for place, second in enumerate(targets):
            for first in targets[place + 1 :]:
                difference = _difference(best[first], best[second], found, resampling)
                if difference is not None:
                    yield TargetComparison(measure, best[first], best[second], difference[column])


def _best(lines: Sequence[LocalisationLine], target: str, measure: str) -> Key:
    of_target = [line for line in lines if line.target == target and line.measure == measure]
    best = max(of_target, key=lambda line: line.value.mean)
    return best.method, best.target
