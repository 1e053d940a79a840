"""Numbers in plain words, the same on every page."""

from __future__ import annotations

import math

from analysis.directions import Direction
from xaae_core.model_card import ModelCard

_METRICS = {
    "auroc": (
        "AUROC",
        "Chance that a case with the target scores higher than one without; 0.5 is guessing, 1 is perfect.",
    ),
    "accuracy": ("Accuracy", "Share of held-out cases whose class the model gets right."),
    "ssim_z_only": ("Likeness, z alone", "SSIM of the picture decoded from z alone against the original; 1 is equal."),
    "ssim_with_skips": ("Likeness, with skips", "SSIM of the picture decoded with all skip connections; 1 is equal."),
}


def verdict(card: ModelCard) -> str:
    """One line on how far the model can be explained at all."""
    auroc = card.metrics.get("auroc")
    if auroc is None or math.isnan(auroc):
        return "no held-out figures: explain it with care"
    if auroc >= 0.9:
        return f"separates its classes well (AUROC {auroc:.2f})"
    if auroc >= 0.75:
        return f"separates its classes fairly (AUROC {auroc:.2f})"
    if auroc >= 0.6:
        return f"separates its classes poorly (AUROC {auroc:.2f})"
    return f"hardly better than guessing (AUROC {auroc:.2f}): what it shows is not the disease"


def metric_words(name: str) -> tuple[str, str]:
    """(label, help) of a metric of the card."""
    return _METRICS.get(name, (name.replace("_", " ").capitalize(), "As written by whoever trained the model."))


def direction_words(direction: Direction) -> str:
    """How good a direction is, in one line."""
    if math.isnan(direction.quality):
        return f"direction of {direction.target}: too few cases to say how good it is"
    low, high = direction.quality_interval
    text = f"direction {direction.quality_name} {direction.quality:.2f} [{low:.2f}, {high:.2f}] cross-validated"
    if not math.isnan(direction.held_out):
        text += f", {direction.held_out:.2f} on held-out cases"
    return f"{text}; steady within {direction.cone_degrees:.0f}°"


def leakage_words(share: float | None) -> str:
    """How much of the picture comes from z."""
    if share is None:
        return ""
    if share >= 0.995:
        return "all of this picture comes from z"
    return f"{share:.0%} of this picture comes from z, {1 - share:.0%} is copied past it"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 case, 12 cases."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
