"""`VAE`: a user's encoder and decoder as a variational autoencoder, with pyautoencoder's interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import kl_to_standard_normal
from xaae_core.models.autoencoder_loss import (
    LikelihoodType,
    LossResult,
    parse_likelihood,
    require_data,
    total_log_likelihood,
)
from xaae_core.models.built_module import BuiltAutoencoder, ModelOutput, run_part
from xaae_core.models.gaussian_head import FullyFactorizedGaussian

if TYPE_CHECKING:
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.signal_form import SignalForm


@dataclass(frozen=True, eq=False, repr=False)
class VAEEncodeOutput(ModelOutput):
    """What `VAE.encode` returns.

    Attributes:
        z: latent codes [B, S, D].
        mu: mean of q(z|x), [B, D].
        log_var: its log variance, [B, D].
    """

    z: Tensor
    mu: Tensor
    log_var: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class VAEDecodeOutput(ModelOutput):
    """What `VAE.decode` returns.

    Attributes:
        x_hat: reconstructions [B, S, …]; logits for the bernoulli likelihood.
    """

    x_hat: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class VAEOutput(ModelOutput):
    """What a pass through a `VAE` returns.

    Attributes:
        x_hat: reconstructions [B, S, …]; logits for the bernoulli likelihood.
        z: latent codes [B, S, D].
        mu: mean of q(z|x), [B, D].
        log_var: its log variance, [B, D].
    """

    x_hat: Tensor
    z: Tensor
    mu: Tensor
    log_var: Tensor


class VAE(BuiltAutoencoder):
    """A variational autoencoder with a diagonal q(z|x) and the prior N(0, I).

    In training mode S codes are drawn for each case; in eval mode all S of them are the mean. Pass `sample=True` or
    `sample=False` for one of both whatever the mode: pyautoencoder 2.1.0 goes by that argument alone (drawn by
    `forward`, the mean by `encode`, if it is left out) and refuses S > 1 of the mean.

    `as_latent_model` gives the pages of this tool what they take; `decoder(z)` [N, D] → [N, …] is the plain decoder.

    Args:
        encoder: maps cases [B, …] to features [B, F].
        decoder: maps z [N, D] to the shape of the cases.
        latent_dim: D.
        n_features: F; None: found by `build`.

    Raises:
        AutoencoderError: no dimension.

    Source: Kingma & Welling 2013, "Auto-encoding variational Bayes"; the page of pyautoencoder on its architecture.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, latent_dim: int, *, n_features: int | None = None
    ) -> None:
        super().__init__(encoder, decoder)
        self.latent_dim = latent_dim
        self.sampling_layer = FullyFactorizedGaussian(latent_dim, n_features)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of cases [B, …], with gradients; raises as `forward`."""
        return self.sampling_layer.get_params(self._encoded(x))

    def forward(
        self, x: Tensor, S: int = 1, sample: bool | None = None, *, generator: torch.Generator | None = None
    ) -> VAEOutput:
        """Encode cases [B, …], draw S codes of each and decode them, with gradients.

        Args:
            x: cases.
            S: number of codes of each case. Where they are not drawn they are decoded once.
            sample: whether codes are drawn; None: in training mode.
            generator: source of randomness; torch's global one if None.

        Raises:
            AutoencoderError: before `build`, `S` below 1, or cases of a shape that the encoder does not take.
        """
        return self.decode_posterior(*self.posterior(x), S, sample, generator=generator)

    def decode_posterior(
        self,
        mu: Tensor,
        log_var: Tensor,
        S: int = 1,
        sample: bool | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> VAEOutput:
        """The codes of N(mu, exp(log_var)), both [B, D], and what they are decoded to; see `forward`."""
        is_drawn = self.training if sample is None else sample
        z = self.sampling_layer.codes(mu, log_var, S, is_drawn, generator=generator)
        x_hat = self.decode_codes(z) if is_drawn else self.decode_codes(z[:, :1])
        return VAEOutput(x_hat.expand(-1, S, *x_hat.shape[2:]), z, mu, log_var)

    @torch.no_grad()
    def encode(
        self, x: Tensor, S: int = 1, sample: bool | None = None, *, generator: torch.Generator | None = None
    ) -> VAEEncodeOutput:
        """Latent codes of cases [B, …], without gradients; arguments and errors as `forward`."""
        mu, log_var = self.posterior(x)
        is_drawn = self.training if sample is None else sample
        return VAEEncodeOutput(self.sampling_layer.codes(mu, log_var, S, is_drawn, generator=generator), mu, log_var)

    @torch.no_grad()
    def decode(self, z: Tensor) -> VAEDecodeOutput:
        """Reconstructions [B, S, …] of latent codes [B, S, D], without gradients.

        Raises:
            AutoencoderError: before `build`, or codes of another shape.
        """
        self.require_built()
        return VAEDecodeOutput(self.decode_codes(z))

    def decode_codes(self, z: Tensor) -> Tensor:
        """Reconstructions [B, S, …] of latent codes [B, S, D], with gradients; raises as `decode`."""
        if z.ndim != 3 or z.shape[2] != self.latent_dim:
            raise AutoencoderError(
                f"z has the shape {tuple(z.shape)}; expected [B, S, {self.latent_dim}], S codes of each case: pass "
                "z.unsqueeze(1) for one code of each, or call model.decoder(z)"
            )
        flat = run_part("decoder", self.decoder, z.reshape(-1, self.latent_dim), self.latent_shape)
        return flat.reshape(*z.shape[:2], *flat.shape[1:])  # [B, S, …]

    @torch.no_grad()
    def sample_prior(self, n_samples: int, *, generator: torch.Generator | None = None) -> Tensor:
        """What the decoder makes of draws of N(0, I): [N, …], logits for the bernoulli likelihood.

        Args:
            n_samples: N.
            generator: source of randomness; torch's global one if None.

        Raises:
            AutoencoderError: before `build`, or fewer than one sample.
        """
        self.require_built()
        if n_samples < 1:
            raise AutoencoderError(f"n_samples is {n_samples}; expected at least 1")
        weight = self.sampling_layer.mu.weight
        device = weight.device if generator is None else generator.device
        z = torch.randn(n_samples, self.latent_dim, dtype=weight.dtype, device=device, generator=generator)
        return run_part("decoder", self.decoder, z.to(weight.device), self.latent_shape)

    def compute_loss(
        self,
        x: Tensor,
        output: VAEOutput,
        beta: float = 1.0,
        likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN,
    ) -> LossResult:
        """The negative ELBO, −E_q[log p(x|z)] + β KL(q(z|x) ‖ N(0, I)), averaged over the batch.

        The expectation is the mean over the S codes of each case; of codes that are not drawn it is that of the mean
        alone, which is no estimate of the ELBO.

        Args:
            x: cases [B, …].
            output: what `forward` made of them.
            beta: weight β of the KL divergence; 1: the ELBO itself.
            likelihood: "gaussian" (without its constant) or "bernoulli" (x in [0, 1], `x_hat` logits).

        Returns:
            The objective, with the diagnostics `elbo` (with β), `log_likelihood` and `kl_divergence` (without β).

        Raises:
            AutoencoderError: an unknown likelihood, an output that was not made of these cases, or data that are not
                finite or not what the likelihood knows.
        """
        expected, divergence = self.loss_terms(x, output, likelihood)
        elbo = expected - beta * divergence
        return LossResult.of(-elbo, elbo=elbo, log_likelihood=expected, kl_divergence=divergence)

    def loss_terms(self, x: Tensor, output: VAEOutput, likelihood: str | LikelihoodType) -> tuple[Tensor, Tensor]:
        """E_q[log p(x|z)] and KL(q(z|x) ‖ N(0, I)), each averaged over the batch; see `compute_loss`."""
        kind = parse_likelihood(likelihood)
        self._require_output(x, output)
        require_data(x, kind)
        n_codes = output.x_hat.shape[1]
        spread = x[:, None].expand_as(output.x_hat)  # [B, S, …]
        expected = total_log_likelihood(spread, output.x_hat, kind) / (len(x) * n_codes)
        return expected, kl_to_standard_normal(output.mu, output.log_var).sum() / len(x)

    def as_latent_model(
        self, likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN, *, form: SignalForm | None = None
    ) -> AutoencoderLatents:
        """The model for the pages and analyses of this tool, z the mean; it shares the weights.

        Args:
            likelihood: what it is trained with: how its output becomes a picture.
            form: what the signals look like, of a model of signals [B, C, T].

        Raises:
            AutoencoderError: before `build`, or a model of anything but pictures [B, C, H, W] and no form.
            SignalError: a model that was built for other signals than the form's.
        """
        from xaae_core.models.signal_latents import latents_of

        return latents_of(self, likelihood, form)

    def _codes(self, x: Tensor) -> Tensor:
        """See `BuiltAutoencoder`: the mean."""
        features = run_part("encoder", self.encoder, x)
        return self.sampling_layer.get_params(features)[0]

    def _require_output(self, x: Tensor, output: VAEOutput) -> None:
        shape = tuple(output.x_hat.shape)
        if len(shape) != x.ndim + 1 or shape[:1] + shape[2:] != tuple(x.shape) or not shape[1]:
            wanted = ", ".join(map(str, (x.shape[0], "S", *x.shape[1:])))
            raise AutoencoderError(
                f"x has the shape {tuple(x.shape)}, its reconstructions {shape}; expected [{wanted}]: pass the batch "
                "that the output was made of"
            )
        expected = (len(x), self.latent_dim)
        if tuple(output.mu.shape) != expected or tuple(output.log_var.shape) != expected:
            raise AutoencoderError(
                f"mu and log_var have the shapes {tuple(output.mu.shape)} and {tuple(output.log_var.shape)}; expected "
                f"{expected}"
            )
