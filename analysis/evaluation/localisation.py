"""Whether a map points at the place that somebody has outlined: overlap, pointing, and energy inside a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Measure
from analysis.evaluation.reference_maps import centred_disc
from xaae_core.errors import MaskError

__all__ = ["MEASURES", "Localisation", "Sign", "centred_disc", "measure_localisation"]

MEASURES = ("iou_best", "iou_fixed", "pointing", "energy_inside")
"""Names of the measures, in the order of `Localisation.measures`."""

Sign = Literal["size", "positive"]


@dataclass(frozen=True)
class Localisation:
    """How well a map falls on a mask; all in [0, 1], larger is better.

    Attributes:
        iou_best: intersection over union at the best of all thresholds of this map. An upper bound: the threshold was
            chosen by looking at the mask, and even a map without any contrast reaches the mask's share with it.
        threshold_best: that threshold; pixels at or above it count as marked.
        iou_fixed: intersection over union of the strongest `fixed_share` of the pixels, whatever the mask's place.
        fixed_share: that share of the picture.
        pointing: 1 where the strongest pixel lies in the mask, else 0; of several equally strong pixels, their share.
        tolerance: how far beside the mask still counts as in it, in pixels.
        energy_inside: share of the attribution that lies inside; by chance, the mask's share.
        mask_share: share of the picture that is inside.
    """

    iou_best: float
    threshold_best: float
    iou_fixed: float
    fixed_share: float
    pointing: float
    tolerance: float
    energy_inside: float
    mask_share: float

    def measures(self) -> tuple[Measure, ...]:
        """The four measures, in the order of `MEASURES`, each with what it means and what chance would give."""
        share = f"{self.mask_share:.0%}"
        near = f" or within {self.tolerance:g} px of it" if self.tolerance else ""
        meanings = (
            f"overlap with the mask at the threshold that suits it best (an upper bound; a flat map: {share})",
            f"overlap of the strongest {self.fixed_share:.0%} of the pixels with the mask",
            f"whether the strongest pixel lies in the mask{near} (by chance {share})",
            f"share of the attribution inside the mask (by chance {share})",
        )
        return tuple(
            Measure(name, float(getattr(self, name)), meaning=meaning)
            for name, meaning in zip(MEASURES, meanings, strict=True)
        )


def measure_localisation(
    heat: NDArray[Any],
    mask: NDArray[np.bool_],
    *,
    sign: Sign = "size",
    fixed_share: float | None = None,
    tolerance: float = 0,
    along_time: bool = False,
) -> Localisation:
    """Hold a map against a mask.

    Pixels of equal strength are never told apart by their place in the array: thresholds lie between different
    strengths, and of equals only some of which are marked, each counts in part. So a flat map, and one that is 0
    everywhere, gets exactly what chance gives.

    Args:
        heat: attribution of each pixel [H, W], finite.
        mask: bool [H, W], neither empty nor full; of a map [C, T] of a signal also [T], the same in all channels.
        sign: "size": strong is far from 0, whatever the sign; "positive": only what adds to the target.
        fixed_share: share of the pixels that `iou_fixed` marks, in (0, 1]; None: the mask's own share, so that the
            map is told how large the place is, but not where. Over many pictures give a share of their own training
            masks instead, which tells it nothing of the single picture.
        tolerance: pixels (Euclidean) beside the mask that `pointing` still takes for a hit.
        along_time: of a signal [C, T]: the tolerance counts samples of the same channel.

    Raises:
        MaskError: a mask of another size, or one without an inside or outside.
        ValueError: an unknown sign, a share or tolerance out of range, a map that is not finite.

    Source: pointing game: Zhang et al. 2018 (Top-down neural attention by excitation backprop); energy: Wang et al.
    2020 (Score-CAM, energy-based pointing game); the same as Quantus's PointingGame, AttributionLocalisation and, with
    i = TopKIntersection of K pixels and a mask of M, iou_fixed = iK / (K + M − iK).
    """
    mask = in_all_channels(mask, heat)
    _check(heat, mask, sign, fixed_share, tolerance)
    strength = np.abs(heat) if sign == "size" else np.maximum(heat, 0)
    flat = strength.astype(np.float64).ravel()
    order = np.argsort(-flat, kind="stable")
    ordered, inside = flat[order], mask.ravel()[order]
    n_pixels, n_mask = mask.size, int(mask.sum())
    ends = np.append(np.flatnonzero(np.diff(ordered)), n_pixels - 1)  # the last pixel of each strength
    n_marked = ends + 1
    n_hit = inside.cumsum()[ends]
    ious = n_hit / (n_marked + n_mask - n_hit)
    best = int(ious.argmax())
    share = n_mask / n_pixels if fixed_share is None else fixed_share
    wanted = min(n_pixels, max(1, round(share * n_pixels)))
    # Linear between two thresholds: of the equals between them each counts in part.
    fixed_hit = float(np.interp(wanted, np.append(0, n_marked), np.append(0, n_hit)))
    total = float(ordered.sum())
    return Localisation(
        iou_best=float(ious[best]),
        threshold_best=float(ordered[ends[best]]),
        iou_fixed=fixed_hit / (wanted + n_mask - fixed_hit),
        fixed_share=float(share),
        pointing=float(_near(mask, tolerance, along_time=along_time).ravel()[order[: n_marked[0]]].mean()),
        tolerance=float(tolerance),
        energy_inside=float(ordered[inside].sum()) / total if total > 0 else n_mask / n_pixels,
        mask_share=n_mask / n_pixels,
    )


def in_all_channels(mask: NDArray[np.bool_], heat: NDArray[Any]) -> NDArray[np.bool_]:
    """A mask [T] of moments for a map [C, T]: the same in each channel; any other mask as it is."""
    is_of_moments = mask.ndim == 1 and heat.ndim == 2 and len(mask) == heat.shape[1]
    return np.broadcast_to(mask, heat.shape) if is_of_moments else mask


def _near(mask: NDArray[np.bool_], tolerance: float, *, along_time: bool) -> NDArray[np.bool_]:
    """The mask and what lies within the tolerance of it [H, W]."""
    if tolerance == 0:
        return mask
    from scipy.ndimage import distance_transform_edt

    row_height = tolerance + 1 if along_time else 1  # the next channel is always too far
    near: NDArray[np.bool_] = distance_transform_edt(~mask, sampling=(row_height, 1)) <= tolerance
    return near


def _check(heat: NDArray[Any], mask: NDArray[np.bool_], sign: str, fixed_share: float | None, tolerance: float) -> None:
    if mask.dtype != np.bool_ or mask.ndim != 2 or heat.shape != mask.shape:
        raise MaskError(
            f"the mask is {mask.dtype} {mask.shape}, the map {heat.shape}; expected bool [H, W] of the map's size: "
            "read it with the model's recipe (xaae_core.data.masks)"
        )
    if not mask.any() or mask.all():
        raise MaskError(
            f"the mask {'covers the whole picture' if mask.any() else 'is empty'}: no map can be told right from wrong "
            "by it: leave the picture out, or draw its mask"
        )
    if sign not in ("size", "positive"):
        raise ValueError(f'sign is "{sign}"; expected "size" or "positive"')
    if fixed_share is not None and not 0 < fixed_share <= 1:
        raise ValueError(f"fixed_share is {fixed_share}; expected more than 0 and at most 1: a share of the picture")
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance is {tolerance}; expected 0 pixels or more")
    if not np.isfinite(heat).all():
        raise ValueError("the map has numbers that are not finite: the attribution has failed")
