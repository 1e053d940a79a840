"""Gradients of a large model's whole encoder, projected to a few thousand numbers a case."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from analysis.examples.gradient_sketch import DEFAULT_LENGTH, GradientSketch
from analysis.examples.layer_factors import Factors
from analysis.examples.loss_gradients import MEMORY, LossGradients
from analysis.examples.loss_weights import Weights
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.sample_losses import SampleLoss

_BYTES_AT_ONCE = 2**24


class ProjectedGradients(LossGradients):
    """As `LossGradients`, with rows of k numbers instead of P; their inner products are right on average.

    Where the layers are known, gradients are projected layer by layer, and no case's own is ever laid down whole.

    Args:
        model: any module.
        loss: of each case.
        device: where to compute; where the model is if None.
        memory: bytes that gradients and what they need may take at once.
        length: k.
        seed: of the projection.

    Attributes:
        sketch: the projection.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: SampleLoss,
        *,
        device: torch.device | str | None = None,
        memory: int = MEMORY,
        length: int = DEFAULT_LENGTH,
        seed: int = 0,
    ) -> None:
        super().__init__(model, loss, parameters="projected", device=device, memory=memory)
        self.sketch = GradientSketch(self.n_parameters, length=length, seed=seed, device=self.device)

    @property
    def row_length(self) -> int:
        """See `LossGradients`."""
        return self.sketch.length

    @property
    def notes(self) -> tuple[str, ...]:
        """See `LossGradients`."""
        told = (
            f"projected at random to {self.sketch.length:,} numbers a case: an inner product is right on average, with "
            f"a standard error of about {self.sketch.relative_error:.1%} of the two gradients' lengths multiplied"
        )
        return (*super().notes, told)

    def rows(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The projected gradient of each case [B, k]."""
        if self.is_layered(weights, x, y):
            return torch.cat([self._layers(part) for part in self.factor_parts(weights, x, y)])
        return torch.cat([self.sketch.project(part) for part in self.row_parts(weights, x, y)])

    def factors(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Factors | None:
        """None: factors would be of the gradients that were not projected."""
        return None

    def dot(self, weights: Weights, x: Tensor, y: Tensor | None, vectors: Tensor | Factors) -> Tensor:
        """Inner products [V, B] of projected vectors [V, k] with each case's projected gradient."""
        if isinstance(vectors, Factors):
            raise TypeError("vectors are factors; expected projected gradients [V, k]")
        return vectors @ self.rows(weights, x, y).T

    def _layers(self, factors: Factors) -> Tensor:
        total = torch.zeros(len(factors), self.row_length, dtype=self.dtype, device=self.device)
        at = 0
        for window in factors.windows:
            for first, some in window.parts():
                total[first : first + len(some)] += self.sketch.project(some, start=at)
            at += window.n_weights
        for d, a in factors.pairs:
            for first, some in _outer_products(d, a):
                total[first : first + len(some)] += self.sketch.project(some, start=at)
            at += d.shape[1] * a.shape[1]
        for rows in factors.rows:
            total += self.sketch.project(rows, start=at)
            at += rows.shape[1]
        return total


def gradients_for(
    model: nn.Module,
    loss: SampleLoss,
    *,
    parameters: ParameterChoice = "auto",
    device: torch.device | str | None = None,
    memory: int = MEMORY,
    seed: int = 0,
) -> LossGradients:
    """Gradients of a choice of parameters: `ProjectedGradients` for "projected", else `LossGradients`."""
    if parameters == "projected":
        return ProjectedGradients(model, loss, device=device, memory=memory, seed=seed)
    return LossGradients(model, loss, parameters=parameters, device=device, memory=memory)


def _outer_products(d: Tensor, a: Tensor) -> Iterator[tuple[int, Tensor]]:
    """(first case, d ⊗ a [b, out·in]) of a few cases at a time."""
    size = max(1, _BYTES_AT_ONCE // (d.shape[1] * a.shape[1] * d.element_size()))
    for start in range(0, len(d), size):
        some = slice(start, start + size)
        yield start, (d[some, :, None] * a[some, None, :]).flatten(1)
