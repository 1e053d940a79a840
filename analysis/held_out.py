"""How well a model tells its target on cases it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.directions import auroc
from analysis.evaluation.auroc_interval import newcombe_interval
from analysis.evaluation.bootstrap import bootstrap_interval
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable


@dataclass(frozen=True)
class HeldOut:
    """Figures of one split.

    Attributes:
        target: the class that is told from the others.
        split: the split measured.
        auroc: area under the ROC curve of the target's probability; NaN with one class only.
        auroc_interval: its 95 % bootstrap interval over the cases; of a perfect order, which has none, Newcombe's.
        accuracy: share of cases whose most probable class is theirs, in [0, 1].
        n_cases: cases measured.
        n_target: of these, cases of the target.
    """

    target: str
    split: str
    auroc: float
    auroc_interval: tuple[float, float]
    accuracy: float
    n_cases: int
    n_target: int

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a model card keeps them."""
        return {
            f"{self.split}_auroc": self.auroc,
            f"{self.split}_auroc_low": self.auroc_interval[0],
            f"{self.split}_auroc_high": self.auroc_interval[1],
            f"{self.split}_accuracy": self.accuracy,
            f"{self.split}_cases": float(self.n_cases),
        }


def measure_held_out(
    table: LatentTable, target: str, *, split: str = "test", n_bootstrap: int = 1000, seed: int = 0
) -> HeldOut:
    """Measure a model's probabilities on the labelled cases of one split.

    Args:
        table: latents with probabilities and labels.
        target: a class of the table.
        split: "test", "valid" or "train".
        n_bootstrap: resamples of the cases for the interval (percentile method).
        seed: of the resamples.

    Raises:
        LatentTableError: no such class, no probabilities, or no labelled case in the split.
    """
    if target not in table.classes or table.probabilities.shape[1] != len(table.classes):
        raise LatentTableError(
            f'the table has no probabilities of "{target}"; its classes: {", ".join(table.classes) or "none"}, '
            f"columns of probabilities: {table.probabilities.shape[1]}"
        )
    measured = table.rows((table.split == split) & (table.labels >= 0))
    if not len(measured):
        raise LatentTableError(
            f"no labelled case is in the split {split}; there are "
            + (", ".join(sorted(set(table.split.tolist()))) or "none")
        )
    index = table.classes.index(target)
    is_target = (measured.labels == index).astype(np.float64)
    scores = measured.probabilities[:, index].astype(np.float64)
    area = auroc(is_target, scores)
    low, high = bootstrap_interval(auroc, is_target, scores, n=n_bootstrap, seed=seed)
    if low == high:  # every resample of a perfect order is perfect: that is no certainty
        low, high = newcombe_interval(area, int(is_target.sum()), int((1 - is_target).sum()))
    return HeldOut(
        target=target,
        split=split,
        auroc=area,
        auroc_interval=(low, high),
        accuracy=float((measured.predictions == measured.labels).mean()),
        n_cases=len(measured),
        n_target=int(is_target.sum()),
    )
