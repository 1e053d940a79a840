"""Do the training cases that a method calls important share the explained case's label?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.evaluation.bootstrap import bootstrap_interval
from analysis.evaluation.example_quality import measure_label_agreement
from analysis.examples.lfxai_names import InfluenceFunctions, NearestNeighbours, SimplEx
from analysis.examples.sample_losses import LossFunction, OutputLoss
from analysis.examples.samples import samples_of
from analysis.examples.steps import Progress
from analysis.examples.tracin import CheckpointSource, trace_training
from analysis.experiments.curves import Curve, CurveFigure, Style, draw_curves
from analysis.experiments.words import listed, told, words_of
from analysis.figures.formats import Format

Floats = NDArray[np.float64]
EXAMPLE_METHODS = ("simplex", "dknn", "tracin", "influence")
FRACTIONS = (0.05, 0.1, 0.2, 0.5, 0.7, 1.0)
MENDED = (
    "SimplEx explains the last, smaller batch too, and nearest neighbours fewer cases than a batch (lfxai: zeros)",
    "gradients are taken in evaluation mode: lfxai's script switches to training mode, so that noise is added to each "
    "case and batch norm sees one case at a time",
    "TracIn leaves the network at its final weights; influence takes its curvature from the compared cases, with no "
    "draw by chance",
    "no test case is used to choose the epoch: the number of epochs is fixed",
    "with intervals, and beside what any order would give",
)  # fmt: skip
_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class ExampleConsistency:
    """Shares of equal labels by method, run, fraction and explained case.

    Attributes:
        methods: M names.
        fractions: of the training cases that were looked at [K].
        most: among the most important [M, R, K, N], in [0, 1].
        least: among the least important [M, R, K, N].
        expected: what any order gives: the share of equal labels among all pairs.
        data: name of the data.
    """

    methods: tuple[str, ...]
    fractions: tuple[float, ...]
    most: Floats
    least: Floats
    expected: float
    data: str = ""

    def rows(self) -> list[dict[str, Any]]:
        """One row for each method, kind, fraction and run, then the mean of the runs with its interval over cases."""
        return list(self._rows)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        found = []
        for m, method in enumerate(self.methods):
            for kind, values in (("most important", self.most[m]), ("least important", self.least[m])):
                for k, fraction in enumerate(self.fractions):
                    for run, each in [*((str(r), own) for r, own in enumerate(values[:, k])),
                                      ("all", values[:, k].mean(axis=0))]:  # fmt: skip
                        low, high = _interval(each)
                        found.append({"method": method, "examples": kind, "fraction": fraction, "run": run,
                                      "agreement": float(each.mean()), "low": low, "high": high, "cases": len(each),
                                      "expected": self.expected})  # fmt: skip
        return found

    def sentences(self) -> list[str]:
        """What was found, in words."""
        parts, above, below = [], [], []
        for method, most, least in zip(self.methods, self.most, self.least, strict=True):
            first, last = most[:, 0].mean(axis=0), least[:, 0].mean(axis=0)
            low, high = _interval(first)
            above += [words_of(method)] if low > self.expected else []
            below += [words_of(method)] if _interval(last)[1] < self.expected else []
            parts.append(f"{words_of(method)} {told(float(first.mean()), low, high)}, least {last.mean():.2f}")
        return [
            f"of the {self.fractions[0]:.0%} most important training cases share the label: {'; '.join(parts)}; "
            f"any order gives {self.expected:.2f}",
            f"most important above chance: {listed(above) if above else 'no method'}; least important below it: "
            f"{listed(below) if below else 'no method'}",
        ]

    def draw(self, form: Format = "png") -> bytes:
        """Agreement against fraction: the most important solid, the least important dotted."""
        curves = []
        styles: dict[str, Style] = {"most important": "solid", "least important": "dotted"}
        for m, method in enumerate(self.methods):
            for kind, style in styles.items():
                own = [
                    row for row in self._rows if (row["method"], row["examples"], row["run"]) == (method, kind, "all")
                ]
                agreement, low, high = (np.array([row[name] for row in own]) for name in ("agreement", "low", "high"))
                curves.append(
                    Curve(
                        words_of(method) if style == "solid" else "",
                        np.array(self.fractions),
                        agreement,
                        low,
                        high,
                        colour=m,
                        style=style,
                    )
                )
        return draw_curves(
            CurveFigure(
                curves,
                "training cases looked at (%)",
                "share with the explained case's label",
                f"{self.data}: do important examples look like the case?",
                self.expected,
                "any order",
                styles,
            ),
            form,
        )


def explain_by_examples(
    model: nn.Module,
    train: Tensor,
    test: Tensor,
    method: str,
    *,
    loss: LossFunction,
    checkpoints: Sequence[CheckpointSource] = (),
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> Floats:
    """How important each training case is for each explained one [N_test, N_train], without a label.

    Args:
        model: with an `encoder`; left as it is.
        train: the compared training cases [N_train, …].
        test: the explained cases [N_test, …].
        method: "simplex", "dknn", "tracin" or "influence" (lfxai's series).
        loss: of (input, output), whose gradients are compared.
        checkpoints: of the training, for TracIn; the final weights if empty.
        device: where to compute.
        progress: of TracIn, called with (steps done, all).

    Raises:
        ValueError: another method.
    """
    if method in ("simplex", "dknn"):
        explainer = (SimplEx if method == "simplex" else NearestNeighbours)(model, loss)
        return explainer.attribute_loader(device, [train], [test]).double().numpy()
    if method == "tracin":
        return trace_training(
            *(model, samples_of(train), samples_of(test)),
            loss=OutputLoss(loss),
            checkpoints=checkpoints,
            parameters="encoder",
            device=device,
            progress=progress,
        ).scores
    if method == "influence":
        series = InfluenceFunctions(model, loss, save_dir="")
        return series.attribute_loader(device, [train], [test], [train]).double().numpy()
    raise ValueError(f'method is "{method}"; expected one of {", ".join(EXAMPLE_METHODS)}')


def measure_agreement(
    scores: Mapping[str, NDArray[Any]],
    test_labels: NDArray[Any],
    train_labels: NDArray[Any],
    *,
    fractions: Sequence[float] = FRACTIONS,
) -> tuple[Floats, Floats]:
    """Shares of equal labels among the most and among the least important training cases, each [M, K, N].

    Args:
        scores: [N, N_train] by name of the method.
        test_labels: [N].
        train_labels: [N_train].
        fractions: K, in (0, 1].

    Source: Crabbé & van der Schaar 2022, section 4.1, "similarity rate".
    """
    most, least = np.zeros((2, len(scores), len(fractions), len(test_labels)))
    for m, said in enumerate(scores.values()):
        for n, label in enumerate(test_labels):
            found = measure_label_agreement(said[n : n + 1], np.array([label]), train_labels, fractions=fractions)
            most[m, :, n], least[m, :, n] = found.most, found.least
    return most, least


def _interval(values: Floats) -> tuple[float, float]:
    return bootstrap_interval(lambda first, _: float(first.mean()), values, values, n=_RESAMPLES, seed=0)
