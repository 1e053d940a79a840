"""The layer of a `VAE` that makes of features a normal distribution q(z|x), and draws from it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import draw_gaussian


class FullyFactorizedGaussian(nn.Module):
    """Features [B, F] → mean and log variance of q(z|x), each [B, D].

    Args:
        latent_dim: D.
        n_features: F; None: found at the first pass.

    Raises:
        AutoencoderError: no dimension.

    Source: the layers have the names of pyautoencoder's, so its weights fit.
    """

    def __init__(self, latent_dim: int, n_features: int | None = None) -> None:
        super().__init__()
        if latent_dim < 1:
            raise AutoencoderError(f"latent_dim is {latent_dim}; expected at least 1 dimension of z")
        self.latent_dim = latent_dim
        self.mu = _linear(n_features, latent_dim)
        self.log_var = _linear(n_features, latent_dim)

    def get_params(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of features [B, F].

        Raises:
            AutoencoderError: features of another shape.
        """
        if x.ndim != 2:
            raise AutoencoderError(
                f"the encoder of a VAE makes features of shape {tuple(x.shape)}; expected [B, F]: end it with "
                "nn.Flatten()"
            )
        return self.mu(x), self.log_var(x)

    def forward(
        self, x: Tensor, S: int = 1, sample: bool | None = None, *, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Latent codes [B, S, D], mean and log variance [B, D] of features [B, F].

        Args:
            x: features.
            S: number of codes of each case.
            sample: whether they are drawn; None: in training mode. Where not, they all are the mean.
            generator: source of randomness; torch's global one if None.

        Raises:
            AutoencoderError: `S` below 1, or features of another shape.
        """
        mu, log_var = self.get_params(x)
        return self.codes(mu, log_var, S, sample, generator=generator), mu, log_var

    def codes(
        self, mu: Tensor, log_var: Tensor, S: int, sample: bool | None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Latent codes [B, S, D] of N(mu, exp(log_var)), both [B, D]; see `forward`."""
        if S < 1:
            raise AutoencoderError(f"S is {S}; expected at least 1 code for each case")
        size = (len(mu), S, mu.shape[1])
        mean = mu[:, None].expand(size)
        is_drawn = self.training if sample is None else sample
        return draw_gaussian(mean, log_var[:, None].expand(size), generator=generator) if is_drawn else mean


def _linear(n_features: int | None, n_outputs: int) -> nn.Linear:
    return nn.LazyLinear(n_outputs) if n_features is None else nn.Linear(n_features, n_outputs)
