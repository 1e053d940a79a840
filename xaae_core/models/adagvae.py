"""`AdaGVAE`: a `VAE` that learns from pairs which differ in few factors, with pyautoencoder's interface."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import kl_between_gaussians
from xaae_core.kept_heap import is_heap_kept
from xaae_core.models.autoencoder_loss import LikelihoodType, LossResult
from xaae_core.models.built_module import ModelOutput
from xaae_core.models.vae import VAE, VAEOutput

if TYPE_CHECKING:
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.signal_form import SignalForm

Pair = tuple[Tensor, Tensor]
_SMALL_BATCH = 2**15


@dataclass(frozen=True, eq=False, repr=False)
class AdaGVAEOutput(ModelOutput):
    """What a pass through an `AdaGVAE` returns.

    Attributes:
        output1: of the first cases of the pairs, by their adapted q(z|x).
        output2: of the second.
    """

    output1: VAEOutput
    output2: VAEOutput


class AdaGVAE(nn.Module):
    """A `VAE` trained on pairs: where their q(z|x) hardly differ, both get the same.

    A dimension is shared where KL(q1 ‖ q2) in it is below τ, the middle between the least and the largest of all
    dimensions; its mean and its variance are then the averages of both. Sharing and drawing go by the documented
    behaviour: shared in both modes, drawn in training mode. pyautoencoder 2.1.0 does not share in eval mode and draws
    in both: `model(pair, sample=True, is_grouped=False)`.

    For single cases use `model.vae`, or `as_latent_model`.

    Args:
        vae: the VAE; its weights are this model's.
        is_one_pass: whether both cases of a pair go through the networks together. None: where that should be faster:
            on an accelerator (not measured), and on the CPU in a training (`xaae_core.kept_heap`); outside of one for
            batches of up to 32,768 values (times S), as larger ones ask the system for memory again and again; but
            not with batch norm in training mode, which would see other batches.

    Source: Locatello et al. 2020, "Weakly-supervised disentanglement without compromises".
    """

    def __init__(self, vae: VAE, *, is_one_pass: bool | None = None) -> None:
        super().__init__()
        self.vae = vae
        self.is_one_pass = is_one_pass

    def build(self, input_sample: Tensor) -> None:
        """See `VAE.build`: single cases [B, …], not pairs."""
        self.vae.build(input_sample)

    def forward(
        self,
        x: Pair,
        S: int = 1,
        *,
        sample: bool | None = None,
        is_grouped: bool = True,
        generator: torch.Generator | None = None,
    ) -> AdaGVAEOutput:
        """Encode pairs, share what they have in common, draw S codes of each case and decode them, with gradients.

        Args:
            x: the first and the second cases of the pairs, both [B, …].
            S: number of codes of each case.
            sample: whether codes are drawn; None: in training mode.
            is_grouped: whether close dimensions are shared.
            generator: source of randomness; torch's global one if None.

        Raises:
            AutoencoderError: before `build`, no pair of equal shapes, or as `VAE.forward`.
        """
        x1, x2 = require_pair(x)
        together = self._goes_together(x1, S)
        q1, q2 = self._posteriors(x1, x2, together)
        if is_grouped:
            q1, q2 = group_posteriors(q1, q2)
        if not together:
            first, second = (self.vae.decode_posterior(*q, S, sample, generator=generator) for q in (q1, q2))
            return AdaGVAEOutput(first, second)
        # Drawn one after the other: the same draws as those of two passes.
        head = self.vae.sampling_layer
        is_drawn = self.training if sample is None else sample
        codes = [head.codes(*q, S, is_drawn, generator=generator) for q in (q1, q2)]
        return AdaGVAEOutput(*self._decode_together(q1, q2, codes, is_drawn))

    def compute_loss(
        self,
        x: Pair,
        output: AdaGVAEOutput,
        beta: float = 1.0,
        likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN,
    ) -> LossResult:
        """The sum of both cases' negative ELBOs, see `VAE.compute_loss`.

        Args:
            x: the pairs, each [B, …].
            output: what `forward` made of them.
            beta: weight of the KL divergences.
            likelihood: "gaussian" or "bernoulli".

        Returns:
            The objective, with the diagnostics `elbo` (of both together), `log_likelihood_x1`, `log_likelihood_x2`,
            `kl_divergence_x1` and `kl_divergence_x2`.

        Raises:
            AutoencoderError: as `VAE.compute_loss`, or no pair of equal shapes.
        """
        x1, x2 = require_pair(x)
        expected1, divergence1 = self.vae.loss_terms(x1, output.output1, likelihood)
        expected2, divergence2 = self.vae.loss_terms(x2, output.output2, likelihood)
        elbo = (expected1 - beta * divergence1) + (expected2 - beta * divergence2)
        return LossResult.of(
            -elbo,
            elbo=elbo,
            log_likelihood_x1=expected1,
            log_likelihood_x2=expected2,
            kl_divergence_x1=divergence1,
            kl_divergence_x2=divergence2,
        )

    def as_latent_model(
        self, likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN, *, form: SignalForm | None = None
    ) -> AutoencoderLatents:
        """The model for the pages and analyses of this tool, see `VAE.as_latent_model`."""
        from xaae_core.models.signal_latents import latents_of

        return latents_of(self, likelihood, form)

    def _goes_together(self, x1: Tensor, n_codes: int) -> bool:
        if self.is_one_pass is not None:
            return self.is_one_pass
        if x1.device.type == "cpu" and x1.numel() * n_codes > _SMALL_BATCH and not is_heap_kept():
            return False
        return not any(isinstance(part, nn.modules.batchnorm._BatchNorm) and part.training for part in self.modules())

    def _posteriors(self, x1: Tensor, x2: Tensor, together: bool) -> tuple[Pair, Pair]:
        if not together:
            return self.vae.posterior(x1), self.vae.posterior(x2)
        mu, log_var = self.vae.posterior(torch.cat((x1, x2)))  # [2B, D]
        (mu1, mu2), (log_var1, log_var2) = mu.chunk(2), log_var.chunk(2)
        return (mu1, log_var1), (mu2, log_var2)

    def _decode_together(self, q1: Pair, q2: Pair, codes: list[Tensor], is_drawn: bool) -> tuple[VAEOutput, VAEOutput]:
        n_codes = codes[0].shape[1]
        z = torch.cat(codes) if is_drawn else torch.cat([code[:, :1] for code in codes])
        x_hat = self.vae.decode_codes(z)
        x_hat1, x_hat2 = x_hat.expand(-1, n_codes, *x_hat.shape[2:]).chunk(2)
        return VAEOutput(x_hat1, codes[0], *q1), VAEOutput(x_hat2, codes[1], *q2)


def group_posteriors(q1: Pair, q2: Pair) -> tuple[Pair, Pair]:
    """Two posteriors, each mean and log variance [B, D], with the dimensions shared in which they hardly differ.

    A dimension is shared where KL(q1 ‖ q2) in it is below the middle between the least and the largest over the
    dimensions of the case; a single dimension never is. Shared are the averages of the means and of the variances.

    Args:
        q1: the first.
        q2: the second.

    Source: Locatello et al. 2020, equations 3 to 6, with the threshold of their implementation.
    """
    (mu1, log_var1), (mu2, log_var2) = q1, q2
    with torch.no_grad():  # which dimensions are shared is a decision, without a gradient
        divergence = kl_between_gaussians(mu1, log_var1, mu2, log_var2)  # [B, D]
        least, largest = divergence.aminmax(dim=1, keepdim=True)
        is_shared = divergence < 0.5 * (least + largest)
    mu = 0.5 * (mu1 + mu2)
    log_var = torch.logaddexp(log_var1, log_var2) - math.log(2)  # of the mean variance
    return (
        (torch.where(is_shared, mu, mu1), torch.where(is_shared, log_var, log_var1)),
        (torch.where(is_shared, mu, mu2), torch.where(is_shared, log_var, log_var2)),
    )


def require_pair(x: Any) -> Pair:
    """The first and the second cases of pairs; raises AutoencoderError unless they are two tensors of one shape."""
    if not isinstance(x, tuple | list) or len(x) != 2:
        raise AutoencoderError(f"an AdaGVAE takes a pair (x1, x2) of batches, not a {type(x).__name__}")
    x1, x2 = x
    if x1.shape != x2.shape:
        raise AutoencoderError(
            f"the pair has the shapes {tuple(x1.shape)} and {tuple(x2.shape)}; expected one and the same: case i of "
            "the first belongs to case i of the second"
        )
    return x1, x2
