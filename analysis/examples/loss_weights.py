"""One state of a model, as its gradients are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Weights:
    """One state of a model.

    Attributes:
        theta: the chosen parameters in one vector [P].
        others: all other parameters, and buffers, by name.
    """

    theta: Tensor
    others: Mapping[str, Tensor]
