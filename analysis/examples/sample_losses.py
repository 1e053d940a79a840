"""What is lost on each single case: the number whose gradients tell which training cases matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import vmap

from xaae_core.errors import ExamplesError
from xaae_core.models.latent_model import LatentModel

LossFunction = Callable[[Tensor, Tensor], Tensor]


class SampleLoss(Protocol):
    """A loss of each case of a batch; cases must not depend on each other."""

    @property
    def name(self) -> str:
        """What it is, in words."""
        ...

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
        """Losses [B] of inputs [B, …] and labels [B]."""
        ...

    def of_latents(self, model: LatentModel, z: Tensor, x: Tensor, y: Tensor | None) -> Tensor:
        """The same [B], from latent vectors [B, D] on."""
        ...


@dataclass(frozen=True)
class OutputLoss:
    """`loss_f(x, output)` of each case alone: how well the model draws it again, without any label.

    Of a `LatentModel` the output is what z alone draws; of another module its `forward`.

    Attributes:
        loss_f: a scalar of two tensors [1, …]; the mean squared error if None.
    """

    loss_f: LossFunction | None = None

    @property
    def name(self) -> str:
        """What it is, in words."""
        return "reconstruction error"

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
        """See `SampleLoss`."""
        return self._compare(x, model.decode(model.encode(x).z) if isinstance(model, LatentModel) else model(x))

    def of_latents(self, model: LatentModel, z: Tensor, x: Tensor, y: Tensor | None) -> Tensor:
        """See `SampleLoss`."""
        return self._compare(x, model.decode(z))

    def _compare(self, x: Tensor, output: Tensor) -> Tensor:
        loss_f = self.loss_f or F.mse_loss
        if len(x) == 1:
            return loss_f(x, output).reshape(1)

        def alone(one: Tensor, drawn: Tensor) -> Tensor:
            return loss_f(one[None], drawn[None]).reshape(())

        losses: Tensor = vmap(alone)(x, output)
        return losses


@dataclass(frozen=True)
class LabelLoss:
    """Cross-entropy of the classifier, or a regressor's squared error in units of its targets' variance."""

    @property
    def name(self) -> str:
        """What it is, in words."""
        return "classification loss"

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
        """See `SampleLoss`.

        Raises:
            ExamplesError: a model without a classifier, or cases without labels.
        """
        return self._compare(
            model, model.classify(model.encode(x).z) if isinstance(model, LatentModel) else model(x), y
        )

    def of_latents(self, model: LatentModel, z: Tensor, x: Tensor, y: Tensor | None) -> Tensor:
        """See `SampleLoss`."""
        return self._compare(model, model.classify(z), y)

    def _compare(self, model: object, said: Tensor | None, y: Tensor | None) -> Tensor:
        if said is None:
            raise ExamplesError("the model has no classifier, so it has no loss of labels: use its reconstruction")
        if y is None:
            raise ExamplesError("these cases have no labels, which this loss compares with: use the reconstruction")
        if said.shape[1] == 1:
            std = getattr(model, "target_std", 1.0)
            return ((said[:, 0] - y.to(said.dtype)) / std).square()
        return F.cross_entropy(said, y, reduction="none")


class LossModule(nn.Module):
    """A model with the losses of its cases as output.

    Args:
        model: the model.
        loss: of each case.
    """

    def __init__(self, model: nn.Module, loss: SampleLoss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, x: Tensor, y: Tensor | None, z: Tensor | None = None, *, is_encoding: bool = False) -> Tensor:
        """Losses [B] of inputs, or of latent vectors where they are given; or the latent vectors [B, D] themselves."""
        if is_encoding:
            return cast(LatentModel, self.model).encode(x).z
        if z is not None:
            return self.loss.of_latents(cast(LatentModel, self.model), z, x, y)
        return self.loss(self.model, x, y)


def represent(model: nn.Module, x: Tensor) -> Tensor:
    """Representations [B, D] of inputs: z, or what a plain module's `encoder` gives, flattened.

    Raises:
        ExamplesError: neither `encode` nor `encoder`.
    """
    if isinstance(model, LatentModel):
        return model.encode(x).z
    encoder = getattr(model, "encoder", None)
    if not callable(encoder):
        raise ExamplesError(
            f"{type(model).__name__} has neither encode(x) nor an encoder: there is no representation to compare"
        )
    output: Tensor = encoder(x)
    return output.flatten(1)
