"""What an attribution explains: a number that the model makes of a picture. The methods do not care which."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.directions import Direction
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.model_abilities import has_decoder

Score = Callable[..., Tensor]
"""From pictures [B, C, H, W], and what the target keeps of each explained picture (each [B, …]), to one number each
[B]; differentiable."""


class Target(ABC):
    """A number to be explained."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the number is, in words."""

    @abstractmethod
    def scorer(self, model: LatentModel) -> Score:
        """How the number is made of pictures.

        Args:
            model: the model in eval mode.

        Raises:
            AttributionError: the model has no such number.
        """

    def context(self, model: LatentModel, images: Tensor) -> tuple[Tensor, ...]:
        """What stays fixed of the explained pictures [B, C, H, W] while they are changed: tensors [B, …]."""
        return ()

    def latent_step(self, model: LatentModel, z: Tensor) -> Tensor | None:
        """The shortest change of z [B, D] that raises the number by one unit, to first order; None: there is none.

        Raises:
            AttributionError: z does not move the number.
        """
        return None


@dataclass(frozen=True)
class ClassLogit(Target):
    """The logit of a class.

    Attributes:
        index: position of the class.
        label: its name; "" where it has none.
    """

    index: int
    label: str = ""

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"logit of {self.label or f'class {self.index}'}"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        _require_head(model, "a class")
        if not 0 <= self.index < model.classes or model.classes < 2:
            raise AttributionError(
                f"there is no class number {self.index}: the model "
                + (
                    f"tells {model.classes} apart, 0 to {model.classes - 1}"
                    if model.classes > 1
                    else "predicts a number"
                )
            )
        return lambda x: _head(model, model.encode(x).z)[:, self.index]

    def latent_step(self, model: LatentModel, z: Tensor) -> Tensor:
        """See `Target`."""
        return _step_of(lambda moved: _head(model, moved)[:, self.index], z, self.name)


@dataclass(frozen=True)
class PredictedNumber(Target):
    """The number that a regressor predicts, in its own units.

    Attributes:
        label: what it is called.
    """

    label: str = ""

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"predicted {self.label or 'number'}"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        _require_head(model, "a number")
        if model.classes != 1:
            raise AttributionError(
                f"the model tells {model.classes} classes apart and predicts no number: name a class"
            )
        return lambda x: _head(model, model.encode(x).z)[:, 0]

    def latent_step(self, model: LatentModel, z: Tensor) -> Tensor:
        """See `Target`."""
        return _step_of(lambda moved: _head(model, moved)[:, 0], z, self.name)


@dataclass(frozen=True, eq=False)
class DirectionScore(Target):
    """Where a picture lies along a direction, in standard deviations.

    Attributes:
        direction: fitted to latents of the same model.
    """

    direction: Direction

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"score towards {self.direction.target} (SD)"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        dims = len(self.direction.vector)
        if dims != model.encoding_dims:
            raise AttributionError(
                f"the direction has {dims} dimensions, the model's z has {model.encoding_dims}: "
                "fit the direction to latents of this model"
            )
        vector = torch.tensor(self.direction.vector / self.direction.scale, dtype=torch.float32)
        vector = vector.to(device_of(model))
        offset = float(self.direction.centre @ self.direction.vector / self.direction.scale)
        return lambda x: model.encode(x).z.float() @ vector - offset

    def latent_step(self, model: LatentModel, z: Tensor) -> Tensor:
        """One standard deviation along the direction; see `Target`."""
        step = torch.tensor(self.direction.vector * self.direction.scale, dtype=z.dtype, device=z.device)
        return step.expand_as(z)


@dataclass(frozen=True)
class LatentDimension(Target):
    """One entry of z.

    Attributes:
        index: position in z, from 0.
    """

    index: int

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"latent dimension {self.index}"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        if not 0 <= self.index < model.encoding_dims:
            raise AttributionError(
                f"there is no latent dimension {self.index}: z has {model.encoding_dims}, "
                f"0 to {model.encoding_dims - 1}"
            )
        return lambda x: model.encode(x).z[:, self.index]

    def latent_step(self, model: LatentModel, z: Tensor) -> Tensor:
        """One along the entry; see `Target`."""
        return torch.eye(z.shape[1], dtype=z.dtype, device=z.device)[self.index].expand_as(z)


@dataclass(frozen=True)
class Representation(Target):
    """The whole of z, without any label: g(x̃) = Σ_d z_d(x)·z_d(x̃), z(x) of the explained picture held fixed.

    Source: Crabbé & van der Schaar 2022, equation of label-free feature importance.
    """

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return "the representation, without labels"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        return lambda x, own: (model.encode(x).z * own).sum(dim=1)

    def context(self, model: LatentModel, images: Tensor) -> tuple[Tensor, ...]:
        """Their z [B, D]: it goes with each copy of its own picture, however a method orders the copies."""
        with torch.no_grad():
            return (model.encode(images).z,)


@dataclass(frozen=True)
class ReconstructionError(Target):
    """How badly z redraws the picture: the mean squared difference of the pixels, without any skip.

    It is the error of the picture as it is changed, not the distance from the explained picture's reconstruction: a
    pixel counts by what it shows and by what it makes the decoder draw.
    """

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return "reconstruction error (mean squared, z alone)"

    def scorer(self, model: LatentModel) -> Score:
        """See `Target`."""
        if not has_decoder(model):
            raise AttributionError(
                "the model has no decoder, so there is no reconstruction error: explain the score along a direction, "
                "a latent dimension or the representation"
            )

        def error(x: Tensor) -> Tensor:
            redrawn = model.decode(model.encode(x).z, skip_dropout=1.0)
            return torch.nn.functional.mse_loss(redrawn, x, reduction="none").flatten(1).mean(dim=1)

        return error


def device_of(model: object) -> torch.device:
    """Where a model's parameters are; the CPU for one without any."""
    return next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))


def _require_head(model: LatentModel, what: str) -> None:
    with torch.no_grad():
        answer = model.classify(torch.zeros(1, model.encoding_dims, device=device_of(model)))
    if answer is None:
        raise AttributionError(
            f"the model has no classifier, so it says nothing of {what}: explain the score along a direction, "
            "a latent dimension or the representation"
        )


def _head(model: LatentModel, z: Tensor) -> Tensor:
    output = model.classify(z)
    assert output is not None  # _require_head has looked
    return output


def _step_of(number: Score, z: Tensor, name: str) -> Tensor:
    """The gradient of a number made of z, over its squared length: to first order this step raises the number by 1."""
    with torch.enable_grad():
        leaf = z.detach().clone().requires_grad_()
        slope = torch.autograd.grad(number(leaf).sum(), leaf)[0]
    steep = slope.square().sum(dim=1, keepdim=True)
    if not bool((steep > 0).all()):
        raise AttributionError(f"z does not move the {name} of this picture, so there is no way to shift it")
    return slope / steep
