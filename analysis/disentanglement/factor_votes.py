"""The FactorVAE score: can it be told which factor was held still from the dimension that varies least?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.disentanglement.codes import CodedFactors

N_VOTES = 5000
BATCH = 64
_CHUNK = 2**22


@dataclass(frozen=True, eq=False)
class FactorVotes:
    """The FactorVAE score and what it is made of.

    Attributes:
        score: share of votes that are right, `chance` to 1.
        chance: share that is right by always naming one factor, about 1/K.
        votes: [D, K], how often a dimension varied least while a factor was held still, of the votes to learn from.
    """

    score: float
    chance: float
    votes: NDArray[np.int64]


def measure_factor_vae(
    coded: CodedFactors,
    *,
    is_used: NDArray[np.bool_] | None = None,
    n_votes: int = N_VOTES,
    batch: int = BATCH,
    seed: int = 0,
) -> FactorVotes:
    """Hold a factor still, see which dimension varies least, and name the factor that usually belongs to it.

    A vote draws a case and then, with replacement, `batch` cases whose value of the factor is that case's. The
    variance in each dimension is divided by that over all cases. What a dimension usually stands for is learned on
    `n_votes` votes and tested on as many others.

    Args:
        coded: codes and factors.
        is_used: [D], dimensions that may vote; None: all that vary. The paper leaves collapsed ones out.
        n_votes: votes to learn from, and as many to test; the paper takes 800.
        batch: cases a vote.
        seed: of the draws.

    Source: Kim & Mnih 2018, "Disentangling by factorising", section 4.
    """
    n_factors = len(coded.names)
    rng = np.random.default_rng(seed)
    voting = coded.varies if is_used is None else coded.varies & is_used
    held = rng.integers(n_factors, size=2 * n_votes)
    chance = float(np.bincount(held[n_votes:], minlength=n_factors).max() / n_votes)
    if not voting.any():
        return FactorVotes(chance, chance, np.zeros((coded.z.shape[1], n_factors), np.int64))
    least = np.flatnonzero(voting)[_least_varying(coded, voting, held, batch, rng)]  # [2 n_votes]
    votes = np.zeros((coded.z.shape[1], n_factors), np.int64)
    np.add.at(votes, (least[:n_votes], held[:n_votes]), 1)
    named = votes.argmax(axis=1)
    return FactorVotes(float((named[least[n_votes:]] == held[n_votes:]).mean()), chance, votes)


def _least_varying(
    coded: CodedFactors, voting: NDArray[np.bool_], held: NDArray[np.int64], batch: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Number among the voting dimensions of the one that varies least in each vote."""
    z = coded.z[:, voting]
    scaled = (z - z.mean(axis=0)) / z.std(axis=0)
    least = np.empty(len(held), np.int64)
    rows_at_once = max(1, _CHUNK // (batch * z.shape[1]))
    for factor in range(len(coded.names)):
        own = np.flatnonzero(held == factor)
        for start in range(0, len(own), rows_at_once):
            chosen = own[start : start + rows_at_once]
            rows = _rows_alike(coded.factors[:, factor], len(chosen), batch, rng)
            least[chosen] = scaled[rows].var(axis=1).argmin(axis=1)
    return least


def _rows_alike(levels: NDArray[np.int64], n: int, batch: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows [n, batch]; those of one vote share a level, which is a random case's."""
    order = np.argsort(levels, kind="stable")
    counts = np.bincount(levels)
    starts = np.cumsum(counts) - counts
    level = levels[rng.integers(len(levels), size=n)]
    within = (rng.random((n, batch)) * counts[level][:, None]).astype(np.int64)
    return order[starts[level][:, None] + within]
