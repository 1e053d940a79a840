"""Densities of Gaussians with diagonal covariance, and of the mixture that a data set's encodings make."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LOG_2PI = math.log(2 * math.pi)


def log_density_gaussian(x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log density of each coordinate of x under N(mu, exp(logvar)); all three of one (or broadcastable) shape.

    Args:
        x: points.
        mu: means.
        logvar: logarithms of the variances.
    """
    return -0.5 * (_LOG_2PI + logvar + (x - mu).square() * torch.exp(-logvar))


def matrix_log_density_gaussian(x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log densities [B, B, D] of every x (first axis) under every Gaussian (second axis); all three [B, D]."""
    return log_density_gaussian(x[:, None], mu[None], logvar[None])


def log_importance_weight_matrix(batch_size: int, dataset_size: int) -> Tensor:
    """Log weights [B, B] of minibatch stratified sampling; the weights of each row add up to 1.

    Row i weighs the batch's encodings in an estimate of q(z_i) = 1/N Σ_n q(z_i | x_n), where z_i was drawn from
    q(z | x_i). With M = B − 1 that encoding has the weight 1/N, one other (N − M)/(N·M), and the rest 1/M; then the
    estimate of q(z_i) has no bias. lfxai 0.1.1, as the code that it follows, puts 1/N in column 0 instead of on the
    diagonal, which is right for the first row only.

    Args:
        batch_size: B, at least 1. A batch of one has its own encoding alone, of weight 1/N.
        dataset_size: N, at least B.

    Raises:
        ValueError: a batch that is larger than its data set, or empty.

    Source: Chen et al. 2018, "Isolating sources of disentanglement in VAEs", appendix C.2.
    """
    if not 1 <= batch_size <= dataset_size:
        raise ValueError(
            f"a batch of {batch_size} from a data set of {dataset_size}; expected 1 to {dataset_size} of them: "
            "give the number of training cases (n_data)"
        )
    weights = torch.empty(batch_size, batch_size)
    n_others = batch_size - 1
    rows = torch.arange(batch_size)
    if n_others:
        weights.fill_(1 / n_others)
        weights[rows, (rows + 1) % batch_size] = (dataset_size - n_others) / (dataset_size * n_others)
    weights[rows, rows] = 1 / dataset_size
    return weights.log()


def kl_to_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) ‖ N(0, 1)) of each coordinate, ≥ 0; of the shape of both."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def kl_between_gaussians(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(N(mu_q, exp(logvar_q)) ‖ N(mu_p, exp(logvar_p))) of each coordinate, ≥ 0; all four of one shape."""
    gap = mu_q - mu_p
    return 0.5 * (logvar_p - logvar_q + (logvar_q.exp() + gap.square()) * torch.exp(-logvar_p) - 1)


def draw_gaussian(mu: Tensor, logvar: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """A sample of N(mu, exp(logvar)) through which gradients flow (Kingma & Welling 2014).

    Args:
        mu: means.
        logvar: logarithms of the variances, of the same shape.
        generator: source of randomness; torch's global one if None.
    """
    device = mu.device if generator is None else generator.device
    noise = torch.randn(mu.shape, dtype=mu.dtype, device=device, generator=generator).to(mu.device)
    return mu + torch.exp(0.5 * logvar) * noise
