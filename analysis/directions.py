"""The supervised direction in latent space along which a target grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.direction_fit import (
    cone_degrees,
    measure_interval,
    out_of_fold_scores,
    pls_direction,
    resampled_directions,
)
from analysis.direction_goal import (
    DirectionGoal,
    Kind,
    Vector,
    auroc,
    every_target,
    find_goal,
    fitted_cases,
    spearman,
    target_values,
)
from analysis.direction_significance import (
    LEAST_PERMUTATIONS,
    PERMUTATIONS,
    SIGNIFICANT,
    permutation_p_value,
    permutations_for,
)
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable

__all__ = [
    "PERMUTATIONS",
    "Direction",
    "auroc",
    "fit_direction",
    "fit_directions",
    "permutations_for",
    "spearman",
    "target_values",
]


@dataclass(frozen=True, eq=False)
class Direction:
    """A unit vector in latent space; "+" along it means more of the target.

    Attributes:
        vector: unit vector [D].
        centre: mean latent vector of the fitted cases [D]; score 0.
        scale: standard deviation of the fitted cases' scores; one step of 1 SD has this length in z.
        method: how it was fitted.
        target: name of the class or column that "+" means.
        counterpart: name of what "−" means.
        quality_name: what `quality` measures, "AUROC" or "Spearman".
        quality: cross-validated, each case scored by a direction fitted without it; NaN: too few cases.
        quality_interval: its 95 % bootstrap interval.
        held_out: the same measure on cases of other splits than the fitted one; NaN without any.
        cone_degrees: angle that holds 95 % of the bootstrapped directions.
        n_cases: cases fitted.
        p_value: chance that shuffled targets give as strong a direction; NaN: not tested.
        n_permutations: shuffles that it was tested with.
        kind: "binary" (a class), "ordinal" (grades: at most 10 different whole numbers) or "continuous".
        resampled: the bootstrapped directions [B, D], unit vectors; [0, D] where nothing was resampled.
        dimension: the dimension of z that it is (`analysis.latent_axes`); None for one that was fitted to a target.
    """

    vector: Vector
    centre: Vector
    scale: float
    method: str
    target: str
    counterpart: str
    quality_name: str
    quality: float
    quality_interval: tuple[float, float]
    held_out: float
    cone_degrees: float
    n_cases: int
    p_value: float = math.nan
    n_permutations: int = 0
    kind: Kind = "binary"
    resampled: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    dimension: int | None = None

    def __post_init__(self) -> None:
        if len(self.resampled) == 0:
            object.__setattr__(self, "resampled", np.empty((0, len(self.vector)), np.float32))
        for name in ("vector", "centre", "resampled"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    @property
    def way(self) -> str:
        """Where "+" leads: "towards effusion", "along dimension 3"."""
        return f"towards {self.target}" if self.dimension is None else f"along {self.target}"

    def _repr_html_(self) -> str:
        from analysis.displays import show_direction

        return show_direction(self)

    @property
    def is_significant(self) -> bool:
        """Whether it was tested and p is below 0.01; see `direction_significance.SIGNIFICANT` for why not 0.05."""
        return self.p_value < SIGNIFICANT

    @property
    def could_be_noise(self) -> bool:
        """Whether it was tested and p is not below 0.01."""
        return self.p_value >= SIGNIFICANT

    def score(self, z: NDArray[Any]) -> Vector:
        """Where latent vectors [N, D] lie along the direction [N], in standard deviations from the centre."""
        scores: Vector = (np.asarray(z, dtype=np.float64) - self.centre) @ self.vector / self.scale
        return scores

    def move(self, z: NDArray[Any], steps: NDArray[Any]) -> Vector:
        """Latent vectors [K, D] reached from one z [D] by steps [K] in standard deviations."""
        moves: Vector = np.outer(np.asarray(steps, dtype=np.float64) * self.scale, self.vector)
        return np.asarray(z, dtype=np.float64) + moves


def fit_direction(
    table: LatentTable,
    target: str | None = None,
    *,
    n_components: int = 1,
    folds: int = 5,
    n_bootstrap: int = 200,
    n_permutations: int = 0,
    fit_split: str | None = "train",
    seed: int = 0,
) -> Direction:
    """Fit the direction of a target by partial least squares.

    A column of at most 10 different whole numbers is read as grades: the direction is fitted to their ranks, so that
    only their order counts.

    Args:
        table: latents with labels, or with the target as a column of numbers.
        target: a class name (that class against the rest) or a column; the second class, or the number that the
            model has learned, if None.
        n_components: PLS components that the direction is made of.
        folds: folds of the cross-validation (fewer where a class has fewer cases).
        n_bootstrap: resamples for the intervals and the cone.
        n_permutations: shuffles of the fitted cases' targets for `p_value`, at least 100; 0: not tested. See
            `permutation_p_value` and `permutations_for`.
        fit_split: the split that is fitted, where the table has it; the others give `held_out`. None: all.
        seed: of folds, resamples and shuffles.

    Raises:
        DirectionError: an unknown target, one class only, latents that are not finite (which cases) or all the same,
            too few cases.
        ValueError: `n_components` below 1, `n_bootstrap` below 0, `n_permutations` neither 0 nor at least 100.

    Source: Wold et al. 2001 (PLS); sign so that the target scores higher.
    """
    if n_components < 1 or n_bootstrap < 0:
        raise ValueError(f"n_components={n_components}, n_bootstrap={n_bootstrap}; expected at least 1 and 0")
    if n_permutations != 0 and n_permutations < LEAST_PERMUTATIONS:
        raise ValueError(
            f"n_permutations={n_permutations}; expected 0 (not tested) or at least {LEAST_PERMUTATIONS}: "
            f"with fewer, no direction could show p < {SIGNIFICANT:g}"
        )
    goal = find_goal(table, target)
    known = np.isfinite(goal.values)
    is_fitted = known & (table.split == fit_split) if fit_split and np.any(table.split == fit_split) else known
    z, y = fitted_cases(table, goal, is_fitted)
    n_components = min(n_components, len(z) - 1, z.shape[1])
    weights = pls_direction(z, y, n_components)
    if weights is None:
        raise DirectionError(f"{goal.name} does not covary with any latent dimension: there is no direction to it")
    centre = z.mean(axis=0)
    others = known & ~is_fitted
    rng = np.random.default_rng(seed)
    scores = out_of_fold_scores(z, y, goal, n_components, folds, rng)
    resampled = resampled_directions(z, y, n_components, n_bootstrap, rng)
    return Direction(
        vector=weights,
        centre=centre,
        scale=float(((z - centre) @ weights).std()),
        method=_method(goal, n_components),
        target=goal.name,
        counterpart=goal.counterpart,
        quality_name=goal.measure_name,
        quality=math.nan if scores is None else goal.measure(y, scores),
        quality_interval=_UNKNOWN if scores is None else measure_interval(y, scores, goal, n_bootstrap, rng),
        held_out=goal.measure(goal.values[others], table.z[others] @ weights),
        cone_degrees=cone_degrees(weights, resampled),
        n_cases=len(z),
        p_value=permutation_p_value(z, y, n_permutations, seed=seed),
        n_permutations=n_permutations,
        kind=goal.kind,
        resampled=resampled,
    )


def fit_directions(
    table: LatentTable,
    targets: Sequence[str] | None = None,
    *,
    n_components: int = 1,
    folds: int = 5,
    n_bootstrap: int = 200,
    n_permutations: int = 0,
    fit_split: str | None = "train",
    seed: int = 0,
) -> tuple[Direction, ...]:
    """Fit several directions: of more than two classes, each one against the rest.

    Args:
        table: latents with labels, or with the targets as columns of numbers.
        targets: class names or columns. None: every class that some, and not all, of the fitted cases have; for two
            classes the second one alone (the first one's direction is the opposite); without classes the number that
            the model has learned.
        n_components: as for `fit_direction`, and so are the other options.
        folds: folds of the cross-validation.
        n_bootstrap: resamples for the intervals and the cones.
        n_permutations: shuffles for each p-value. Among many directions some reach a small p by chance: of 100
            that mean nothing, one has p < 0.01.
        fit_split: the split that is fitted, where the table has it.
        seed: of folds, resamples and shuffles.

    Raises:
        DirectionError: as `fit_direction`; also more than 30 classes and no targets named.
        ValueError: as `fit_direction`.
    """
    chosen = every_target(table, fit_split) if targets is None else list(targets)
    return tuple(
        fit_direction(
            table,
            target,
            n_components=n_components,
            folds=folds,
            n_bootstrap=n_bootstrap,
            n_permutations=n_permutations,
            fit_split=fit_split,
            seed=seed,
        )
        for target in chosen
    )


_UNKNOWN = (math.nan, math.nan)


def _method(goal: DirectionGoal, n_components: int) -> str:
    ranked = " of ranks" if goal.kind == "ordinal" else ""
    return f"PLS{ranked}, {n_components} component{'s' if n_components > 1 else ''}"
