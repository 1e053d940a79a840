"""Numbers in plain words, the same on every page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from analysis.direction_significance import p_words
from analysis.directions import Direction
from analysis.evaluation.verdict import Level, held_out_figures, judge_metrics
from analysis.latent_axes import LatentAxis
from xaae_core.model_card import ModelCard

METRICS = {
    "auroc": (
        "AUROC",
        "Chance that a case with the target scores higher than one without; 0.5 is guessing, 1 is perfect.",
    ),
    "test_auroc": ("AUROC, held out", "On the test split, never trained on; 0.5 is guessing, 1 is perfect."),
    "test_accuracy": ("Accuracy, held out", "Share of the test split whose class the model gets right."),
    "accuracy": ("Accuracy", "Share of held-out cases whose class the model gets right."),
    "test_sensitivity": (
        "Sensitivity",
        "Share of the target's held-out cases that are found, at the model's threshold.",
    ),
    "test_specificity": ("Specificity", "Share of the other held-out cases that are not called the target."),
    "test_probe_auroc": (
        "AUROC of a linear probe",
        "The model learned no labels: a straight line through its z, fitted to the training cases, tells one class of "
        "the test split from the rest so well; 0.5 is guessing, 1 is perfect.",
    ),
    "test_probe_accuracy": ("Accuracy of a linear probe", "Share of the test split whose class that line gets right."),
    "test_probe_spearman": (
        "Spearman of a linear probe",
        "The model learned no labels: rank correlation on the test split of the true numbers with a linear fit of z.",
    ),
    "test_drawn_share": (
        "Drawn from z, held out",
        "Share of what makes the test split's cases differ that is there again when they are drawn from z alone: 0 "
        "where the average case is drawn every time, 1 where each is drawn as it is.",
    ),
    "test_spearman": ("Spearman, held out", "Rank correlation of predicted and true numbers on the test split."),
    "test_mae": ("Mean error", "How far the predicted numbers are off on average on the test split, in their units."),
    "ssim_z_alone": ("Likeness, z alone", "SSIM of the picture decoded from z alone against the original; 1 is equal."),
    "ssim_skips": ("Likeness, with skips", "SSIM of the picture decoded with all skip connections; 1 is equal."),
    "achieved": ("Achieved per SD", "How far a picture has really moved, encoded again, for each SD asked for."),
}
"""Figures of a card that are shown, with what they mean."""
_ANSWERS: Mapping[Level, str] = {
    "good": "good enough to explain",
    "caution": "explain it with care",
    "poor": "not good enough to explain",
    "unknown": "no held-out figures: explain it with care",
}


def verdict(card: ModelCard) -> str:
    """Whether the model is good enough to explain, in one line with the figure; `judge_metrics` has the reasons."""
    figures = held_out_figures(card.metrics)
    answer = _ANSWERS[judge_metrics(card.metrics).level]
    for name, shown in (("spearman", "Spearman"), ("auroc", "AUROC")):
        if name in figures:
            return f"{answer} ({shown} {figure(figures[name])})"
    return answer


def figure(value: float) -> str:
    """Two decimals; three where two would round up to a perfect 1, and "> 0.999" where three would."""
    if 0.9995 <= value < 1:
        return "> 0.999"
    return f"{value:.3f}" if 0.995 <= value < 1 else f"{value:.2f}"


def facts_table(facts: Mapping[str, str]) -> str:
    """Facts as a quiet two-column table, in HTML; the texts are escaped."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts.items())
    return f'<table class="xaae-facts">{rows}</table>'


def target_words(target: str) -> str:
    """A target as it is said: a class that is called by a number is not taken for one."""
    return f"class {target}" if target.strip().isdecimal() else target


def direction_words(direction: Direction) -> str:
    """How good a direction is, as a sentence."""
    noise = f"; it could be noise: {p_words(direction.p_value)}" if direction.could_be_noise else ""
    if math.isnan(direction.quality):
        return f"Too few cases to say how good the direction towards {target_words(direction.target)} is{noise}."
    low, high = direction.quality_interval
    text = (
        f"The direction towards {target_words(direction.target)} orders the cases with {direction.quality_name} "
        f"{figure(direction.quality)} [{figure(low)}, {figure(high)}], cross-validated"
    )
    if not math.isnan(direction.held_out):
        text += f" ({figure(direction.held_out)} on held-out cases)"
    return f"{text}; refitted on resampled cases it stays within {direction.cone_degrees:.0f}°{noise}."


def axis_words(axis: LatentAxis, n_dims: int, divergence: float) -> str:
    """How much a dimension of z says, as sentences.

    Args:
        axis: the dimension.
        n_dims: how many z has.
        divergence: from the prior, in nats; NaN of a model without one.
    """
    text = (
        f"Over the training cases {axis.name} of z has a spread (1 SD) of {axis.spread:.2g}, number {axis.rank} of "
        f"{n_dims}"
    )
    if not math.isnan(divergence):
        text += f"; it tells {divergence:.2f} nats of a case (KL from the prior, over a few of the cases)"
        if not axis.is_active:
            return f"{text}. The model hardly uses it, so what is drawn will hardly change."
    return f"{text}. It was learned without labels: what it means, and whether it means one thing only, is to be seen."


def leakage_words(share: float | None, noun: str = "picture") -> str:
    """How much of the picture comes from z, as a sentence; empty when it is not known."""
    if share is None:
        return ""
    if share >= 0.995:
        return f"All of this {noun} comes from z."
    return f"{share:.0%} of this {noun} comes from z, {1 - share:.0%} is copied past it by the skip connections."


def likeness_words(likeness: float, noun: str = "picture") -> str:
    """How much of a case survives in z, as a sentence; `likeness` is that of `path_likeness`."""
    if noun == "signal":
        kept = f"Decoded at 0, {max(likeness, 0):.0%} of the signal's variance is kept"
        return f"{kept}: judge no detail by the decoded trace." if likeness < 0.5 else f"{kept}."
    text = f"Decoded at 0, the picture's likeness to the original is {likeness:.2f} (SSIM; 1 is equal)"
    if likeness < 0.5:
        return f"{text}: z keeps its coarse shapes only, so judge no detail by the decoded picture."
    return f"{text}."


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 case, 12 cases."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
