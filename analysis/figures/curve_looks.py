"""What curves of a training are called and how they look: the same words, colours and dashes on screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.figures.formats import OKABE_ITO


@dataclass(frozen=True)
class LineLook:
    """A line that is told from others by its colour, its dashes and its marker alike.

    Attributes:
        colour: hexadecimal.
        dashes: lengths of strokes and gaps in line widths; () for a solid line.
        marker: matplotlib's letter of it.
    """

    colour: str
    dashes: tuple[float, ...]
    marker: str


LOOKS = tuple(
    LineLook(colour, dashes, marker)
    for colour, dashes, marker in zip(
        OKABE_ITO,
        ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (3, 3), (1, 2), (8, 3), (2, 4)),
        "osD^vPX*",
        strict=True,
    )
)
"""The first is solid, the second dashed; of several lines in one chart the n-th has the n-th."""

TRAINING, VALIDATION = "training cases", "validation cases"
ENCODED, DRAWN = "codes of validation cases", "draws from a bell curve"
LOSS, PART, SCORE = "loss", "part of the loss", "discriminator's score"
"""Titles of axes."""
CANNOT_TELL = "cannot tell"
PARTS = {
    "recons_loss": "reconstruction",
    "adv_loss": "shape of the cloud",
    "classif_loss": "target",
    "cycle_loss": "moves read back",
    "move_loss": "moves read back",
    "log_likelihood": "reconstruction",
    "log_likelihood_x1": "reconstruction, first of a pair",
    "log_likelihood_x2": "reconstruction, second of a pair",
    "reconstruction": "reconstruction",
    "kl_divergence": "KL divergence",
    "kl_divergence_x1": "KL divergence, first of a pair",
    "kl_divergence_x2": "KL divergence, second of a pair",
    "prior_distance": "distance from a bell curve",
}
"""Column of the history → what this part of the loss, measured on validation cases, is about."""
TURNED = ("log_likelihood", "log_likelihood_x1", "log_likelihood_x2")
"""Parts of which more is better: their negative is part of the loss, and is drawn."""
METRICS = {"accuracy": "accuracy", "auroc": "AUROC", "spearman": "Spearman's ρ"}
"""Column → a measure of validation cases with 1 as its best."""
ERRORS = {"mae": "mean absolute error"}
"""Column → a measure in the target's units."""
LOG_SPAN = 20.0
"""Values that span more are drawn on a logarithmic scale, where all are positive."""


def spans_wide(values: list[float]) -> bool:
    """Whether only a logarithmic scale shows the small ones of these values."""
    return bool(values) and min(values) > 0 and max(values) > LOG_SPAN * min(values)
