"""How good a model is on held-out cases, as a figure: order, probabilities, decisions; or numbers beside the truth."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import Quality
from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.evaluation.roc_curve import RocCurve, roc_curve_of
from analysis.figures.number_panels import draw_differences, draw_predictions, signed
from analysis.figures.quality_panels import draw_areas, draw_calibration, draw_confusion, draw_roc
from analysis.figures.style import FigureStyle
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MOST_CURVES = 30
"""Classes that an AUROC is measured for."""
_WIDE_MM = 120.0
_COLUMNS = ("panel", "name", "other", "x", "y", "low", "high", "cases")
_Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class QualityChart:
    """Held-out figures of a classifier or of a model of numbers.

    Attributes:
        quality: the figures.
        curves: of a classifier: of two classes the ROC curve of the target, of more that of each against the rest; ()
            where no table of probabilities was there to make them from.
    """

    kind: ClassVar[str] = "quality"
    quality: Quality
    curves: tuple[RocCurve, ...] = ()

    @property
    def split(self) -> str:
        """The split that was measured."""
        return self.quality.split if isinstance(self.quality, RegressorQuality) else self.quality.held_out.split

    @property
    def intervals(self) -> str:
        """How the main figure's interval was found: "bootstrap", or "newcombe" of a perfect order."""
        if isinstance(self.quality, RegressorQuality):
            return "bootstrap"
        return "newcombe" if self.quality.held_out.auroc in (0.0, 1.0) else "bootstrap"

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        if isinstance(self.quality, RegressorQuality):
            n_columns, cells = 2, 1.0
        else:
            names = self._names(style)
            n_columns, cells = len(names[0]), len(names) - 0.12 * (len(names) > 1)
        return cells * (min(2.6, 0.9 * style.width / n_columns) + style.line("small", 2))

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the panels."""
        if isinstance(self.quality, RegressorQuality):
            left, right = part.subplots(1, 2)
            draw_predictions(left, self.quality, style)
            draw_differences(right, self.quality, style)
            return
        names = self._names(style)
        axes: dict[str, Any] = part.subplot_mosaic([list(row) for row in names])
        if "roc" in axes:
            draw_roc(axes["roc"], self.curves[0], self.quality, style)
        if "areas" in axes:
            draw_areas(axes["areas"], self.curves, style)
        draw_calibration(axes["calibration"], self.quality, style)
        draw_confusion(axes["confusion"], self.quality, style, box_aspect=0.5 if len(names) > 1 else 1)

    def numbers(self) -> str:
        """Every point and cell that is drawn: one table, the panel's name first."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        quality = self.quality
        rows = _number_rows(quality) if isinstance(quality, RegressorQuality) else _class_rows(quality, self.curves)
        writer.writerows([_cell(value) for value in row] for row in rows)
        return text.getvalue()

    def caption(self) -> str:
        """What is drawn, with its figures."""
        quality = self.quality
        words = _number_words(quality) if isinstance(quality, RegressorQuality) else _class_words(quality, self.curves)
        return " ".join(words)

    def _names(self, style: FigureStyle) -> tuple[tuple[str, ...], ...]:
        """Names of a classifier's panels, in rows."""
        order = {0: (), 1: ("roc",)}.get(len(self.curves), ("areas",))
        if style.width_mm >= _WIDE_MM or not order:
            return ((*order, "calibration", "confusion"),)
        return ((*order, "calibration"), ("confusion", "confusion"))


def quality_chart(quality: Quality, table: LatentTable | None = None, *, seed: int = 0) -> QualityChart:
    """The figure of a model's held-out figures.

    Args:
        quality: the figures.
        table: the latents they were measured on, for ROC curves and for all predicted numbers; None: what `quality`
            keeps of them (no curve, 400 numbers).
        seed: of the resamples of the classes' intervals.

    Raises:
        LatentTableError: a table without the split that `quality` was measured on.
    """
    if isinstance(quality, RegressorQuality):
        return QualityChart(quality if table is None else _with_every_case(quality, table))
    if table is None or len(quality.classes) > MOST_CURVES:
        return QualityChart(quality)
    targets = (quality.target,) if len(quality.classes) == 2 else quality.classes
    split = quality.held_out.split
    return QualityChart(quality, tuple(roc_curve_of(table, target, split=split, seed=seed) for target in targets))


