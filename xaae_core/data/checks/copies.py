"""Finds pictures that are the same: byte for byte, or the same photograph stored again in another way.

The small copies (32 × 32) are compared after their local mean is taken away, so that what all pictures of a kind share
(the shape of a chest) counts less than detail. A first look at 16 × 16 leaves few pairs, all in matrix products; the
second, at 32 × 32, decides. Measured: re-encoding (JPEG quality 30), halving, quartering, noise of 8/255, gamma 0.7 and
other contrast keep the correlation above 0.95; of 319,600 pairs of radiographs of different persons the most alike
reaches 0.89. Pictures that a program drew are all more alike: the limit rises with what is usual in the set. A crop by
more than 2 % or a rotation by 2° is not recognised.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COPY, _ALIKE = 0.94, 0.85  # least correlations of a copy, and of a pair worth a look
_BEYOND_COPY, _BEYOND_ALIKE = 4.0, 3.3  # … and how far beyond the usual, in units of its 95th percentile (Fisher's z)
_SAMPLE, _LEAST_SAMPLE = 600, 100
_HIGHEST = 0.995  # where half of the pictures are copies, what is usual says nothing
_COARSE = 0.05  # by so much less a pair may correlate at 16 × 16
_BLOCK_ENTRIES = 2**24
_FLAT = 5  # of 255: less detail than this is none
_MOST_PAIRS = 200_000

Thumbs = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PicturePairs:
    """Pairs of pictures by how alike they are, the most alike first.

    Attributes:
        rows: int64 [P, 2], positions, the smaller first.
        correlation: [P] of their detail, in [−1, 1].
        limit: correlation from which on they are taken for the same picture.
        is_cut: whether there were more than could be kept.
    """

    rows: NDArray[np.int64]
    correlation: NDArray[np.float32]
    limit: float = _COPY
    is_cut: bool = False

    def copies(self) -> PicturePairs:
        """The pairs that are taken for the same picture."""
        return self._where(self.correlation >= self.limit)

    def without(self, other: PicturePairs) -> PicturePairs:
        """The pairs that are not among others."""
        known = {tuple(pair) for pair in other.rows.tolist()}
        keep = np.array([tuple(pair) not in known for pair in self.rows.tolist()], bool)
        return self._where(keep)

    def _where(self, keep: NDArray[np.bool_]) -> PicturePairs:
        return PicturePairs(self.rows[keep], self.correlation[keep], self.limit, self.is_cut)


def group_equal(digests: Sequence[str]) -> list[list[int]]:
    """Groups of positions with the same digest, of at least two."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        by_digest[digest].append(row)
    return [rows for rows in by_digest.values() if len(rows) > 1]


