"""The terms that the losses of variational autoencoders are made of, under the names of lfxai's page.

`storer` is lfxai's: a dict to which a function appends what it computed, as lists of numbers by name.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import (
    kl_to_standard_normal,
    log_density_gaussian,
    log_importance_weight_matrix,
    matrix_log_density_gaussian,
)

Distribution = Literal["bernoulli", "gaussian", "laplace"]
RECON_DIST = ("bernoulli", "laplace", "gaussian")
Storer = MutableMapping[str, list[float]]
LatentDist = tuple[Tensor, Tensor]
"""Mean and log variance of q(z|x), each [B, D]."""


class KlParts(NamedTuple):
    """The three parts of the mean KL(q(z|x) ‖ p(z)), estimated from a batch: scalars that add up to its estimate."""

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_wise_kl: Tensor


class LatentDensities(NamedTuple):
    """Log densities of latent samples, each [B]: prior, aggregate posterior, product of its marginals, own q(z|x)."""

    log_pz: Tensor
    log_qz: Tensor
    log_prod_qzi: Tensor
    log_q_zCx: Tensor  # noqa: N815  (lfxai's name)

    def decompose(self) -> KlParts:
        """The parts of the KL divergence that β-TCVAE weighs apart (Chen et al. 2018, equation 2)."""
        return KlParts(
            (self.log_q_zCx - self.log_qz).mean(),
            (self.log_qz - self.log_prod_qzi).mean(),
            (self.log_prod_qzi - self.log_pz).mean(),
        )


def record(storer: Storer | None, **values: Tensor) -> None:
    """Append scalars to the storer's lists; nothing without a storer."""
    if storer is not None:
        for name, value in values.items():
            storer.setdefault(name, []).append(value.item())


def _reconstruction_loss(
    data: Tensor, recon_data: Tensor, distribution: Distribution = "bernoulli", storer: Storer | None = None
) -> Tensor:
    """Negative log likelihood of the pixels up to a constant: summed over an image, averaged over the batch.

    Args:
        data: images [B, C, H, W] in [0, 1].
        recon_data: their reconstructions, of the same shape; for "bernoulli" in [0, 1].
        distribution: "bernoulli" is the cross-entropy; "gaussian" 255 times the squared error (the error on the scale
            of 255, divided by 255); "laplace" three times the absolute error, which is near the size of the first.
        storer: gets `recon_loss`.

    Raises:
        ValueError: an unknown distribution or another shape.
        AutoencoderError: for "bernoulli" pixels outside [0, 1], or that are no numbers.
    """
    if data.shape != recon_data.shape:
        raise ValueError(f"images {tuple(data.shape)} and reconstructions {tuple(recon_data.shape)} differ in shape")
    if distribution == "bernoulli":
        low, high = (float(value) for value in data.detach().aminmax())
        if not 0 <= low <= high <= 1:  # NaN anywhere makes both NaN
            raise AutoencoderError(
                f"pixels go from {low:.3g} to {high:.3g}; the bernoulli likelihood needs [0, 1]: rescale them, or "
                'take rec_dist="gaussian"'
            )
        loss = F.binary_cross_entropy(recon_data, data, reduction="sum")
    elif distribution == "gaussian":
        loss = 255 * F.mse_loss(recon_data, data, reduction="sum")
    elif distribution == "laplace":
        loss = 3 * F.l1_loss(recon_data, data, reduction="sum")
    else:
        raise ValueError(f'the distribution "{distribution}" is not known; expected one of {", ".join(RECON_DIST)}')
    loss = loss / len(data)
    record(storer, recon_loss=loss)
    return loss


def _kl_normal_loss(mean: Tensor, logvar: Tensor, storer: Storer | None = None) -> Tensor:
    """KL(N(mean, exp(logvar)) ‖ N(0, I)), summed over the dimensions and averaged over the batch; ≥ 0.

    Args:
        mean: [B, D].
        logvar: log variance, [B, D].
        storer: gets `kl_loss`, and `kl_loss_<d>` of each dimension.
    """
    of_dimensions = kl_to_standard_normal(mean, logvar).mean(dim=0)  # [D]
    total = of_dimensions.sum()
    if storer is not None:
        record(storer, kl_loss=total, **{f"kl_loss_{d}": value for d, value in enumerate(of_dimensions)})
    return total


def _permute_dims(latent_sample: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """A batch [B, D] with each dimension shuffled on its own: samples of the product of the marginals.

    Args:
        latent_sample: samples [B, D] of q(z); left as they are.
        generator: source of randomness, on the CPU; torch's global one if None.

    Source: Kim & Mnih 2018, "Disentangling by factorising", algorithm 1.
    """
    n_rows, n_dims = latent_sample.shape
    orders = torch.stack([torch.randperm(n_rows, generator=generator) for _ in range(n_dims)], dim=1)  # [B, D]
    return latent_sample.gather(0, orders.to(latent_sample.device))


def _get_log_pz_qz_prodzi_qzCx(  # noqa: N802  (lfxai's name)
    latent_sample: Tensor, latent_dist: LatentDist, n_data: int, is_mss: bool = True
) -> LatentDensities:
    """Log densities of a batch's latent samples; those of q(z) are estimated from the batch.

    Args:
        latent_sample: z [B, D], row i drawn from q(z|x_i).
        latent_dist: mean and log variance of q(z|x), each [B, D].
        n_data: number N of training cases.
        is_mss: minibatch stratified sampling, see `log_importance_weight_matrix`; False: minibatch weighted sampling,
            q(z) ≈ 1/(N·B) Σ_j q(z|x_j), whose constant lfxai 0.1.1 leaves out of q(z) and of each marginal.

    Raises:
        ValueError: more cases in the batch than `n_data`.

    Source: Chen et al. 2018, equations 5 and S6.
    """
    mean, logvar = latent_dist
    zeros = torch.zeros_like(latent_sample)
    weights = log_importance_weight_matrix(len(latent_sample), n_data)
    if not is_mss:
        weights = torch.full_like(weights, 1 / (n_data * len(latent_sample))).log()
    weights = weights.to(latent_sample)
    log_q = matrix_log_density_gaussian(latent_sample, mean, logvar)  # [B, B, D]
    return LatentDensities(
        log_pz=log_density_gaussian(latent_sample, zeros, zeros).sum(dim=1),
        log_qz=torch.logsumexp(log_q.sum(dim=2) + weights, dim=1),
        log_prod_qzi=torch.logsumexp(log_q + weights[..., None], dim=1).sum(dim=1),
        log_q_zCx=log_density_gaussian(latent_sample, mean, logvar).sum(dim=1),
    )
