"""Whether several maps of a picture say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.heats import Heat, as_heat, figure_in_words
from xaae_core.errors import AttributionError

Matrix = NDArray[np.float64]

_WORDS = ((0.7, "well"), (0.4, "in part"), (0.1, "little"))


@dataclass(frozen=True, eq=False)
class MapAgreement:
    """How far M maps agree, pair by pair. Arrays are read-only; NaN where one of a pair has the same size everywhere.

    Attributes:
        names: of the maps.
        rank_correlation: Spearman's, of the maps' sizes |map| over the pixels, in [−1, 1] [M, M].
        signed_correlation: of the maps with their sign [M, M]. Saliency and SmoothGrad have none, so with them it says
            less.
        top_overlap: of the most important pixels by size, 2·|both| / (|one| + |other|), in [0, 1] [M, M]. Pixels as
            important as the last of them count too, those of zero never do.
        share: of the pixels that are the most important, in (0, 1]; by chance maps overlap about so much.
    """

    names: tuple[str, ...]
    rank_correlation: Matrix
    signed_correlation: Matrix
    top_overlap: Matrix
    share: float

    def __post_init__(self) -> None:
        for name in ("rank_correlation", "signed_correlation", "top_overlap"):
            frozen = getattr(self, name).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    @property
    def mean(self) -> float:
        """Mean rank correlation of the sizes over all pairs that have one; NaN without any."""
        pairs = self._pairs(self.rank_correlation)
        return float(np.nanmean(pairs)) if np.isfinite(pairs).any() else float("nan")

    def sentence(self) -> str:
        """How far they agree, in plain words."""
        if len(self.names) < 2:
            return f"one map ({self._said(0)}): there is no other to agree with"
        flat = [name for n, name in enumerate(self.names) if np.isnan(self.rank_correlation[n, n])]
        left_out = f"; the same everywhere, so left out: {', '.join(_said(name) for name in flat)}" if flat else ""
        if len(self.names) - len(flat) < 2:
            return f"there are no two maps to compare{left_out}"
        words, number = _words(self.mean), figure_in_words(self.mean)
        if len(self.names) - len(flat) == 2:
            who = " and ".join(_said(name) for name in self.names if name not in flat)
            return f"{who} agree {words}: rank correlation {number}{left_out}"
        pairs = self._pairs(self.rank_correlation)
        best = int(np.nanargmax(pairs))
        first, second = (int(side[best]) for side in np.triu_indices(len(self.names), 1))
        return (
            f"the {len(self.names) - len(flat)} methods agree {words}: mean rank correlation {number}; "
            f"{self._said(first)} and {self._said(second)} agree most ({figure_in_words(pairs[best])}){left_out}"
        )

    def _said(self, number: int) -> str:
        return _said(self.names[number])

    def _pairs(self, matrix: Matrix) -> Matrix:
        return matrix[np.triu_indices(len(self.names), 1)]


def compare_maps(maps: Mapping[str, NDArray[Any]], *, share: float = 0.1) -> MapAgreement:
    """Rank correlations and overlaps of maps of the same picture, all pairs at once.

    Args:
        maps: [H, W] by name.
        share: of the pixels that count as the most important, in (0, 1].

    Raises:
        AttributionError: no map, maps of several sizes, or numbers that are not finite.
        ValueError: a share out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; expected above 0, at most 1: the share of the pixels that count as top")
    if not maps:
        raise AttributionError("there is no map to compare: the selection is empty")
    heats: list[Heat] = []
    for name, heat in maps.items():
        size = (heats[0].shape[0], heats[0].shape[1]) if heats else None
        heats.append(as_heat(heat, size, name=f"the map of {_said(name)}"))
    signed = np.stack(heats).reshape(len(heats), -1)  # [M, P]
    sizes = np.abs(signed)
    is_known = sizes.min(axis=1) < sizes.max(axis=1)
    return MapAgreement(
        tuple(maps),
        _rank_correlations(sizes),
        _rank_correlations(signed),
        np.where(is_known[:, None] & is_known, _overlaps(sizes, share), np.nan),
        share,
    )


def _rank_correlations(values: Matrix) -> Matrix:
    """Spearman's correlations [M, M] of rows [M, P]; NaN with a row that does not vary."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(ranks, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        ranks /= np.where(sizes > 0, sizes, np.nan)
    return np.clip(ranks @ ranks.T, -1, 1)


def _overlaps(sizes: Matrix, share: float) -> Matrix:
    """Dice coefficients [M, M] of the top pixels of rows [M, P]; NaN where two rows have none."""
    n_top = max(1, round(share * sizes.shape[1]))
    least = np.partition(sizes, -n_top, axis=1)[:, -n_top]
    is_top = ((sizes >= least[:, None]) & (sizes > 0)).astype(np.float64)
    counts = is_top.sum(axis=1)
    return np.divide(2 * is_top @ is_top.T, counts[:, None] + counts, out=np.full((len(sizes),) * 2, np.nan),
                     where=counts[:, None] + counts > 0)  # fmt: skip


def _words(mean: float) -> str:
    return next((words for least, words in _WORDS if mean >= least), "not at all")


def _said(name: str) -> str:
    return name.replace("_", " ")
