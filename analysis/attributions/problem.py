"""What every attribution method is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from analysis.attributions.targets import Score, Target
from xaae_core.models.latent_model import LatentModel


@dataclass(frozen=True, eq=False)
class Problem:
    """One picture and the number to be explained.

    Attributes:
        model: the model in eval mode; methods leave it as it is.
        target: what is explained.
        score: the target's number of pictures [B, C, H, W]: [B].
        image: the picture [1, C, H, W].
        baseline: the picture that stands for nothing [1, C, H, W].
        n_steps: points on the way from the baseline to the picture.
        window: side of the covered square, in pixels.
        stride: pixels from one square to the next.
        batch: pictures a forward pass, at most.
    """

    model: LatentModel
    target: Target
    score: Score
    image: Tensor
    baseline: Tensor
    n_steps: int
    window: int
    stride: int
    batch: int


@dataclass(frozen=True, eq=False)
class Explained:
    """A map of attributions.

    Attributes:
        map: [H, W].
        settings: what the method really ran with.
        meaning: what a number of the map is, in words.
        is_complete: whether the map's sum should be the target's number minus the baseline's.
    """

    map: Tensor
    settings: dict[str, float | int | str]
    meaning: str
    is_complete: bool = False
