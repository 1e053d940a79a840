"""How likely a model holds a case to be, given z: what its reconstruction is worth in nats."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_CLOSEST = 2.0**-24
"""How near to 0 or 1 a share may come: the spacing of float32 below 1, where a sigmoid cannot say more."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """p(x|z) of a model.

    Attributes:
        name: "bernoulli" (of values between 0 and 1 it is no density, but the usual loss), "gaussian" or "laplace".
        scale: standard deviation of "gaussian", b of "laplace"; 0 of "bernoulli".
        log_density: log p(x|z) in nats [B], constants included, of cases [B, …] and codes [B, D].
    """

    name: str
    scale: float
    log_density: Callable[[Tensor, Tensor], Tensor]

    @property
    def words(self) -> str:
        """What it is, for people."""
        return self.name if not self.scale else f"{self.name}, scale {self.scale:.3g}"


def likelihood_of(model: nn.Module) -> Likelihood | None:
    """The likelihood that a model is trained with; None where its loss is none."""
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.models.burgess_vae import BurgessVAE
    from xaae_core.models.mnist_beta_vaes import DigitVae

    if isinstance(model, AutoencoderLatents):
        return _of_family(model)
    if isinstance(model, DigitVae):
        return Likelihood("bernoulli", 0.0, lambda x, z: _bernoulli(x, model.decode(z)))
    if isinstance(model, BurgessVAE):
        return _of_burgess(model, model.loss_f.rec_dist)
    return None


def _of_family(model: nn.Module) -> Likelihood:
    """Of `AE`, `VAE` and `AdaGVAE`, by what their decoder gives before it is made a picture.

    "gaussian" has the variance β: ½ (x − x̂)² + β KL, what the model is trained with, is β times the negative ELBO of
    that variance, up to a constant. An `AE` has no β, and the variance 1.
    """
    from xaae_core.models.adagvae import AdaGVAE
    from xaae_core.models.autoencoder import AE
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.models.autoencoder_loss import LikelihoodType, log_likelihood

    assert isinstance(model, AutoencoderLatents)  # see the caller
    core = model.model.vae if isinstance(model.model, AdaGVAE) else model.model
    is_gaussian = model.likelihood is LikelihoodType.GAUSSIAN
    variance = 1.0 if isinstance(core, AE) or not is_gaussian or model.beta <= 0 else model.beta
    constant = 0.5 * math.log(2 * math.pi * variance) if is_gaussian else 0.0  # which the loss leaves out

    def log_density(x: Tensor, z: Tensor) -> Tensor:
        x_hat = core.decoder(z.reshape(-1, *(core.latent_shape or ())))
        return _summed(log_likelihood(x, x_hat, model.likelihood) / variance - constant)

    return Likelihood(str(model.likelihood), math.sqrt(variance) if is_gaussian else 0.0, log_density)


def _of_burgess(model: nn.Module, kind: str) -> Likelihood:
    """Its losses 255 (x − x̂)² and 3 |x − x̂| as what they are up to a constant: densities of fixed width."""
    decode: Callable[[Tensor], Tensor] = model.decode  # type: ignore[assignment]
    if kind == "bernoulli":
        return Likelihood(kind, 0.0, lambda x, z: _bernoulli(x, decode(z)))
    scale = math.sqrt(1 / (2 * 255)) if kind == "gaussian" else 1 / 3
    spread: Any = torch.distributions.Normal if kind == "gaussian" else torch.distributions.Laplace
    return Likelihood(kind, scale, lambda x, z: _summed(spread(decode(z), scale).log_prob(x)))


def _bernoulli(x: Tensor, shares: Tensor) -> Tensor:
    share = shares.clamp(_CLOSEST, 1 - _CLOSEST)
    return _summed(x * share.log() + (1 - x) * (-share).log1p())


def _summed(values: Tensor) -> Tensor:
    return values.flatten(1).sum(dim=1)