def _with_every_case(quality: RegressorQuality, table: LatentTable) -> RegressorQuality:
    if table.predicted is None or quality.target not in table.columns:
        return quality
    true = table.columns[quality.target].astype(np.float64)
    rows = (table.split == quality.split) & np.isfinite(true)
    return replace(quality, true=true[rows], predicted=table.predicted[rows])


def _class_rows(quality: ClassifierQuality, curves: tuple[RocCurve, ...]) -> Iterator[_Row]:
    for curve in curves:
        held_out = curve.held_out
        yield "AUROC", curve.target, "", "", held_out.auroc, *held_out.auroc_interval, held_out.n_cases
        for x, y in zip(curve.false_positive, curve.true_positive, strict=True):
            yield "ROC", curve.target, "", x, y, "", "", ""
    if len(quality.classes) == 2:
        found, target = quality.operation, quality.target
        yield "sensitivity", target, "", found.threshold, found.sensitivity, *found.sensitivity_interval, ""
        yield "specificity", target, "", found.threshold, found.specificity, *found.specificity_interval, ""
    bins = quality.calibration
    for values in zip(bins.predicted, bins.observed, bins.low, bins.high, bins.counts, strict=True):
        yield "calibration", quality.target, "", *values
    for true, row in zip(quality.classes, quality.confusion, strict=True):
        for called, count in zip(quality.classes, row, strict=True):
            yield "confusion", true, called, "", "", "", "", count


def _number_rows(quality: RegressorQuality) -> Iterator[_Row]:
    low, high = quality.spearman_interval
    yield "Spearman", quality.target, "", "", quality.spearman, low, high, quality.n_cases
    for true, predicted in zip(quality.true, quality.predicted, strict=True):
        yield "case", quality.target, "", true, predicted, "", "", ""


def _class_words(quality: ClassifierQuality, curves: tuple[RocCurve, ...]) -> Iterator[str]:
    held_out, target, bins = quality.held_out, quality.target, quality.calibration
    yield f"Held-out figures on {held_out.n_cases:,} cases of the {held_out.split} split."
    low, high = held_out.auroc_interval
    area = f"AUROC of {target} {held_out.auroc:.3f} (95 % interval {low:.3f} to {high:.3f})"
    if not math.isfinite(held_out.auroc):
        yield f"No AUROC of {target}: of one of both classes there is no case."
    elif len(quality.classes) == 2:
        yield f"{'ROC curve; ' if curves else ''}{area}. {_decision_words(quality, 'Ring: at' if curves else 'At')}"
    else:
        yield f"{'AUROC of each class against the rest, with 95 % intervals; ' if curves else ''}{area}."
    yield (
        f"Calibration of the probability of {target}, in {len(bins.counts)} bins of as many cases each, with 95 % "
        f"Wilson intervals: off by {bins.error:.2f} on average, Brier score {bins.brier:.3f}."
    )
    yield "Confusion matrix: cases, and their share of the true class, which is also the colour."


def _decision_words(quality: ClassifierQuality, where: str) -> str:
    found = quality.operation
    chosen = f", chosen on the {quality.threshold_split} split" if quality.threshold_split else ""
    return (
        f"{where} the threshold {found.threshold:.2f}{chosen}, sensitivity is {found.sensitivity:.2f} and specificity "
        f"{found.specificity:.2f}."
    )


def _number_words(quality: RegressorQuality) -> Iterator[str]:
    low, high = quality.spearman_interval
    difference = quality.predicted - quality.true
    mean, spread = float(difference.mean()), 1.96 * _sd(difference)
    n_drawn = len(quality.true)
    drawn = "" if n_drawn == quality.n_cases else f", of which {n_drawn:,} are drawn"
    yield f"Predicted and true {quality.target} of {quality.n_cases:,} cases of the {quality.split} split{drawn}."
    yield (
        f"Dashed: where they are equal. Spearman's ρ {quality.spearman:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"mean absolute error {quality.mae:.3g} ({quality.mae_of_median:.3g} of always saying the median of "
        "the training cases)."
    )
    yield (
        f"Right: predicted minus true number by their mean; mean difference {signed(mean)}, limits of agreement "
        f"{signed(mean - spread)} to {signed(mean + spread)} (1.96 standard deviations)."
    )


def _sd(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return repr(float(value)) if math.isfinite(value) else ""
    return value
