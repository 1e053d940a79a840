"""How good a classifier is on cases it has not seen: order, decisions, probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.calibration import Calibration, measure_calibration
from analysis.evaluation.decisions import Operation, choose_threshold, confusion_matrix, operate
from analysis.held_out import HeldOut, measure_held_out
from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class ClassifierQuality:
    """Figures of one split.

    Attributes:
        held_out: AUROC with its interval, accuracy, counts.
        classes: names of the classes.
        operation: threshold on the target's probability, and what it finds in this split.
        threshold_split: the split the threshold was chosen on; "" where there was none and it is 0.5.
        confusion: counts [classes, classes], rows the truth; of two classes at the threshold, of more by the most
            probable class.
        calibration: of the target's probability.
    """

    held_out: HeldOut
    classes: tuple[str, ...]
    operation: Operation
    threshold_split: str
    confusion: NDArray[np.int64]
    calibration: Calibration

    @property
    def target(self) -> str:
        """The class that is told from the others."""
        return self.held_out.target

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a model card keeps them."""
        split, operation = self.held_out.split, self.operation
        return self.held_out.metrics() | {
            f"{split}_target_cases": float(self.held_out.n_target),
            f"{split}_threshold": operation.threshold,
            f"{split}_sensitivity": operation.sensitivity,
            f"{split}_specificity": operation.specificity,
            f"{split}_brier": self.calibration.brier,
            f"{split}_calibration_error": self.calibration.error,
        }

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        calibration, operation = self.calibration, self.operation
        return {
            "task": "classes",
            "target": self.target,
            "split": self.held_out.split,
            "classes": list(self.classes),
            **{name.removeprefix(f"{self.held_out.split}_"): value for name, value in self.metrics().items()},
            "threshold_chosen_on": self.threshold_split,
            "sensitivity_interval": list(operation.sensitivity_interval),
            "specificity_interval": list(operation.specificity_interval),
            "confusion": self.confusion.tolist(),
            "calibration": {
                name: getattr(calibration, name).tolist() for name in ("predicted", "observed", "low", "high", "counts")
            },
        }


def measure_classifier(table: LatentTable, target: str, *, split: str = "test", seed: int = 0) -> ClassifierQuality:
    """Measure a classifier's probabilities on one split; its threshold is chosen on another.

    Args:
        table: latents with probabilities and labels.
        target: a class of the table.
        split: "test", "valid" or "train".
        seed: of the resamples of the interval.

    Raises:
        LatentTableError: no such class, no probabilities, or no labelled case in the split.
    """
    held_out = measure_held_out(table, target, split=split, seed=seed)
    index = table.classes.index(target)
    chosen_on = next((name for name in ("valid", "train") if name != split and np.any(table.split == name)), "")
    threshold = _threshold(table, index, chosen_on) if chosen_on else 0.5
    measured = table.rows((table.split == split) & (table.labels >= 0))
    scores = measured.probabilities[:, index].astype(np.float64)
    calls = measured.predictions
    if len(table.classes) == 2:
        calls = np.where(scores >= threshold, index, 1 - index)
    is_target = measured.labels == index
    return ClassifierQuality(
        held_out,
        table.classes,
        operate(is_target, scores, threshold),
        chosen_on,
        confusion_matrix(measured.labels, calls, len(table.classes)),
        measure_calibration(is_target, scores),
    )


def _threshold(table: LatentTable, index: int, split: str) -> float:
    rows = (table.split == split) & (table.labels >= 0)
    return choose_threshold(table.labels[rows] == index, table.probabilities[rows, index])
