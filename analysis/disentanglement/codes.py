"""Codes and the factors they are held against: checked once, and counted in bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import DisentanglementError

N_BINS = 20
"""Bins of a dimension of z, as in the published implementations of MIG."""
_MOST_LEVELS = 256
_LEAST_CASES = 20


@dataclass(frozen=True, eq=False)
class CodedFactors:
    """Codes of cases whose factors are known.

    Attributes:
        z: codes [N, D], float64, finite.
        factors: levels of the factors [N, K], int64, each counted from 0 without gaps.
        names: of the factors.
        is_ordered: [K], whether a factor's levels have an order (a size), or not (a shape).
    """

    z: NDArray[np.float64]
    factors: NDArray[np.int64]
    names: tuple[str, ...]
    is_ordered: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        z: Any,
        factors: Any,
        names: Sequence[str] = (),
        *,
        unordered: Sequence[str] = (),
    ) -> CodedFactors:
        """Check codes and factors.

        Args:
            z: codes [N, D].
            factors: whole numbers [N, K]; each factor takes at least two values.
            names: of the factors; "factor 0", … if empty.
            unordered: names of those whose levels have no order.

        Raises:
            DisentanglementError: shapes that do not belong together, values that are not finite, a factor that does
                not vary or takes too many values, or too few cases.
        """
        codes, levels = np.asarray(z, np.float64), np.asarray(factors)
        if codes.ndim != 2 or levels.ndim != 2 or len(codes) != len(levels) or not codes.shape[1] * levels.shape[1]:
            raise DisentanglementError(
                f"codes {codes.shape} and factors {levels.shape}; expected [N, D] and [N, K] of the same N cases"
            )
        if len(codes) < _LEAST_CASES:
            raise DisentanglementError(f"{len(codes)} cases; scores of factors need at least {_LEAST_CASES}")
        if not np.isfinite(codes).all():
            raise DisentanglementError("the codes hold values that are not finite: look for NaN in the model's weights")
        if not np.issubdtype(levels.dtype, np.integer):
            raise DisentanglementError(f"the factors are {levels.dtype}; expected whole numbers, the factors' levels")
        known = tuple(names) or tuple(f"factor {number}" for number in range(levels.shape[1]))
        if len(known) != levels.shape[1] or not set(unordered) <= set(known):
            raise DisentanglementError(f"names {known}, unordered {tuple(unordered)}, for {levels.shape[1]} factors")
        columns = [np.unique(column, return_inverse=True)[1] for column in levels.T]
        for name, column in zip(known, columns, strict=True):
            if not 1 <= column.max() < _MOST_LEVELS:
                raise DisentanglementError(
                    f'the factor "{name}" takes {column.max() + 1} values; expected 2 to {_MOST_LEVELS}: leave out '
                    "what does not vary, and bin what is continuous"
                )
        ordered = np.array([name not in unordered for name in known])
        return cls(codes, np.stack(columns, axis=1).astype(np.int64), known, ordered)

    @property
    def varies(self) -> NDArray[np.bool_]:
        """[D], whether a dimension takes more than one value."""
        varying: NDArray[np.bool_] = np.ptp(self.z, axis=0) > 0
        return varying

    def halves(self, seed: int) -> tuple[CodedFactors, CodedFactors]:
        """The cases in two halves by chance, to learn on and to test on."""
        order = np.random.default_rng(seed).permutation(len(self.z))
        cut = (len(order) + 1) // 2
        return self._rows(order[:cut]), self._rows(order[cut:])

    def _rows(self, rows: NDArray[np.int64]) -> CodedFactors:
        return CodedFactors(self.z[rows], self.factors[rows], self.names, self.is_ordered)


def bin_codes(z: NDArray[np.float64], n_bins: int = N_BINS) -> NDArray[np.int64]:
    """Codes [N, D] as numbers of bins [N, D]: each dimension cut into equal widths from its least to its greatest.

    Shifting or scaling a dimension changes nothing; one that does not vary lies in bin 0.
    """
    low, width = z.min(axis=0), np.ptp(z, axis=0)
    share = (z - low) / np.where(width > 0, width, 1)
    return np.minimum((share * n_bins).astype(np.int64), n_bins - 1)


def mutual_information(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mutual information in nats [A, B] of every column of [N, A] with every column of [N, B], all whole numbers ≥ 0.

    It is that of the counts (the plug-in estimate), ≥ 0: of independent columns it lies above 0 by about
    (levels − 1)(levels − 1)/2N.
    """
    n, one, two = len(first), _indicators(first), _indicators(second)
    joint = np.einsum("nai,nbj->abij", one, two, optimize=True) / n  # [A, B, I, J]
    independent = joint.sum(axis=3, keepdims=True) * joint.sum(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * np.log(joint / independent), 0.0)
    return np.maximum(terms.sum(axis=(2, 3)), 0.0)


def entropies(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Entropy in nats [A] of each column of whole numbers ≥ 0 [N, A]."""
    shares = _indicators(levels).mean(axis=0)  # [A, I]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, -shares * np.log(shares), 0.0)
    found: NDArray[np.float64] = terms.sum(axis=1)
    return found


def gaps(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greatest less second greatest of each column [K] of values ≥ 0 [D, K]; of one dimension the value itself."""
    padded = np.vstack((matrix, np.zeros((1, matrix.shape[1]))))
    two = np.sort(padded, axis=0)[-2:]
    return two[1] - two[0]


def _indicators(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """[N, A] as ones and zeros [N, A, I]."""
    return (levels[:, :, None] == np.arange(levels.max() + 1)).astype(np.float64)
