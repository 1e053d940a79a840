"""Whether a map stays what it is when the model, or what it has learned, is replaced by chance: yes, partly or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.map_similarity import (
    Heat,
    Values,
    correlate_ranks,
    correlate_shifted,
    rank_pixels,
    stack_maps,
)

Answer = Literal["yes", "partly", "no"]

_THIRD, _HALF, _TWO_THIRDS = 1 / 3, 1 / 2, 2 / 3
_USUAL, _LIMIT = 0.5, 0.975
_RESAMPLES = 2000
NOISE = 0.01
"""Standard deviation of the noise that no eye sees, of brightness in [0, 1]: two and a half of 255 steps."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """How much of a map is left in others that should have nothing to do with it, between two references.

    A similarity is Spearman's correlation over the pixels, half of it that of the sizes |map| ("places": where the map
    is strong) and half that of the signed maps ("signs": what speaks for and what against; the negative of a map counts
    as alike, because a destroyed model, or a shuffled label, has no right way round). Of maps without negative values
    both are the same.

    It is judged by where it lies on the way from `chance` to `itself`:

    - "yes", the map changes: below a third of the way, and neither places nor signs alone at half of it; or no more
      alike than chance (`chance_limit`) makes unrelated maps.
    - "no", it does not change: two thirds of the way or more, and above `chance_limit`.
    - "partly": between; also where the mean says "yes" and the interval reaches "no".

    The thirds are a convention: no source has a threshold (Adebayo et al. judge by eye, Quantus reports the number).
    The two ends are measured, because a similarity means nothing by itself: smooth maps are alike by chance (Binder et
    al. 2023), and grainy ones hardly like themselves.

    Attributes:
        values: similarity with each of the others [N].
        places: of the sizes [N].
        signs: of the signed maps [N], without sign.
        interval: of the mean over the others, 95 % bootstrap; NaN for one. With three it is about their range.
        chance: similarity that unrelated maps of this smoothness usually have: the median over all torus shifts and
            mirrors of the others.
        chance_limit: that 97.5 % of such maps stay below.
        itself: similarity of the map with its own on the picture with noise that no eye sees (`NOISE`).
        itself_places: the same, of the sizes.
        itself_signs: the same, of the signed maps.

    Source: Adebayo et al. 2018 (the check); Binder et al. 2023, "Shortcomings of top-down randomization-based sanity
    checks" (why the similarity must be compared); Harms et al. 2001 (torus shifts).
    """

    values: Values
    places: Values
    signs: Values
    interval: tuple[float, float]
    chance: float
    chance_limit: float
    itself: float
    itself_places: float
    itself_signs: float

    @property
    def value(self) -> float:
        """Mean similarity with the others."""
        return float(self.values.mean())

    @property
    def position(self) -> float:
        """Where the mean lies on the way from chance (0) to the map itself (1)."""
        return _position(self.value, self.chance, self.itself)

    @property
    def is_stable(self) -> bool:
        """Whether the map is more like itself under invisible noise than chance makes unrelated maps."""
        return self.itself > self.chance_limit

    @property
    def changes(self) -> Answer:
        """Whether the map changes; "no" for one that cannot be told from chance, see `is_stable`."""
        if not self.is_stable:
            return "no"
        is_above_chance = self.value > self.chance_limit
        if is_above_chance and self.position >= _TWO_THIRDS:
            return "no"
        highest = _position(self.interval[1], self.chance, self.itself)
        is_low = self.position < _THIRD and not self._has_a_part_left
        return "yes" if (is_low or not is_above_chance) and not highest >= _TWO_THIRDS else "partly"

    @property
    def _has_a_part_left(self) -> bool:
        places = _position(float(self.places.mean()), self.chance, self.itself_places)
        signs = _position(float(self.signs.mean()), self.chance, self.itself_signs)
        return max(places, signs) >= _HALF

    def numbers(self) -> str:
        """The similarity in figures, "similarity 0.08 [0.03, 0.14]"; its two halves where one of them is left."""
        low, high = self.interval
        words = f"similarity {self.value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else "")
        places, signs = float(self.places.mean()), float(self.signs.mean())
        if self._has_a_part_left and places != signs:
            words += f"; where it is strong {places:.2f}, its signs {signs:.2f}"
        return words.replace("-", "−")


def judge_likeness(heat: Heat, others: Sequence[Heat], noisy: Sequence[Heat], *, seed: int = 0) -> Likeness:
    """How much of a map is left in others.

    Args:
        heat: the map [H, W].
        others: maps [H, W] of the same picture and method, where the model or the labels are replaced by chance.
        noisy: maps [H, W] of the same model and method on the picture with faint noise.
        seed: of the interval.

    Raises:
        AttributionError: no maps, maps of another shape, or numbers that are not finite.
    """
    maps = stack_maps(heat, [*others, *noisy])
    n = len(others)
    absolute = rank_pixels(np.abs(maps))
    places, unrelated = correlate_ranks(absolute[0], absolute[1:]), correlate_shifted(absolute[0], absolute[1 : n + 1])
    signs = places
    if (maps < 0).any():
        signed = rank_pixels(maps)
        signs = np.abs(correlate_ranks(signed[0], signed[1:]))
        unrelated = (unrelated + np.abs(correlate_shifted(signed[0], signed[1 : n + 1]))) / 2
    values = (places + signs) / 2
    return Likeness(
        values=values[:n],
        places=places[:n],
        signs=signs[:n],
        interval=_interval(values[:n], seed),
        chance=float(np.quantile(unrelated, _USUAL)),
        chance_limit=float(np.quantile(unrelated, _LIMIT)),
        itself=float(values[n:].mean()),
        itself_places=float(places[n:].mean()),
        itself_signs=float(signs[n:].mean()),
    )


def noisy_pictures(
    pixels: NDArray[np.float32], n: int, *, seed: int = 0, along_time: bool = False
) -> list[NDArray[np.float32]]:
    """Copies of a picture [C, H, W] with noise that no eye sees, of standard deviation `NOISE`.

    `along_time`, of a signal [1, C, T]: `NOISE` is then a share of each channel's own range, which its trace fills.
    """
    rng = np.random.default_rng([seed, 0x5A17])
    scale = NOISE * np.ptp(pixels, axis=-1, keepdims=True) if along_time else NOISE
    return [pixels + (scale * rng.standard_normal(pixels.shape)).astype(np.float32) for _ in range(n)]


def _interval(values: Values, seed: int) -> tuple[float, float]:
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _position(value: float, chance: float, itself: float) -> float:
    return (value - chance) / (itself - chance) if itself > chance else float("nan")
