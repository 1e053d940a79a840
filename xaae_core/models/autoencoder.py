"""`AE`: a user's encoder and decoder as an autoencoder, with pyautoencoder's interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from xaae_core.errors import AutoencoderError
from xaae_core.models.autoencoder_loss import (
    LikelihoodType,
    LossResult,
    parse_likelihood,
    require_data,
    total_log_likelihood,
)
from xaae_core.models.built_module import BuiltAutoencoder, ModelOutput, run_part

if TYPE_CHECKING:
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.signal_form import SignalForm


@dataclass(frozen=True, eq=False, repr=False)
class AEEncodeOutput(ModelOutput):
    """What `AE.encode` returns.

    Attributes:
        z: latent codes [B, …], usually [B, D].
    """

    z: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class AEDecodeOutput(ModelOutput):
    """What `AE.decode` returns.

    Attributes:
        x_hat: reconstructions [B, …]; logits for the bernoulli likelihood.
    """

    x_hat: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class AEOutput(ModelOutput):
    """What a pass through an `AE` returns.

    Attributes:
        x_hat: reconstructions [B, …]; logits for the bernoulli likelihood.
        z: latent codes [B, …].
    """

    x_hat: Tensor
    z: Tensor


class AE(BuiltAutoencoder):
    """A deterministic autoencoder: z = f(x), x̂ = g(z).

    Its `encode` and `decode` return pyautoencoder's output classes, which the pages of this tool do not know:
    `as_latent_model` gives them what they take.

    Args:
        encoder: f, maps cases [B, …] to z [B, …].
        decoder: g, maps z to the shape of the cases.

    Source: the page of pyautoencoder on its architecture.
    """

    def forward(self, x: Tensor) -> AEOutput:
        """Encode and decode cases [B, …], with gradients.

        Raises:
            AutoencoderError: before `build`, or cases of a shape that the encoder does not take.
        """
        z = self._encoded(x)
        return AEOutput(run_part("decoder", self.decoder, z, self.latent_shape), z)

    @torch.no_grad()
    def encode(self, x: Tensor) -> AEEncodeOutput:
        """Latent codes of cases [B, …], without gradients; raises as `forward`."""
        return AEEncodeOutput(self._encoded(x))

    @torch.no_grad()
    def decode(self, z: Tensor) -> AEDecodeOutput:
        """Reconstructions of latent codes [B, …], without gradients; raises as `forward`."""
        self.require_built()
        return AEDecodeOutput(run_part("decoder", self.decoder, z, self.latent_shape))

    def compute_loss(
        self, x: Tensor, output: AEOutput, likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN
    ) -> LossResult:
        """The negative log-likelihood of the cases, summed over a case's values and averaged over the batch.

        Args:
            x: cases [B, …].
            output: what `forward` made of them.
            likelihood: "gaussian" or "bernoulli" (x in [0, 1], `x_hat` logits), see
                `xaae_core.models.autoencoder_loss.log_likelihood`.

        Returns:
            The objective, with the diagnostic `log_likelihood`.

        Raises:
            AutoencoderError: an unknown likelihood, another shape than the reconstructions', or data that are not
                finite or not what the likelihood knows.
        """
        kind = parse_likelihood(likelihood)
        if x.shape != output.x_hat.shape:
            raise AutoencoderError(
                f"x has the shape {tuple(x.shape)}, its reconstruction {tuple(output.x_hat.shape)}: pass the batch "
                "that the output was made of"
            )
        require_data(x, kind)
        mean = total_log_likelihood(x, output.x_hat, kind) / len(x)
        return LossResult.of(-mean, log_likelihood=mean)

    def as_latent_model(
        self, likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN, *, form: SignalForm | None = None
    ) -> AutoencoderLatents:
        """The model for the pages and analyses of this tool; it shares the weights.

        Args:
            likelihood: what it is trained with: how its output becomes a picture.
            form: what the signals look like, of a model of signals [B, C, T].

        Raises:
            AutoencoderError: before `build`, or a model of anything but pictures [B, C, H, W] and no form.
            SignalError: a model that was built for other signals than the form's.
        """
        from xaae_core.models.signal_latents import latents_of

        return latents_of(self, likelihood, form)
