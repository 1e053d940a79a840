"""How good a model and its direction are, as the tables of a report."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.direction_significance import SIGNIFICANT, p_words
from analysis.directions import Direction
from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.report.blocks import Block, Cell, Grid, Heading, Paragraph, grid
from analysis.report.number_words import between, number

MOST_CLASSES = 30
"""Classes that a table of confusions has room for."""


def class_tables(quality: ClassifierQuality) -> Iterator[Grid | Paragraph]:
    """Figures with intervals, the confusion matrix and the calibration of a classifier."""
    held_out, operation, calibration = quality.held_out, quality.operation, quality.calibration
    chosen = f"chosen on {quality.threshold_split}" if quality.threshold_split else "not chosen: the middle"
    rows = [
        ("AUROC", between(held_out.auroc, held_out.auroc_interval),
         f"chance that a case of {quality.target} scores higher than another; 0.5 is guessing"),
        ("Accuracy", number(held_out.accuracy), "share of cases whose class the model gets right"),
        ("Threshold", number(operation.threshold), f"from it on a case is called {quality.target}; {chosen}"),
        ("Sensitivity", between(operation.sensitivity, operation.sensitivity_interval),
         f"share of the cases of {quality.target} that are found at the threshold"),
        ("Specificity", between(operation.specificity, operation.specificity_interval),
         "share of the other cases that are left alone at the threshold"),
        ("Brier score", number(calibration.brier), "mean squared error of the probability; 0 is perfect"),
        ("Calibration error", number(calibration.error), "how far probabilities are off on average; 0 is perfect"),
    ]  # fmt: skip
    caption = (
        f"{held_out.split} split, {held_out.n_cases} cases, {held_out.n_target} of {quality.target}; [95 % interval]."
    )
    yield grid(("figure", "value", "what it is"), rows, caption=caption)
    yield _confusion(quality)
    bins = [
        (number(predicted, 2), between(observed, (low, high), 2), int(count))
        for predicted, observed, low, high, count in zip(
            *(calibration.predicted, calibration.observed, calibration.low, calibration.high, calibration.counts),
            strict=True,
        )
    ]
    yield grid(
        ("predicted probability", f"share that is {quality.target}", "cases"),
        bins,
        caption="Calibration: of the cases given about this probability, how many are cases of the target?",
    )


def _confusion(quality: ClassifierQuality) -> Grid | Paragraph:
    if len(quality.classes) > MOST_CLASSES:
        return Paragraph(f"The model tells {len(quality.classes):,} classes apart: too many for a table of confusions.")
    truth: list[tuple[Cell, ...]] = [
        (f"is {name}", *map(int, row)) for name, row in zip(quality.classes, quality.confusion, strict=True)
    ]
    return grid(("", *(f"called {name}" for name in quality.classes)), truth, caption="What the cases were called.")


def number_tables(quality: RegressorQuality) -> Iterator[Grid]:
    """Figures of a model of numbers, beside what a constant would reach."""
    rows = [
        (
            "Spearman",
            between(quality.spearman, quality.spearman_interval),
            "rank correlation; 0 is guessing, 1 perfect",
        ),
        ("Mean error", number(quality.mae), f"how far {quality.target} is off on average, in its units"),
        ("Mean error of the median", number(quality.mae_of_median), "the same of always saying the median"),
        ("R²", number(quality.r2), "share of the variance explained; 0 is what the mean reaches"),
    ]
    if quality.kappa == quality.kappa:
        rows.append(("Weighted kappa", number(quality.kappa), "agreement of grades beyond chance; 1 is perfect"))
    yield grid(
        ("figure", "value", "what it is"),
        rows,
        caption=f"{quality.split} split, {quality.n_cases} cases; [95 % interval].",
    )


def direction_section(direction: Direction | None) -> Iterator[Block]:
    """What a direction means and how sure it is; nothing without one."""
    if direction is None:
        return
    yield Heading(f"The direction {direction.way}")
    yield Paragraph(
        f"Moving along it means more {direction.target}; the other way means {direction.counterpart}. One step of 1 SD "
        f"is the standard deviation of the {direction.n_cases:,} fitted cases."
    )
    name = direction.quality_name
    yield grid(
        ("figure", "value", "what it is"),
        [
            ("Method", direction.method, "how the direction was fitted"),
            (name, between(direction.quality, direction.quality_interval), "each case scored by a fit without it"),
            (f"{name}, held out", number(direction.held_out), "on the cases of the other splits"),
            (
                "Cone",
                f"{number(direction.cone_degrees, 0)}°",
                "95 % of the directions refitted to resampled cases lie within it",
            ),
            (
                "Could it be noise?",
                _noise_cell(direction),
                f"{direction.n_permutations} times with shuffled targets; noise where p is not below {SIGNIFICANT:g}",
            ),
        ],
    )


def noise_words(direction: Direction) -> str:
    """Whether a direction could be noise: "more than noise (p = 0.001)"."""
    if direction.p_value != direction.p_value:
        return "not tested for being noise"
    told = p_words(direction.p_value)
    return f"it could be noise ({told})" if direction.could_be_noise else f"more than noise ({told})"


def _noise_cell(direction: Direction) -> str:
    answer = "it could: " if direction.could_be_noise else "no: " if direction.is_significant else ""
    return f"{answer}{p_words(direction.p_value)}"
