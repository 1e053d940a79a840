"""The held-out figures of a model, whatever it has learned."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from analysis.evaluation.classifier_quality import ClassifierQuality, measure_classifier
from analysis.evaluation.regressor_quality import RegressorQuality, measure_regressor
from xaae_core.latents import LatentTable

Quality: TypeAlias = ClassifierQuality | RegressorQuality


def measure_quality(table: LatentTable, target: str, *, split: str | None = None, seed: int = 0) -> Quality:
    """Measure what a model says of one split of a data set.

    Args:
        table: latents with labels, and with probabilities or predicted numbers.
        target: the class that is told from the others; not looked at for a model of numbers.
        split: the split; None: test, or valid where there is no test.
        seed: of the resamples of the intervals.

    Raises:
        LatentTableError: nothing there to measure; says what is missing.
    """
    chosen = split or ("test" if np.any(table.split == "test") else "valid")
    if table.predicted is not None:
        return measure_regressor(table, split=chosen, seed=seed)
    return measure_classifier(table, target, split=chosen, seed=seed)


def quality_sentence(quality: Quality) -> str:
    """The main figures in one line."""
    if isinstance(quality, RegressorQuality):
        low, high = quality.spearman_interval
        return (
            f"{quality.split} split, {quality.n_cases} cases: Spearman {quality.spearman:.3f} [{low:.3f}, {high:.3f}], "
            f"off by {quality.mae:.3g} on average ({quality.mae_of_median:.3g} for always saying the median)"
        )
    held_out, operation = quality.held_out, quality.operation
    low, high = held_out.auroc_interval
    chosen = f" (chosen on {quality.threshold_split})" if quality.threshold_split else ""
    return (
        f"{held_out.split} split, {held_out.n_cases} cases ({held_out.n_target} {held_out.target}): AUROC "
        f"{held_out.auroc:.3f} [{low:.3f}, {high:.3f}], accuracy {held_out.accuracy:.3f}; at the threshold "
        f"{operation.threshold:.2f}{chosen} sensitivity {operation.sensitivity:.2f}, "
        f"specificity {operation.specificity:.2f}"
    )
