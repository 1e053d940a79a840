"""Single dimensions of z as directions, and how much each of them says of the cases: for walking factor by factor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.directions import Direction
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.model_abilities import posterior_of

ACTIVE_VARIANCE = 0.01
"""Variance of the posterior mean above which a unit of a variational model counts as active."""


@dataclass(frozen=True)
class LatentAxis:
    """How much one dimension of z says of the cases.

    Attributes:
        dimension: its place in z, from 0.
        spread: standard deviation of the cases' z along it.
        rank: 1 for the dimension of the largest spread, D for that of the smallest.
    """

    dimension: int
    spread: float
    rank: int

    @property
    def name(self) -> str:
        """What a direction along it is called."""
        return name_of(self.dimension)

    @property
    def is_active(self) -> bool:
        """Whether a variational model says anything by it: a variance above 0.01.

        Source: Burda et al. 2015, "Importance weighted autoencoders", section 5.2.
        """
        return self.spread**2 > ACTIVE_VARIANCE


def name_of(dimension: int) -> str:
    """What a direction along a dimension of z is called: "dimension 3"."""
    return f"dimension {dimension}"


def measure_axes(table: LatentTable, *, fit_split: str | None = "train") -> tuple[LatentAxis, ...]:
    """The dimensions of z, that of the largest spread first.

    Args:
        table: latents; labels are not looked at.
        fit_split: the split that is measured, where the table has it. None: all cases.

    Raises:
        DirectionError: fewer than 2 cases, or latents that are not finite (which cases).
    """
    spreads = _measured(table, fit_split).std(axis=0)
    order = np.argsort(-spreads, kind="stable").tolist()
    return tuple(LatentAxis(place, float(spreads[place]), rank) for rank, place in enumerate(order, start=1))


def axis_direction(table: LatentTable, dimension: int, *, fit_split: str | None = "train") -> Direction:
    """The direction along one dimension of z; "+" is more of it, a step of 1 SD the spread of the cases along it.

    Nothing is fitted, so it needs no labels, and there is no quality to measure.

    Args:
        table: latents.
        dimension: place in z, from 0.
        fit_split: the split that is measured, where the table has it. None: all cases.

    Raises:
        DirectionError: no such dimension, or one in which all cases are equal; else as `measure_axes`.
    """
    n_dims = table.z.shape[1]
    if not 0 <= dimension < n_dims:
        raise DirectionError(f"there is no dimension {dimension}: z has {n_dims}, 0 to {n_dims - 1}")
    z = _measured(table, fit_split)
    scale = float(z[:, dimension].std())
    if scale == 0:
        raise DirectionError(
            f"all {len(z)} cases have the same value in dimension {dimension}: the model does not use it; choose "
            f"another, such as {measure_axes(table, fit_split=fit_split)[0].dimension}"
        )
    vector = np.zeros(n_dims)
    vector[dimension] = 1.0
    return Direction(
        vector=vector,
        centre=z.mean(axis=0),
        scale=scale,
        method="one dimension of z, without labels",
        target=name_of(dimension),
        counterpart=f"less {name_of(dimension)}",
        quality_name="",
        quality=math.nan,
        quality_interval=(math.nan, math.nan),
        held_out=math.nan,
        cone_degrees=math.nan,
        n_cases=len(z),
        kind="continuous",
        dimension=dimension,
    )


def measure_divergences(model: LatentModel, pictures: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """KL(q(z_d|x) ‖ N(0, 1)) of each dimension [D] in nats, averaged over pictures [N, C, H, W].

    None for a model that is not variational.
    """
    import torch

    from xaae_core.gaussian_densities import kl_to_standard_normal

    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    with torch.inference_mode():
        found = posterior_of(model, torch.from_numpy(pictures.copy()).to(device))
        if found is None:
            return None
        divergences = kl_to_standard_normal(*found).mean(dim=0)
    return np.asarray(divergences.double().cpu().numpy())


def _measured(table: LatentTable, fit_split: str | None) -> NDArray[np.float64]:
    """The z [N, D] of the cases that count."""
    is_fitted = table.split == fit_split
    rows = table.rows(is_fitted) if fit_split is not None and is_fitted.any() else table
    bad = ~np.isfinite(rows.z).all(axis=1)
    if bad.any():
        raise DirectionError(
            f"z is not finite for {int(bad.sum())} cases, the first: {', '.join(rows.ids[bad][:5])}: leave them out, "
            "or extract the latents anew"
        )
    if len(rows) < 2:
        raise DirectionError(f"{len(rows)} cases; the spread along a dimension of z needs at least 2")
    return rows.z.astype(np.float64)
