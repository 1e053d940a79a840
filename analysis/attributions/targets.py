"""What an attribution explains: a number that the model makes of a picture. The methods do not care which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from analysis.directions import Direction
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel

Score = Callable[[Tensor], Tensor]
"""From pictures [B, C, H, W] to one number each [B]; differentiable."""


class Target(Protocol):
    """A number to be explained."""

    @property
    def name(self) -> str:
        """What the number is, in words."""
        ...

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
        """How the number is made of pictures.

        Args:
            model: the model in eval mode.
            image: the picture to be explained [1, C, H, W]; only some targets look at it.

        Raises:
            AttributionError: the model has no such number.
        """
        ...


@dataclass(frozen=True)
class ClassLogit:
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

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
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
        return lambda x: _head(model, x)[:, self.index]


@dataclass(frozen=True)
class PredictedNumber:
    """The number that a regressor predicts, in its own units.

    Attributes:
        label: what it is called.
    """

    label: str = ""

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"predicted {self.label or 'number'}"

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
        """See `Target`."""
        _require_head(model, "a number")
        if model.classes != 1:
            raise AttributionError(
                f"the model tells {model.classes} classes apart and predicts no number: name a class"
            )
        return lambda x: _head(model, x)[:, 0]


@dataclass(frozen=True, eq=False)
class DirectionScore:
    """Where a picture lies along a direction, in standard deviations.

    Attributes:
        direction: fitted to latents of the same model.
    """

    direction: Direction

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"score towards {self.direction.target} (SD)"

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
        """See `Target`."""
        dims = len(self.direction.vector)
        if dims != model.encoding_dims:
            raise AttributionError(
                f"the direction has {dims} dimensions, the model's z has {model.encoding_dims}: "
                "fit the direction to latents of this model"
            )
        vector = torch.tensor(self.direction.vector / self.direction.scale, dtype=torch.float32, device=image.device)
        offset = float(self.direction.centre @ self.direction.vector / self.direction.scale)
        return lambda x: model.encode(x).z.float() @ vector - offset


@dataclass(frozen=True)
class LatentDimension:
    """One entry of z.

    Attributes:
        index: position in z, from 0.
    """

    index: int

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return f"latent dimension {self.index}"

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
        """See `Target`."""
        if not 0 <= self.index < model.encoding_dims:
            raise AttributionError(
                f"there is no latent dimension {self.index}: z has {model.encoding_dims}, "
                f"0 to {model.encoding_dims - 1}"
            )
        return lambda x: model.encode(x).z[:, self.index]


@dataclass(frozen=True)
class Representation:
    """The whole of z, without any label: g(x̃) = Σ_d z_d(x)·z_d(x̃), z(x) of the explained picture held fixed.

    Source: Crabbé & van der Schaar 2022, equation of label-free feature importance.
    """

    @property
    def name(self) -> str:
        """What the number is, in words."""
        return "the representation, without labels"

    def scorer(self, model: LatentModel, image: Tensor) -> Score:
        """See `Target`."""
        with torch.no_grad():
            own = model.encode(image).z[0]
        return lambda x: model.encode(x).z @ own


def _require_head(model: LatentModel, what: str) -> None:
    with torch.no_grad():
        device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
        answer = model.classify(torch.zeros(1, model.encoding_dims, device=device))
    if answer is None:
        raise AttributionError(
            f"the model has no classifier, so it says nothing of {what}: explain the score along a direction, "
            "a latent dimension or the representation"
        )


def _head(model: LatentModel, x: Tensor) -> Tensor:
    output = model.classify(model.encode(x).z)
    assert output is not None  # _require_head has looked
    return output
