"""All four scores of a latent space at once, and what they say in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.disentanglement.codes import CodedFactors
from analysis.disentanglement.factor_votes import FactorVotes, measure_factor_vae
from analysis.disentanglement.importance_entropies import ImportanceEntropies, measure_dci
from analysis.disentanglement.mutual_information_gap import MutualInformationGap, measure_mig
from analysis.disentanglement.separated_predictability import SeparatedPredictability, measure_sap

Progress = Callable[[int, int], None]
MEANING = {
    "disentanglement": "DCI disentanglement: is each dimension needed for one factor only? 0 no, 1 yes.",
    "completeness": "DCI completeness: is each factor read from one dimension only? 0 no, 1 yes.",
    "informativeness": "DCI informativeness: can the factors be read from z at all? 0 as by guessing, 1 exactly.",
    "mig": "MIG: does one dimension know a factor and no other one? 0 no, 1 yes.",
    "sap": "SAP: can a factor be read from one dimension alone and from no other? 0 no, 1 yes.",
    "factor_vae": "FactorVAE: does the dimension that varies least give away which factor is held still? From "
    "guessing (one share for each factor) to 1.",
}
"""What each figure asks, by its name in `DisentanglementScores.figures`."""


@dataclass(frozen=True, eq=False)
class DisentanglementScores:
    """The scores of one latent space.

    Attributes:
        dci: disentanglement, completeness, informativeness.
        mig: mutual information gap.
        sap: separated attribute predictability.
        factor_vae: FactorVAE score.
        names: of the factors.
        n_cases: that were measured.
        seed: of halves, forests and draws.
    """

    dci: ImportanceEntropies
    mig: MutualInformationGap
    sap: SeparatedPredictability
    factor_vae: FactorVotes
    names: tuple[str, ...]
    n_cases: int
    seed: int

    def figures(self) -> dict[str, float]:
        """The scores by name; see `MEANING`."""
        return {
            "disentanglement": self.dci.disentanglement,
            "completeness": self.dci.completeness,
            "informativeness": self.dci.informativeness,
            "mig": self.mig.score,
            "sap": self.sap.score,
            "factor_vae": self.factor_vae.score,
        }

    def to_json(self) -> dict[str, Any]:
        """Scores and their parts as JSON values."""
        return {
            **self.figures(),
            "factor_vae_chance": self.factor_vae.chance,
            "factors": list(self.names),
            "n_cases": self.n_cases,
            "seed": self.seed,
            "informativeness_by_factor": self.dci.by_factor.tolist(),
            "mig_by_factor": self.mig.by_factor.tolist(),
            "sap_by_factor": self.sap.by_factor.tolist(),
            "importances": self.dci.importances.tolist(),
            "mutual_information": self.mig.information.tolist(),
            "entropies": self.mig.entropies.tolist(),
        }


def measure_disentanglement(
    coded: CodedFactors,
    *,
    is_used: NDArray[np.bool_] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> DisentanglementScores:
    """DCI, MIG, SAP and the FactorVAE score of codes whose factors are known.

    Args:
        coded: codes and factors, of cases that cover the factors evenly (a whole grid, or drawn from it).
        is_used: [D], dimensions that are not collapsed, of a variational model; see `measure_factor_vae`.
        seed: of halves, forests and draws.
        progress: called with (factors done, all), while the forests of DCI grow.
    """
    return DisentanglementScores(
        dci=measure_dci(coded, seed=seed, progress=progress),
        mig=measure_mig(coded),
        sap=measure_sap(coded, seed=seed),
        factor_vae=measure_factor_vae(coded, is_used=is_used, seed=seed),
        names=coded.names,
        n_cases=len(coded.z),
        seed=seed,
    )
