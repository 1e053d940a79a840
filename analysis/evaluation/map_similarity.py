"""How alike two attribution maps are, and how alike two maps would be that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.heats import as_heat
from xaae_core.errors import AttributionError

Heat = NDArray[np.float32]
Values = NDArray[np.float64]
_WINDOW = 7


@dataclass(frozen=True, eq=False)
class MapSimilarity:
    """How alike a map is to each of N others; 1 for the same order of pixels.

    Attributes:
        absolute: Spearman's correlation of the sizes |map| [N]: are the same places large?
        signed: of the maps with their signs [N]: do the same places speak for and against? −1 is the negative.
        structural: SSIM [N] of the maps, each divided by its largest size.
    """

    absolute: Values
    signed: Values
    structural: Values


def compare_maps_with(heat: Heat, others: Sequence[Heat] | NDArray[np.float32]) -> MapSimilarity:
    """How alike a map [H, W] is to others [N, H, W].

    A map that is the same everywhere has no order of pixels: its similarity is 0 with one that has, 1 with another
    such map.

    Raises:
        AttributionError: maps of another shape, none at all, or numbers that are not finite.

    Source: Adebayo et al. 2018, section 3 (Spearman of |map| and of the map, SSIM).
    """
    maps = stack_maps(heat, others)
    absolute, signed = rank_pixels(np.abs(maps)), rank_pixels(maps)
    return MapSimilarity(
        correlate_ranks(absolute[0], absolute[1:]),
        correlate_ranks(signed[0], signed[1:]),
        _structural(maps[0], maps[1:]),
    )


def chance_similarities(heat: Heat, others: Sequence[Heat] | NDArray[np.float32], *, signed: bool = False) -> Values:
    """Spearman's correlation of a map [H, W] with every cyclic shift of others [N, H, W] and of their mirrors.

    A shifted map is as smooth and as sparse as it was, but no pixel is where it belongs: what is left is what maps of
    this make have in common by chance, which is more the smoother they are. The ranks shift with the map, so that all
    shifts are one product of Fourier transforms.

    Args:
        heat: the map.
        others: maps of the same shape.
        signed: of the maps with their signs; else of their sizes.

    Returns:
        [N · 4 · H · W] correlations in [−1, 1].

    Raises:
        AttributionError: as `compare_maps_with`.

    Source: the torus translation test of spatial statistics (Harms et al. 2001, Journal of Ecology 89, 947).
    """
    maps = stack_maps(heat, others)
    ranks = rank_pixels(maps if signed else np.abs(maps))
    return correlate_shifted(ranks[0], ranks[1:])


def stack_maps(heat: Heat, others: Sequence[Heat] | NDArray[np.float32]) -> Values:
    """A map and those it is compared with [1 + N, H, W].

    Raises:
        AttributionError: as `compare_maps_with`.
    """
    if len(others) == 0:
        raise AttributionError("there is no map to compare with: give at least one")
    first = as_heat(heat)
    return np.stack([first, *(as_heat(other, first.shape, name="a map to compare with") for other in others)])


def rank_pixels(maps: Values) -> Values:
    """Ranks of the pixels of each map [N, H, W], of length 1 around a mean of 0; all 0 for a constant map."""
    from scipy.stats import rankdata

    ranks = rankdata(maps.reshape(len(maps), -1), axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1, keepdims=True)
    unit: Values = np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)
    return unit.reshape(maps.shape)


def correlate_ranks(first: Values, rest: Values) -> Values:
    """Spearman's correlation [N] of a map with others, from `rank_pixels` of it [H, W] and of them [N, H, W]."""
    found: Values = np.clip(np.einsum("hw,nhw->n", first, rest), -1, 1)
    if not first.any():
        found[~rest.any(axis=(1, 2))] = 1.0
    return found


def correlate_shifted(first: Values, rest: Values) -> Values:
    """The correlations of `chance_similarities`, from `rank_pixels` of the map [H, W] and of the others [N, H, W]."""
    mirrored = np.stack([rest, rest[:, ::-1], rest[:, :, ::-1], rest[:, ::-1, ::-1]])
    found = np.fft.irfft2(np.fft.rfft2(first) * np.fft.rfft2(mirrored).conj(), s=first.shape)
    return np.clip(found.ravel(), -1, 1)


def _structural(first: Values, rest: Values) -> Values:
    """SSIM [N] with a uniform window of 7 pixels and the sample covariance, its range that of both maps.

    Maps of fewer than 7 rows, as of signals, have windows of 7 columns in each row by itself.

    Source: Wang et al. 2004, equation 13.
    """
    first, rest = _divided(first[None]), _divided(rest)
    height, width = first.shape[1:]
    side = min(_WINDOW, width if height < _WINDOW else min(height, width))
    side -= 1 - side % 2
    window = (1, side) if height < _WINDOW else (side, side)
    n_pixels = window[0] * window[1]
    span = np.maximum(first.max(), rest.max(axis=(1, 2))) - np.minimum(first.min(), rest.min(axis=(1, 2)))
    c1, c2 = ((k * np.where(span > 0, span, 1)[:, None, None]) ** 2 for k in (0.01, 0.03))
    mean_1, mean_n = _windowed(first, window), _windowed(rest, window)
    correction = n_pixels / (n_pixels - 1) if n_pixels > 1 else 1.0
    spread_1 = correction * (_windowed(first * first, window) - mean_1**2)
    spread_n = correction * (_windowed(rest * rest, window) - mean_n**2)
    shared = correction * (_windowed(first * rest, window) - mean_1 * mean_n)
    values = (2 * mean_1 * mean_n + c1) * (2 * shared + c2)
    values /= (mean_1**2 + mean_n**2 + c1) * (spread_1 + spread_n + c2)
    found: Values = values.mean(axis=(1, 2))
    return found


def _divided(maps: Values) -> Values:
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return maps / np.where(largest > 0, largest, 1)


def _windowed(maps: Values, window: tuple[int, int]) -> Values:
    """Means of all windows (rows, columns) that lie inside [N, H − rows + 1, W − columns + 1]."""
    down, right = window
    sums = np.pad(maps.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    ends = sums[:, down:, right:] - sums[:, :-down, right:] - sums[:, down:, :-right] + sums[:, :-down, :-right]
    means: Values = ends / (down * right)
    return means
