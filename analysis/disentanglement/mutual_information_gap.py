"""MIG: does one dimension know a factor, and no other one?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.disentanglement.codes import N_BINS, CodedFactors, bin_codes, entropies, gaps, mutual_information


@dataclass(frozen=True, eq=False)
class MutualInformationGap:
    """MIG and what it is made of.

    Attributes:
        score: mean of `by_factor`, 0 (no dimension stands out) to 1 (one dimension tells each factor, no other does).
        by_factor: the gap of each factor [K], as a share of its entropy.
        information: mutual information of dimensions and factors in nats [D, K].
        entropies: of the factors in nats [K].
    """

    score: float
    by_factor: NDArray[np.float64]
    information: NDArray[np.float64]
    entropies: NDArray[np.float64]


def measure_mig(coded: CodedFactors, *, n_bins: int = N_BINS) -> MutualInformationGap:
    """The gap in mutual information between the dimension that knows most of a factor and the next.

    Codes are cut into `n_bins` equal widths; a factor with more levels than bins cannot reach 1.

    Args:
        coded: codes and factors.
        n_bins: bins of a dimension, at least 2.

    Source: Chen et al. 2018, "Isolating sources of disentanglement in VAEs", section 4.1.
    """
    information = mutual_information(bin_codes(coded.z, n_bins), coded.factors)
    entropy = entropies(coded.factors)
    by_factor = gaps(information) / entropy
    return MutualInformationGap(float(by_factor.mean()), by_factor, information, entropy)
