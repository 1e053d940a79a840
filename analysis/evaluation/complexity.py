"""How concentrated a map is, and whether it shares out what it promises to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution, Measure
from analysis.evaluation.heats import as_heat, figure_in_words, has_range

_ZERO = "the map is zero everywhere, so it is neither concentrated nor spread"


def measure_sparseness(heat: NDArray[Any]) -> Measure:
    """Gini index of the pixels' sizes: 0, all pixels are equal, to 1 − 1/P, one of the P pixels has all.

    Args:
        heat: the map [H, W]; its sign does not matter.

    Returns:
        NaN for a map of zeros. A single pixel is equal to itself: 0.

    Raises:
        AttributionError: not a map, or numbers that are not finite.

    Source: Chalasani et al. 2020; Hurley & Rickard 2009, equation of the Gini index.
    """
    sizes = np.sort(np.abs(as_heat(heat)), axis=None)
    if not sizes[-1] > 0:
        return Measure("sparseness", math.nan, meaning=_ZERO)
    sizes /= sizes[-1]  # no overflow, whatever the map's unit
    n = sizes.size
    value = float((2 * np.arange(1, n + 1) - n - 1) @ sizes) / (n * float(sizes.sum()))
    value = max(0.0, value)  # equal pixels can sum to −1e-16
    return Measure(
        "sparseness",
        value,
        meaning=f"Gini index {figure_in_words(value)} of the pixels' sizes: 0, all pixels are equal, to 1, one pixel "
        "has all; sparse is easy to read, not more right",
    )


def measure_complexity(heat: NDArray[Any]) -> Measure:
    """Entropy of the pixels' shares of the map's size, in nats: 0, one pixel has all, to ln P, all P are equal.

    Args:
        heat: the map [H, W]; its sign does not matter.

    Returns:
        NaN for a map of zeros. A single pixel has all: 0.

    Raises:
        AttributionError: not a map, or numbers that are not finite.

    Source: Bhatt et al. 2020, definition of complexity.
    """
    sizes = np.abs(as_heat(heat))
    if not sizes.max() > 0:
        return Measure("complexity", math.nan, meaning=_ZERO)
    shares = sizes / sizes.max()
    shares = shares[shares > 0] / shares.sum()
    value = max(0.0, -float(shares @ np.log(shares)))
    return Measure(
        "complexity",
        value,
        meaning=f"as spread as {math.exp(value):,.0f} equally strong pixels of {sizes.size:,} (entropy in nats)",
    )


def measure_completeness(attribution: Attribution) -> Measure:
    """How far a map's sum misses the score that it shares out: |convergence delta| / |score − baseline score|.

    Args:
        attribution: of any method; its maps, scores and delta are as `attribute` left them.

    Returns:
        0 or more; NaN for a method that shares nothing out, or where picture and baseline score the same.

    Source: Sundararajan et al. 2017, axiom of completeness; captum's convergence delta.
    """
    delta, nothing = attribution.convergence_delta, attribution.baseline_score
    if delta is None or nothing is None:
        words = f"{attribution.method.replace('_', ' ')} does not share the score out, so its sum promises nothing"
        return Measure("completeness", math.nan, meaning=words)
    gap = abs(attribution.score - nothing)
    if not has_range(attribution.score, nothing):
        words = f"the picture and the baseline ({attribution.baseline}) score the same: there is nothing to share out"
        return Measure("completeness", math.nan, meaning=words)
    value = abs(delta) / gap
    remedy = "; more n_steps, or another baseline, may mend it" if value > 0.05 else ""
    return Measure(
        "completeness",
        value,
        meaning=f"the map's sum misses the score's difference to the baseline ({attribution.baseline}) by "
        f"{value:.2g} of it; 0 is complete{remedy}",
    )
