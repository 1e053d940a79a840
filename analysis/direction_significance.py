"""Could a direction be noise? A permutation test of whether z says anything at all about the target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNIFICANT = 0.01
"""A direction counts as more than noise where p is below this.

Not 0.05: an exact test at 0.05 calls one noise direction in twenty real, so among 100 directions fitted to shuffled
labels more than five would be called real about every second time. At 0.01 that is one in a hundred, and more than
five of 100 happen less than once in a thousand times.
"""
PERMUTATIONS = 999
"""Enough that p = 0.01 is told from 0.02; the smallest p is 0.001."""
LEAST_PERMUTATIONS = 100
"""With fewer, even the strongest direction has p of 0.01 or more and would be called noise."""
FEWER_PERMUTATIONS = 199
"""For tables so large that 999 would take longer than a tenth of a second; the smallest p is 0.005."""
_LARGE = 4_000
_CHUNK_ENTRIES = 4_000_000
_TIE = 1e-9


def permutations_for(n_cases: int) -> int:
    """How many permutations are tested where nobody says: what takes about a tenth of a second up to 20,000 cases."""
    return PERMUTATIONS if n_cases <= _LARGE else FEWER_PERMUTATIONS


def p_words(p_value: float) -> str:
    """A p-value as papers write it, "p = 0.31"; "not tested" for NaN."""
    return "not tested" if math.isnan(p_value) else f"p = {p_value:.2g}"


def permutation_p_value(z: NDArray[Any], y: NDArray[Any], n_permutations: int, *, seed: int = 0) -> float:
    """Chance that shuffled targets covary with z as strongly as the true ones do.

    The statistic is the length of the covariance of y with z, which is what the first PLS component maximises: the
    covariance of a score along a unit vector with y. Shuffling keeps how many cases have each value, and it needs no
    refitting: the covariances of all shuffles are one matrix product. The test is exact: for targets that have nothing
    to do with z, P(p ≤ a) ≤ a for any a and any number of cases and dimensions, as long as cases are exchangeable
    (several pictures of one patient are not: their p is too small).

    Args:
        z: latent vectors of the fitted cases [N, D].
        y: their target [N].
        n_permutations: shuffles drawn; 0: not tested.
        seed: of the shuffles.

    Returns:
        (1 + shuffles at least as strong) / (1 + shuffles), in (0, 1]; NaN where nothing was shuffled.

    Raises:
        ValueError: `n_permutations` below 0.

    Source: Phipson & Smyth 2010 (the 1 that is added); Good 2005.
    """
    if n_permutations < 0:
        raise ValueError(f"n_permutations={n_permutations}; expected 0 (not tested) or more, such as {PERMUTATIONS}")
    if n_permutations == 0:
        return math.nan
    rng = np.random.default_rng([seed, 0x9E3779B9])  # a stream of its own: testing changes no other draw
    centred = np.asarray(z, dtype=np.float64) - np.mean(z, axis=0, dtype=np.float64)  # [N, D]
    deviation = np.asarray(y, dtype=np.float64) - np.mean(y, dtype=np.float64)  # [N]
    least = (1 - _TIE) * float(np.square(deviation @ centred).sum())  # a shuffle that changes nothing is a tie
    chunk = max(1, _CHUNK_ENTRIES // len(deviation))
    reached = 0
    for start in range(0, n_permutations, chunk):
        wanted = min(chunk, n_permutations - start)
        shuffled = rng.permuted(np.broadcast_to(deviation, (wanted, len(deviation))), axis=1)  # [n, N]
        covariances = shuffled @ centred  # [n, D]
        reached += int((np.einsum("nd,nd->n", covariances, covariances) >= least).sum())
    return (1 + reached) / (1 + n_permutations)
