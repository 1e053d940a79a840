"""What the losses of `AE`, `VAE` and `AdaGVAE` are made of: the likelihood of the data, and the result they return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import kl_between_gaussians


class LikelihoodType(StrEnum):
    """The likelihood p(x|z) that a decoder's output stands for; its value is the name that `likelihood=` takes.

    GAUSSIAN: the mean of a normal distribution of variance 1. BERNOULLI: the logits of data in [0, 1].
    """

    GAUSSIAN = "gaussian"
    BERNOULLI = "bernoulli"


@dataclass(frozen=True, eq=False)
class LossResult:
    """What `compute_loss` returns.

    Attributes:
        objective: the scalar to minimise; gradients flow through it.
        diagnostics: scalar figures by name, as numbers.
        tensors: the same figures as detached tensors without dimensions, where the objective is: what pyautoencoder
            2.1.0 has for diagnostics.
    """

    objective: Tensor
    diagnostics: dict[str, float]
    tensors: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, objective: Tensor, **figures: Tensor) -> LossResult:
        """A result whose figures are brought over from the device in one go."""
        tensors = {name: figure.detach() for name, figure in figures.items()}
        values = torch.stack(list(tensors.values())).tolist()
        return cls(objective, dict(zip(tensors, values, strict=True)), tensors)


def parse_likelihood(likelihood: str | LikelihoodType) -> LikelihoodType:
    """The likelihood of a name, upper or lower case; raises AutoencoderError for another name."""
    try:
        return LikelihoodType(likelihood.lower())
    except (ValueError, AttributeError) as error:
        known = ", ".join(f'"{kind}"' for kind in LikelihoodType)
        raise AutoencoderError(f"the likelihood {likelihood!r} is not known; expected one of {known}") from error


def require_data(x: Tensor, likelihood: LikelihoodType, name: str = "x") -> None:
    """Raise AutoencoderError unless the data are finite, not empty, and for BERNOULLI in [0, 1].

    Args:
        x: data of any shape.
        likelihood: what they are taken for.
        name: what the message calls them.
    """
    if not x.numel():
        raise AutoencoderError(f"{name} is empty, {tuple(x.shape)}: a loss needs at least one case")
    low, high = (float(bound) for bound in x.detach().aminmax())  # NaN anywhere makes both NaN
    if not (-float("inf") < low and high < float("inf")):
        case, *place = (~x.isfinite()).nonzero()[0].tolist()
        raise AutoencoderError(
            f"{name}: values that are not finite, the first in case {case} at {place} ({x[case, *place]:g}); expected "
            "numbers: fill the gaps in, or leave that case out"
        )
    if likelihood is LikelihoodType.BERNOULLI and not 0 <= low <= high <= 1:
        raise AutoencoderError(
            f'{name} goes from {low:.3g} to {high:.3g}; likelihood="bernoulli" needs [0, 1]: rescale the data, or take '
            'likelihood="gaussian"'
        )


def log_likelihood(x: Tensor, x_hat: Tensor, likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN) -> Tensor:
    """Log-likelihood of each value of x under a decoder's output, of the shape of both.

    Args:
        x: data; for "bernoulli" in [0, 1].
        x_hat: means for "gaussian", logits for "bernoulli".
        likelihood: "gaussian" is −½ (x − x̂)², without the constant −½ log 2π; "bernoulli" is
            x log σ(x̂) + (1 − x) log(1 − σ(x̂)).

    Raises:
        AutoencoderError: two shapes, an unknown likelihood, or data that the likelihood does not know.
    """
    kind = parse_likelihood(likelihood)
    if x.shape != x_hat.shape:
        raise AutoencoderError(f"x {tuple(x.shape)} and x_hat {tuple(x_hat.shape)} differ in shape")
    require_data(x, kind)
    return -_cost(x, x_hat, kind, "none")


def kl_divergence_diag_gaussian(
    mu_q: Tensor,
    log_var_q: Tensor,
    mu_p: Tensor | None = None,
    log_var_p: Tensor | None = None,
    reduce_sum: bool = True,
) -> Tensor:
    """KL(N(mu_q, exp(log_var_q)) ‖ N(mu_p, exp(log_var_p))) of each case [B], under release 2.1.0's name.

    Args:
        mu_q: means [B, D].
        log_var_q: log variances [B, D].
        mu_p: means of the second; None: 0.
        log_var_p: log variances of the second; None: 0.
        reduce_sum: sum over the dimensions; False: each on its own, [B, D].
    """
    mu_p = torch.zeros_like(mu_q) if mu_p is None else mu_p
    log_var_p = torch.zeros_like(log_var_q) if log_var_p is None else log_var_p
    divergence = kl_between_gaussians(mu_q, log_var_q, mu_p, log_var_p)
    return divergence.sum(dim=-1) if reduce_sum else divergence


def total_log_likelihood(x: Tensor, x_hat: Tensor, likelihood: LikelihoodType) -> Tensor:
    """The sum of `log_likelihood` over all values, a scalar; the data were looked at by `require_data`."""
    return -_cost(x, x_hat, likelihood, "sum")


def _cost(x: Tensor, x_hat: Tensor, likelihood: LikelihoodType, reduction: str) -> Tensor:
    if likelihood is LikelihoodType.BERNOULLI:
        return F.binary_cross_entropy_with_logits(x_hat, x, reduction=reduction)
    return 0.5 * F.mse_loss(x_hat, x, reduction=reduction)
