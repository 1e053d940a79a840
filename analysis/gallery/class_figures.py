"""How well classes are told on held-out cases, by whoever tells them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from analysis.directions import auroc
from analysis.evaluation.auroc_interval import newcombe_interval
from analysis.evaluation.calibration import wilson_interval


@dataclass(frozen=True)
class ClassFigures:
    """How well the classes of held-out cases are told.

    Attributes:
        accuracy: share of cases that are told rightly.
        accuracy_interval: its 95 % Wilson interval over the cases.
        auroc: of two classes, area under the ROC curve of the second; NaN of more.
        auroc_interval: its 95 % interval by Newcombe's method, which has a width of a perfect order, too.
        n_test: cases that it was measured on.
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    auroc: float
    auroc_interval: tuple[float, float]
    n_test: int

    @property
    def figure(self) -> tuple[float, tuple[float, float]]:
        """The figure to compare by, with its interval: AUROC of two classes, else accuracy."""
        if math.isfinite(self.auroc):
            return self.auroc, self.auroc_interval
        return self.accuracy, self.accuracy_interval

    @classmethod
    def of(cls, scores: NDArray[np.float64], y: NDArray[np.int64]) -> ClassFigures:
        """Measure scores [N, classes], the more the likelier, of cases of these classes [N]."""
        is_right = scores.argmax(axis=1) == y
        low, high = wilson_interval(float(is_right.mean()), len(y))
        area, bounds = math.nan, (math.nan, math.nan)
        if scores.shape[1] == 2:
            is_second = (y == 1).astype(np.float64)
            n_second = int(is_second.sum())
            area = auroc(is_second, scores[:, 1] - scores[:, 0])
            bounds = newcombe_interval(area, n_second, len(y) - n_second)
        return cls(float(is_right.mean()), (float(low), float(high)), area, bounds, len(y))


@torch.no_grad()
def measure_classifier(model: nn.Module, z: NDArray[np.float32], y: NDArray[np.int64]) -> ClassFigures | None:
    """Measure a model's own classifier on codes [N, D] of cases of these classes [N]; None where it has none."""
    classifying: Any = model.eval()
    logits = classifying.classify(torch.from_numpy(z))
    return None if logits is None else ClassFigures.of(logits.double().numpy(), y)
