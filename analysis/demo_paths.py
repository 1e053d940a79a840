"""One path of the demo, judged against what is known of the phantom it started from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.directions import spearman
from analysis.traversals import Traversal
from xaae_core.data.phantoms import PhantomFactors, change_inside, decoded_effusion, effusion_region


@dataclass(frozen=True)
class PathMeasures:
    """One path, judged against what is known of its phantom.

    Attributes:
        monotone: Spearman of step against decoded effusion, −1 to 1.
        inside: share of the squared change between the path's ends where an effusion can be, 0 to 1.
        chance: share of the picture where an effusion can be, 0 to 1.
        effusion_per_sd: decoded effusion gained per standard deviation, 1 being full height.
        achieved: move found after encoding again, per standard deviation asked for.
        cycle_error: mean of ‖encode(decode(z)) − z‖ / ‖z‖.
    """

    monotone: float
    inside: float
    chance: float
    effusion_per_sd: float
    achieved: float
    cycle_error: float


def measure_path(
    path: Traversal, achieved: NDArray[np.float64], cycle_error: NDArray[np.float64], factors: PhantomFactors
) -> PathMeasures:
    """Judge one decoded path.

    Args:
        path: the path; a frame that shows no chest at all counts as no effusion at any step (Spearman 0).
        achieved: moves found after encoding again [K], in standard deviations.
        cycle_error: relative error of z after encoding again [K].
        factors: of the phantom that was encoded.
    """
    heights = decoded_effusion(path.frames, factors)
    monotone = spearman(path.steps, heights) if np.isfinite(heights).all() else 0.0
    region = effusion_region(factors, size=path.frames.shape[-1])
    return PathMeasures(
        monotone=0.0 if np.isnan(monotone) else monotone,
        inside=change_inside(path.frames[0], path.frames[-1], factors),
        chance=float(region.mean()),
        effusion_per_sd=slope(path.steps, heights),
        achieved=slope(path.steps, achieved),
        cycle_error=float(cycle_error.mean()),
    )


def slope(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Slope of the least-squares line of y [N] over x [N]."""
    return float(np.polyfit(x, y, 1)[0])
