"""What every check is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xaae_core.data.checks.picture_facts import PictureFacts
from xaae_core.data.dataset import ImageDataset

Normalisation: TypeAlias = "tuple[Sequence[float], Sequence[float]]"
"""(mean, standard deviation) per channel that a model subtracts and divides by, for pixels in [0, 1]."""


@dataclass(frozen=True, eq=False)
class CheckInput:
    """The data set, what is known of its pictures, and the model it is meant for.

    Attributes:
        dataset: pictures that can be decoded; what cannot is in its `broken`.
        facts: of the same pictures, in the same order.
        size: the model's (height, width) in pixels; None where no model is meant.
        channels: the model's, 1 or 3; None likewise.
        normalisation: the model's; None where it takes pixels as they are, or is not known.
        seed: of what is drawn (folds, permutations).
    """

    dataset: ImageDataset
    facts: PictureFacts
    size: tuple[int, int] | None = None
    channels: int | None = None
    normalisation: Normalisation | None = None
    seed: int = 0

    def ids(self, rows: Sequence[int]) -> list[str]:
        """Ids of the pictures at these positions."""
        return [self.dataset.ids[row] for row in rows]
