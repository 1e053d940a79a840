"""What a model's z holds and what it is drawn from: errors, nats, and dimensions in use, on cases it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.gallery.likelihoods import likelihood_of
from xaae_core.gaussian_densities import draw_gaussian, kl_to_standard_normal
from xaae_core.models.model_abilities import has_decoder, has_prior, posterior_of

ACTIVE_VARIANCE = 0.01
"""A dimension is in use where the mean of q(z|x) varies by more than this over the cases (Burda et al. 2016)."""
N_DRAWS = 5
_BATCH = 250


@dataclass(frozen=True)
class Estimate:
    """A mean over cases.

    Attributes:
        mean: the mean.
        error: its standard error.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Estimate:
        """Of one value a case [N]."""
        return cls(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0)


@dataclass(frozen=True)
class LatentFigures:
    """Figures of a model on held-out cases; None where the model has no such thing.

    Attributes:
        n_cases: that were measured.
        n_dims: size D of z.
        mse: mean squared error of what is drawn from z (of a variational model from its mean), values in [0, 1].
        explained: share of the cases' variance that is drawn: 1 − `mse` / variance.
        likelihood: p(x|z) in words; "" where the loss is none.
        log_likelihood: E_q log p(x|z) in nats a case; of a model without q(z|x) log p(x|z).
        kl: KL(q(z|x) ‖ N(0, I)) in nats a case.
        kl_by_dim: its parts [D]; () without q(z|x).
        elbo: log likelihood less KL, a lower bound on log p(x); β is not in it.
        variance: of z over the cases [D], of a variational model of the mean.
        n_active: dimensions whose variance is above 0.01, of a model whose z has the prior N(0, I).
    """

    n_cases: int
    n_dims: int
    mse: Estimate | None
    explained: float | None
    likelihood: str
    log_likelihood: Estimate | None
    kl: Estimate | None
    kl_by_dim: tuple[float, ...]
    elbo: Estimate | None
    variance: tuple[float, ...]
    n_active: int | None

    @property
    def order(self) -> list[int]:
        """Dimensions, those that hold most first: by KL, or by variance without one."""
        held = np.array(self.kl_by_dim or self.variance)
        return [int(dim) for dim in np.argsort(-held, kind="stable")]

    def is_active(self, dim: int) -> bool:
        """Whether a dimension is in use; without a prior, whether it varies at all."""
        return self.variance[dim] > (ACTIVE_VARIANCE if self.n_active is not None else 0.0)


@torch.no_grad()
def encode_cases(model: nn.Module, x: Tensor) -> NDArray[np.float32]:
    """Codes [N, D] of cases [N, …] in evaluation mode, of a variational model the means."""
    encoder: Any = model.eval()
    return torch.cat([encoder.encode(batch).z for batch in torch.split(x, _BATCH)]).numpy()


@torch.no_grad()
def measure_latents(model: nn.Module, x: Tensor, *, n_draws: int = N_DRAWS, seed: int = 0) -> LatentFigures:
    """Measure a model on cases that it has not seen.

    Args:
        model: a `LatentModel`, of pictures or of signals, on the CPU; it is put in evaluation mode.
        x: cases as it takes them [N, …], in [0, 1] where its likelihood is "bernoulli".
        n_draws: codes of q(z|x) that E_q is averaged over.
        seed: of the draws.

    Source: active units: Burda et al. 2016, "Importance weighted autoencoders", section 5.2.
    """
    model.eval()
    generator = torch.Generator().manual_seed(seed)
    parts = [_measure_batch(model, batch, n_draws, generator) for batch in torch.split(x, _BATCH)]
    found = {name: torch.cat([part[name] for part in parts]).double().numpy() for name in parts[0]}
    errors, kl, densities = (found.get(name) for name in ("errors", "kl", "densities"))
    likelihood = likelihood_of(model)
    variance = found["z"].var(axis=0)
    spread = float(x.double().var(dim=0, correction=0).mean())
    kl_sums = None if kl is None else kl.sum(axis=1)
    return LatentFigures(
        n_cases=len(x),
        n_dims=found["z"].shape[1],
        mse=None if errors is None else Estimate.of(errors),
        explained=None if errors is None or not spread else 1 - float(errors.mean()) / spread,
        likelihood="" if likelihood is None else likelihood.words,
        log_likelihood=None if densities is None else Estimate.of(densities),
        kl=None if kl_sums is None else Estimate.of(kl_sums),
        kl_by_dim=() if kl is None else tuple(kl.mean(axis=0).tolist()),
        elbo=None if densities is None or kl_sums is None else Estimate.of(densities - kl_sums),
        variance=tuple(variance.tolist()),
        n_active=int((variance > ACTIVE_VARIANCE).sum()) if has_prior(model) else None,
    )


def _measure_batch(model: Any, x: Tensor, n_draws: int, generator: torch.Generator) -> dict[str, Tensor]:
    """What each case [B, …] gives: `z` [B, D], `errors` [B], `kl` [B, D], `densities` [B], those that there are."""
    posterior, likelihood = posterior_of(model, x), likelihood_of(model)
    z = model.encode(x).z if posterior is None else posterior[0]
    found = {"z": z}
    if has_decoder(model):
        found["errors"] = (model.decode(z, skip_dropout=1.0) - x).square().flatten(1).mean(dim=1)
    if posterior is not None:
        found["kl"] = kl_to_standard_normal(*posterior)
    if likelihood is not None and posterior is None:
        found["densities"] = likelihood.log_density(x, z)
    if likelihood is not None and posterior is not None:
        draws = [likelihood.log_density(x, draw_gaussian(*posterior, generator=generator)) for _ in range(n_draws)]
        found["densities"] = torch.stack(draws).mean(dim=0)
    return found
