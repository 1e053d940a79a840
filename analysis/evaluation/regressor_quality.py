"""How good a model of numbers is on cases it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.directions import spearman
from analysis.evaluation.bootstrap import bootstrap_interval
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable

Values = NDArray[np.float64]
Interval = tuple[float, float]
_MOST_SHOWN = 400


@dataclass(frozen=True, eq=False)
class RegressorQuality:
    """Figures of one split.

    Attributes:
        target: the number that is predicted.
        split: the split measured.
        n_cases: cases measured.
        spearman: rank correlation of predicted and true numbers, in [−1, 1].
        spearman_interval: its 95 % bootstrap interval over the cases.
        mae: mean absolute error, in the target's units.
        mae_of_median: the same of always saying the median of the training cases: what must be beaten.
        r2: share of the variance that is explained; 1 is perfect, 0 what the mean reaches.
        kappa: quadratic weighted kappa of the rounded predictions, for whole-numbered grades; NaN for other numbers.
        true: the true numbers [n], of at most 400 cases, for a drawing.
        predicted: their predictions [n].
    """

    target: str
    split: str
    n_cases: int
    spearman: float
    spearman_interval: Interval
    mae: float
    mae_of_median: float
    r2: float
    kappa: float
    true: Values
    predicted: Values

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a model card keeps them."""
        named = {
            "spearman": self.spearman,
            "spearman_low": self.spearman_interval[0],
            "spearman_high": self.spearman_interval[1],
            "mae": self.mae,
            "mae_of_median": self.mae_of_median,
            "r2": self.r2,
            "kappa": self.kappa,
            "cases": float(self.n_cases),
        }
        return {f"{self.split}_{name}": value for name, value in named.items()}

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "task": "numbers",
            "target": self.target,
            "split": self.split,
            **{name.removeprefix(f"{self.split}_"): value for name, value in self.metrics().items()},
            "true": self.true.tolist(),
            "predicted": self.predicted.tolist(),
        }


def measure_regressor(
    table: LatentTable, *, split: str = "test", n_bootstrap: int = 1000, seed: int = 0
) -> RegressorQuality:
    """Measure a model's numbers on the labelled cases of one split.

    Args:
        table: latents of a model of numbers, with the true ones as a column.
        split: "test", "valid" or "train".
        n_bootstrap: resamples of the cases for the interval (percentile method).
        seed: of the resamples.

    Raises:
        LatentTableError: not a model of numbers, no column of true ones, or no labelled case in the split.
    """
    name = table.target_name
    if table.predicted is None or name not in table.columns:
        raise LatentTableError(
            f'the table has no predicted and true numbers of "{name}"; columns: {", ".join(table.columns) or "none"}'
        )
    values = table.columns[name].astype(np.float64)
    rows = (table.split == split) & np.isfinite(values)
    if not rows.any():
        raise LatentTableError(f"no case of the split {split} has a known {name}")
    true, predicted = values[rows], table.predicted[rows]
    fitted = values[(table.split == "train") & np.isfinite(values)]
    reference = float(np.median(fitted if len(fitted) else true))
    spread = float(np.square(true - true.mean()).sum())
    shown = np.linspace(0, len(true) - 1, min(len(true), _MOST_SHOWN)).astype(int)
    return RegressorQuality(
        target=name,
        split=split,
        n_cases=len(true),
        spearman=spearman(true, predicted),
        spearman_interval=bootstrap_interval(spearman, true, predicted, n=n_bootstrap, seed=seed),
        mae=float(np.abs(true - predicted).mean()),
        mae_of_median=float(np.abs(true - reference).mean()),
        r2=1 - float(np.square(true - predicted).sum()) / spread if spread > 0 else math.nan,
        kappa=weighted_kappa(true, predicted) if _is_graded(values[np.isfinite(values)]) else math.nan,
        true=true[shown],
        predicted=predicted[shown],
    )


def weighted_kappa(true: Values, predicted: Values) -> float:
    """Quadratic weighted kappa of whole grades [N] and predictions [N], rounded and held to the grades' range.

    Source: Cohen 1968, with weights (i − j)².
    """
    grades = np.rint(true)
    calls = np.clip(np.rint(predicted), grades.min(), grades.max())
    observed = np.square(grades - calls).mean()
    by_chance = np.square(grades[:, None] - calls[None, :]).mean()
    return 1 - float(observed / by_chance) if by_chance > 0 else math.nan


def _is_graded(values: Values) -> bool:
    return bool((values == np.rint(values)).all()) and 2 <= len(np.unique(values)) <= 20
