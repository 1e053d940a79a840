"""What can be had without training a network: principal components, drawn, probed and scored like any z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xaae_core.models.latent_model import Encoding


@dataclass(frozen=True, eq=False)
class _Basis:
    mean: Tensor  # [V]
    axes: Tensor  # [D, V]


class PrincipalComponents(nn.Module):
    """Cases as scores on the first principal components, the largest first.

    It has what a `LatentModel` has to encode and decode, and no q(z|x): a yardstick for the others, as no linear
    model of as many dimensions draws the training cases more closely.

    Args:
        x: training cases [N, …].
        n_dims: size D of z, at most what the cases span.
    """

    has_decoder = True
    has_prior = False
    classes = 0

    def __init__(self, x: Tensor, n_dims: int) -> None:
        super().__init__()
        self.shape = tuple(x.shape[1:])
        self._basis = _basis_of(x.flatten(1), n_dims)
        self.encoding_dims = len(self._basis.axes)

    def encode(self, x: Tensor) -> Encoding:
        """Scores [B, D] of cases [B, …]."""
        basis = self._basis
        return Encoding((x.flatten(1) - basis.mean) @ basis.axes.T)

    def decode(self, z: Tensor, skips: tuple[Tensor, ...] = (), *, skip_dropout: float = 1.0) -> Tensor:
        """Cases [B, …] of scores [B, D], cut to [0, 1]; there are no skips."""
        basis = self._basis
        return (z @ basis.axes + basis.mean).clamp(0, 1).reshape(-1, *self.shape)

    def classify(self, z: Tensor) -> None:
        """None: they have no classifier."""

    @property
    def n_numbers(self) -> int:
        """Numbers that it learned."""
        return self._basis.axes.numel() + self._basis.mean.numel()


def _basis_of(flat: Tensor, n_dims: int) -> _Basis:
    centred: NDArray[np.float64] = (flat - flat.mean(dim=0)).double().numpy()
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    first = np.argsort(-values)[: min(n_dims, len(flat) - 1)]
    first = first[values[first] > 0]
    return _Basis(flat.mean(dim=0), torch.from_numpy(vectors[:, first].T.copy()).float())
