"""How alike the saliency maps of latent dimensions are: five measures, under what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DimensionComparison:
    """How far the latent dimensions of one network look at the same pixels.

    Attributes:
        pearson: mean correlation of two dimensions' maps over all pictures and pixels; NaN where none varies.
        spearman: the same of the ranks, over all pixels as lfxai has it: pixels of importance 0 in every map are equal
            there, which alone makes ranks agree.
        spearman_salient: the same over the pixels that any dimension looks at.
        cosine: mean cosine of two dimensions' maps of a picture, in [0, 1]; maps of zeros are left out.
        entropy: of a salient pixel's shares among the dimensions, in nats, 0 to ln D; low: few dimensions share it.
        active: dimensions with more than 1/D of a salient pixel, 0 to D.
    """

    pearson: float
    spearman: float
    spearman_salient: float
    cosine: float
    entropy: float
    active: float


def compare_dimensions(saliency: NDArray[Any]) -> DimensionComparison:
    """Compare the maps of latent dimensions.

    Args:
        saliency: sizes, at least 0, [N, D, H, W] with D ≥ 2, as of `attribute_individual_dim`.

    Raises:
        ValueError: another shape, or numbers below 0.

    Source: Crabbé & van der Schaar 2022, section 4.3; lfxai `metrics`. Dimensions whose maps do not vary are left out
    of the correlations, which would all be NaN there.
    """
    maps = np.asarray(saliency, np.float64)
    if maps.ndim != 4 or maps.shape[1] < 2 or not (maps >= 0).all():
        raise ValueError(f"saliency of shape {maps.shape}; expected sizes, not below 0, [N, D, H, W] of D ≥ 2")
    by_dimension = maps.swapaxes(0, 1).reshape(maps.shape[1], -1)  # [D, N·H·W]
    shares = _shares(by_dimension)
    return DimensionComparison(
        pearson=_mean_correlation(by_dimension),
        spearman=_mean_correlation(_ranked(by_dimension)),
        spearman_salient=_mean_correlation(_ranked(by_dimension[:, by_dimension.sum(axis=0) > 0])),
        cosine=_mean_cosine(maps.reshape(*maps.shape[:2], -1)),
        entropy=_mean_entropy(shares),
        active=float((shares > 1 / len(shares)).sum(axis=0).mean()) if shares.size else float("nan"),
    )


def _mean_correlation(values: Floats) -> float:
    varying = values[values.std(axis=1) > 0] if values.size else values[:0]
    if len(varying) < 2:
        return float("nan")
    return float(np.asarray(np.corrcoef(varying))[np.triu_indices(len(varying), 1)].mean())


def _mean_cosine(maps: Floats) -> float:
    lengths = np.linalg.norm(maps, axis=2)  # [N, D]
    with np.errstate(invalid="ignore", divide="ignore"):
        units = maps / lengths[:, :, None]
    cosines = np.einsum("nap,nbp->nab", units, units)  # [N, D, D], NaN where a map is zero
    first, second = np.triu_indices(maps.shape[1], 1)
    known = cosines[:, first, second]
    return float(np.nanmean(known)) if np.isfinite(known).any() else float("nan")


def _shares(by_dimension: Floats) -> Floats:
    """Of each salient pixel, what each dimension has of it [D, P]."""
    totals = by_dimension.sum(axis=0)
    return by_dimension[:, totals > 0] / totals[totals > 0]


def _mean_entropy(shares: Floats) -> float:
    if not shares.size:
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, -shares * np.log(shares), 0.0)
    return float(terms.sum(axis=0).mean())


def _ranked(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, axis=1))
