"""What the columns of a sanity table are called, and what each of them means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis.evaluation.sanity_checks import SanityCheck


@dataclass(frozen=True)
class ColumnWords:
    """A column in words.

    Attributes:
        head: above it.
        told: what it means, as a sentence.
    """

    head: str
    told: str


CHECK_WORDS: Mapping[str, ColumnWords] = MappingProxyType(
    {
        "destroyed": ColumnWords(
            "changes with the model",
            "Changes with the model: how alike the map stays when the weights are random (0: unlike, 1: the same).",
        ),
        "shuffled": ColumnWords(
            "changes with the labels",
            "Changes with the labels: how alike it is to maps of a direction fitted to shuffled labels.",
        ),
        "random": ColumnWords(
            "better than random",
            "Better than random: advantage at deletion over the same map at random places, in parts of the number's "
            "range.",
        ),
        "complete": ColumnWords(
            "adds up", "Adds up: what the map's sum misses of the difference to the baseline, in parts of it."
        ),
        "inside": ColumnWords("inside the outline", "Inside the outline: share of the attribution inside the mask."),
    }
)
MEASURE_WORDS: Mapping[str, ColumnWords] = MappingProxyType(
    {
        "deletion": ColumnWords(
            "deletion", "Deletion: advantage over random maps when the strongest parts are taken away first."
        ),
        "insertion": ColumnWords("insertion", "Insertion: the same when they are put back first."),
        "sparseness": ColumnWords("sparseness (Gini)", "Sparseness: Gini index of the sizes; 1: one point has all."),
        "complexity": ColumnWords("complexity (nats)", "Complexity: entropy of the sizes in nats; less is simpler."),
        "completeness": ColumnWords(
            "missed by the sum", "Missed by the sum: distance from completeness, in parts of the difference."
        ),
        "iou_best": ColumnWords("IoU, best threshold", "IoU, best threshold: overlap with the mask, an upper bound."),
        "iou_fixed": ColumnWords("IoU, mask’s size", "IoU, mask’s size: overlap of as many strongest points."),
        "pointing": ColumnWords("pointing game", "Pointing game: whether the strongest point lies in the mask."),
        "energy_inside": ColumnWords("energy inside", "Energy inside: share of the attribution in the mask."),
    }
)
SIGNS: Mapping[bool | None, str] = MappingProxyType({True: "✓", False: "✗", None: "–"})


def check_head(name: str) -> str:
    """What the column of a check is called."""
    return CHECK_WORDS[name].head if name in CHECK_WORDS else name.replace("_", " ")


def measure_head(name: str) -> str:
    """What the column of a measure is called."""
    return MEASURE_WORDS[name].head if name in MEASURE_WORDS else name.replace("_", " ")


def check_answer(check: SanityCheck) -> str:
    """The answer of a check with its sign: "✓ yes", "✗ partly", "– not checked"."""
    said = check.sentence.partition(": ")[2] or check.sentence
    for end in (" (", ", ", ": ", ";"):
        said = said.partition(end)[0]
    return f"{SIGNS[check.passed]} {said}"


def value_words(value: float, interval: tuple[float, float]) -> str:
    """A number with its interval; "" where nothing was measured."""
    if not math.isfinite(value):
        return ""
    form = ".2f" if abs(value) < 100 else ",.0f"
    words = f"{value:{form}}" if abs(value) >= 0.005 or not value else f"{value:.1g}"
    low, high = interval
    if math.isfinite(low) and math.isfinite(high):
        words += f" [{low:{form}},\u00a0{high:{form}}]"
    return words.replace("-", "−")
