"""What a `LatentModel` can do beyond its protocol: draw from z, and what it knows of z before it sees a case."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor


def has_decoder(model: object) -> bool:
    """Whether pictures can be drawn from z; a model that does not say (`has_decoder`) is taken for one that can."""
    return bool(getattr(model, "has_decoder", True))


def has_prior(model: object) -> bool:
    """Whether z was trained to lie as N(0, I) does: variational and adversarial autoencoders.

    A model that does not say (`has_prior`) is taken for one that was.
    """
    return bool(getattr(model, "has_prior", True))


def is_variational(model: object) -> bool:
    """Whether a case becomes a distribution over z, which `posterior_of` tells."""
    return has_prior(model) and hasattr(model, "posterior")


def posterior_of(model: object, x: Tensor) -> tuple[Tensor, Tensor] | None:
    """Mean and log variance, each [B, D], of q(z|x) of images [B, C, H, W]; None unless the model is variational."""
    if not is_variational(model):
        return None
    return cast("tuple[Tensor, Tensor]", cast(Any, model).posterior(x))
