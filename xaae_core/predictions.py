"""What a model says of latent vectors: probabilities of classes, or a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.models.latent_model import LatentModel


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of N latent vectors.

    Attributes:
        probabilities: of each class [N, classes], in [0, 1]; None of a regressor, or without a classifier.
        values: the predicted numbers [N] in the target's units; None of a classifier, or without one.
    """

    probabilities: NDArray[np.float32] | None
    values: NDArray[np.float64] | None

    def chances(self, n: int) -> NDArray[np.float32]:
        """The probabilities, or an array [n, 0] where there are none."""
        return np.empty((n, 0), np.float32) if self.probabilities is None else self.probabilities


def predict(model: LatentModel, z: Tensor) -> Predictions:
    """Ask a model's head about latent vectors [N, D].

    A head of one output is a regressor's (classes=1).
    """
    import torch

    with torch.inference_mode():
        output = model.classify(z)
    if output is None:
        return Predictions(None, None)
    if output.shape[1] == 1:
        return Predictions(None, output[:, 0].double().cpu().numpy())
    return Predictions(output.softmax(dim=1).float().cpu().numpy(), None)