def find_alike(thumbs: Thumbs) -> PicturePairs:
    """All pairs of small pictures [N, 32, 32] that are the same, or far more alike than is usual among them.

    Pictures without detail (all black, all white) are left out. Time grows with N², in matrix products: 20,000
    pictures take some 3 s on one core.
    """
    has_detail, fine, coarse = _detail(thumbs)
    n_all = len(has_detail)
    copy, alike = _limits(fine)
    rows, values, count = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)], 0
    step = max(1, _BLOCK_ENTRIES // max(n_all, 1))
    for start in range(0, n_all, step):
        block = coarse[start : start + step] @ coarse[start:].T
        first, second = np.nonzero(np.triu(block, 1) >= alike - _COARSE)
        found, correlation = _verified(fine, first + start, second + start, alike)
        rows.append(found)
        values.append(correlation)
        count += len(found)
        if count > _MOST_PAIRS:
            break
    pairs, correlation = has_detail[np.concatenate(rows)].reshape(-1, 2), np.concatenate(values)
    order = np.argsort(-correlation, kind="stable")
    return PicturePairs(pairs[order], correlation[order], copy, count > _MOST_PAIRS)


def _limits(fine: NDArray[np.float32]) -> tuple[float, float]:
    """Correlations from which on a pair is taken for the same picture, and is worth a look.

    Never below fixed values; above them where pictures that are not the same correlate highly too. What is usual is
    measured up to the 95th percentile of a sample, which copies do not reach unless a twentieth of all pairs are some.
    """
    if len(fine) < _LEAST_SAMPLE:
        return _COPY, _ALIKE
    sample = fine[np.random.default_rng(0).permutation(len(fine))[:_SAMPLE]]
    usual = np.arctanh(np.clip((sample @ sample.T)[np.triu_indices(len(sample), 1)], -0.999, 0.999))
    middle, high = np.percentile(usual, [50, 95])
    copy, alike = (float(np.tanh(middle + beyond * (high - middle))) for beyond in (_BEYOND_COPY, _BEYOND_ALIKE))
    return min(max(copy, _COPY), _HIGHEST), min(max(alike, _ALIKE), _HIGHEST)


def turn_to_one_side(thumbs: Thumbs) -> Thumbs:
    """Each small picture [N, S, S] mirrored and turned so that all eight ways to lay it down become one.

    Its bright side comes right, then below; then it is transposed so that it is more spread out to the sides.
    """
    turned = thumbs - thumbs.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    at = np.linspace(-1, 1, thumbs.shape[1], dtype=np.float32)
    is_left, is_above = turned.sum(axis=1) @ at < 0, turned.sum(axis=2) @ at < 0
    result = thumbs.copy()
    result[is_left] = result[is_left, :, ::-1]
    result[is_above] = result[is_above, ::-1, :]
    is_upright = turned.sum(axis=1) @ at**2 < turned.sum(axis=2) @ at**2
    result[is_upright] = result[is_upright].transpose(0, 2, 1)
    return result


def join_pairs(pairs: NDArray[Any], n_pictures: int) -> list[list[int]]:
    """Groups of pictures that pairs connect, each in order; those without a pair are left out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(pairs):
        return []
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n_pictures, n_pictures))
    _, component = connected_components(links, directed=False)
    members: dict[int, list[int]] = defaultdict(list)
    for row in np.unique(pairs):
        members[int(component[row])].append(int(row))
    return sorted(members.values())


def _verified(
    fine: NDArray[np.float32], first: NDArray[Any], second: NDArray[Any], least: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Of candidate pairs, those that hold at full detail; in portions, so that memory stays small."""
    rows, values = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)]
    for start in range(0, len(first), 16_384):
        one, other = first[start : start + 16_384], second[start : start + 16_384]
        correlation = np.einsum("ij,ij->i", fine[one], fine[other])
        keep = correlation >= least
        rows.append(np.stack([one[keep], other[keep]], axis=1))
        values.append(correlation[keep])
    return np.concatenate(rows), np.concatenate(values)


def unit_vectors(pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Each picture [N, …] as a vector of mean 0 and length 1 [N, D]; without content, as zeros."""
    flat = pictures.reshape(len(pictures), math.prod(pictures.shape[1:])).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return flat


def _detail(thumbs: Thumbs) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Rows that have any detail, their detail as unit vectors, and the same at half the size; in portions."""
    from scipy import ndimage

    half = thumbs.shape[1] // 2
    rows, fine, coarse = [np.zeros(0, np.int64)], [np.zeros((0, 4 * half**2), np.float32)], [np.zeros((0, half**2))]
    for start in range(0, len(thumbs), 4096):
        part = thumbs[start : start + 4096].astype(np.float32)
        part -= ndimage.uniform_filter(part, (0, 5, 5))
        kept = np.flatnonzero(np.abs(part).max(axis=(1, 2)) > _FLAT)
        rows.append(kept + start)
        fine.append(unit_vectors(part[kept]))
        coarse.append(unit_vectors(part[kept].reshape(len(kept), half, 2, half, 2).mean(axis=(2, 4))))
    return np.concatenate(rows), np.concatenate(fine), np.concatenate(coarse).astype(np.float32, copy=False)
