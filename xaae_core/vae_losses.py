"""The losses of variational autoencoders under lfxai's names: β-VAE and β-TCVAE, with their annealing.

`storer` is lfxai's: a dict to which a loss appends its parts, as lists of numbers by name; None records nothing. Where
lfxai 0.1.1 differs from what it cites, the source is followed: see `_get_log_pz_qz_prodzi_qzCx` of
`xaae_core.vae_terms`; and validation is neither counted as training nor annealed.
"""

from __future__ import annotations

import abc
import math
from typing import Any

from torch import Tensor

from xaae_core.vae_terms import (
    RECON_DIST,
    Distribution,
    LatentDist,
    Storer,
    _get_log_pz_qz_prodzi_qzCx,
    _kl_normal_loss,
    _permute_dims,
    _reconstruction_loss,
    record,
)

__all__ = [
    "LOSSES",
    "RECON_DIST",
    "BaseVAELoss",
    "BetaHLoss",
    "BtcvaeLoss",
    "_get_log_pz_qz_prodzi_qzCx",
    "_kl_normal_loss",
    "_permute_dims",
    "_reconstruction_loss",
    "build_loss",
    "get_loss_f",
    "linear_annealing",
]
LOSSES = ("betaH", "btcvae")


def get_loss_f(loss_name: str, **kwargs_parse: Any) -> BaseVAELoss:
    """The loss of a name, from the arguments of a command line.

    Args:
        loss_name: "betaH" or "btcvae".
        **kwargs_parse: `rec_dist` and `reg_anneal` (annealing steps) for both; `betaH_B` (β) for "betaH"; `n_data`,
            `btcvae_A`, `btcvae_B` and `btcvae_G` (α, β, γ) for "btcvae". Others are not looked at.

    Raises:
        ValueError: an unknown name, or an argument that the loss needs is not given.
    """
    if loss_name not in LOSSES:
        raise ValueError(f'the loss "{loss_name}" is not known; expected one of {", ".join(LOSSES)}')
    try:
        shared = {"rec_dist": kwargs_parse["rec_dist"], "steps_anneal": kwargs_parse["reg_anneal"]}
        if loss_name == "betaH":
            return BetaHLoss(beta=kwargs_parse["betaH_B"], **shared)
        weights = {name: kwargs_parse[f"btcvae_{name[0].upper()}"] for name in ("alpha", "beta", "gamma")}
        return BtcvaeLoss(kwargs_parse["n_data"], **weights, **shared)
    except KeyError as error:
        raise ValueError(f"get_loss_f({loss_name!r}, …) needs {error.args[0]}=…, which is not given") from error


def build_loss(arguments: dict[str, Any]) -> BaseVAELoss:
    """The loss that `BaseVAELoss.arguments` described, with no training steps behind it.

    Raises:
        ValueError: an unknown name, or settings that are not its own.
    """
    settings = dict(arguments)
    kinds: dict[str, type[BetaHLoss | BtcvaeLoss]] = {kind.name: kind for kind in (BetaHLoss, BtcvaeLoss)}
    kind = kinds.get(settings.pop("name", ""))
    try:
        if kind is not None:
            return kind(**settings)
    except TypeError as error:
        raise ValueError(f"the loss {arguments} cannot be built: {error}") from error
    raise ValueError(f"the loss {arguments} is not known; expected a name of {', '.join(kinds)}")


class BaseVAELoss(abc.ABC):
    """What the losses of VAEs share: the likelihood of the pixels, and a count of the training steps.

    Args:
        record_loss_every: of how many training steps one is recorded in `storer`, the first one included.
        rec_dist: likelihood of the pixels, see `_reconstruction_loss`.
        steps_anneal: training steps over which the regularisation grows from 0 to its weight; 0: it has it at once.

    Attributes:
        n_train_steps: training steps so far; annealing goes by them.

    Raises:
        ValueError: an unknown likelihood, or numbers out of range.
    """

    name: str

    def __init__(self, record_loss_every: int = 50, rec_dist: Distribution = "bernoulli", steps_anneal: int = 0):
        if rec_dist not in RECON_DIST:
            raise ValueError(f'rec_dist is "{rec_dist}"; expected one of {", ".join(RECON_DIST)}')
        if record_loss_every < 1 or steps_anneal < 0:
            raise ValueError(
                f"record_loss_every={record_loss_every}, steps_anneal={steps_anneal}; expected at least 1 and 0"
            )
        self.n_train_steps = 0
        self.record_loss_every = record_loss_every
        self.rec_dist: Distribution = rec_dist
        self.steps_anneal = steps_anneal

    @property
    def arguments(self) -> dict[str, Any]:
        """What the loss is built with, its `name` among it (JSON values)."""
        return {
            "name": self.name,
            "record_loss_every": self.record_loss_every,
            "rec_dist": self.rec_dist,
            "steps_anneal": self.steps_anneal,
        }

    @abc.abstractmethod
    def __call__(
        self,
        data: Tensor,
        recon_data: Tensor,
        latent_dist: LatentDist,
        is_train: bool,
        storer: Storer | None,
        **kwargs: Any,
    ) -> Tensor:
        """The loss of a batch, a scalar.

        Args:
            data: images [B, C, H, W] in [0, 1].
            recon_data: their reconstructions.
            latent_dist: mean and log variance of q(z|x), each [B, D].
            is_train: whether this is a training step: it is counted, and the regularisation annealed.
            storer: see the module.
            **kwargs: of the loss, such as `latent_sample`.
        """

    def _pre_call(self, is_train: bool, storer: Storer | None) -> Storer | None:
        """Count a training step; the storer, if this step is one to record."""
        self.n_train_steps += bool(is_train)
        is_recorded = not is_train or (self.n_train_steps - 1) % self.record_loss_every == 0
        return storer if is_recorded else None

    def _annealing(self, is_train: bool) -> float:
        return linear_annealing(0, 1, self.n_train_steps, self.steps_anneal) if is_train else 1.0


class BetaHLoss(BaseVAELoss):
    """Reconstruction + annealing · β · KL(q(z|x) ‖ N(0, I)); β = 1 without annealing is the negative ELBO.

    Args:
        beta: weight of the KL divergence.
        **kwargs: of `BaseVAELoss`.

    Raises:
        ValueError: a weight below 0, or as `BaseVAELoss`.

    Source: Higgins et al. 2016, "β-VAE: learning basic visual concepts with a constrained variational framework".
    """

    name = "betaH"

    def __init__(self, beta: float = 4, **kwargs: Any):
        super().__init__(**kwargs)
        _require_weights(beta=beta)
        self.beta = beta

    @property
    def arguments(self) -> dict[str, Any]:
        """See `BaseVAELoss.arguments`."""
        return super().arguments | {"beta": self.beta}

    def __call__(
        self,
        data: Tensor,
        recon_data: Tensor,
        latent_dist: LatentDist,
        is_train: bool,
        storer: Storer | None,
        **kwargs: Any,
    ) -> Tensor:
        """See `BaseVAELoss.__call__`; `kwargs` are not looked at."""
        storer = self._pre_call(is_train, storer)
        recons = _reconstruction_loss(data, recon_data, distribution=self.rec_dist, storer=storer)
        loss = recons + self._annealing(is_train) * (self.beta * _kl_normal_loss(*latent_dist, storer))
        record(storer, loss=loss)
        return loss

    def __str__(self) -> str:
        return "Beta"


class BtcvaeLoss(BaseVAELoss):
    """Reconstruction + α · mutual information + β · total correlation + annealing · γ · dimension-wise KL.

    Args:
        n_data: number N of training cases.
        alpha: weight of the mutual information of x and z.
        beta: weight of the total correlation KL(q(z) ‖ Π_d q(z_d)).
        gamma: weight of Σ_d KL(q(z_d) ‖ p(z_d)).
        is_mss: estimate q(z) by minibatch stratified sampling; False: by minibatch weighted sampling.
        **kwargs: of `BaseVAELoss`.

    Raises:
        ValueError: a weight below 0, no training case, or as `BaseVAELoss`.

    Source: Chen et al. 2018, "Isolating sources of disentanglement in variational autoencoders".
    """

    name = "btcvae"

    def __init__(
        self,
        n_data: int,
        alpha: float = 1.0,
        beta: float = 6.0,
        gamma: float = 1.0,
        is_mss: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        _require_weights(alpha=alpha, beta=beta, gamma=gamma)
        if n_data < 1:
            raise ValueError(f"n_data is {n_data}; expected the number of training cases, at least 1")
        self.n_data = n_data
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.is_mss = is_mss

    @property
    def arguments(self) -> dict[str, Any]:
        """See `BaseVAELoss.arguments`."""
        own = {name: getattr(self, name) for name in ("n_data", "alpha", "beta", "gamma", "is_mss")}
        return super().arguments | own

    def __call__(
        self,
        data: Tensor,
        recon_data: Tensor,
        latent_dist: LatentDist,
        is_train: bool,
        storer: Storer | None,
        latent_sample: Tensor | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """See `BaseVAELoss.__call__`; `latent_sample` [B, D] was drawn from `latent_dist` and is needed.

        Raises:
            ValueError: no `latent_sample`, or more cases in the batch than `n_data`.
        """
        if latent_sample is None:
            raise ValueError("BtcvaeLoss needs latent_sample=…, the z [B, D] that the reconstruction was decoded from")
        storer = self._pre_call(is_train, storer)
        recons = _reconstruction_loss(data, recon_data, distribution=self.rec_dist, storer=storer)
        densities = _get_log_pz_qz_prodzi_qzCx(latent_sample, latent_dist, self.n_data, is_mss=self.is_mss)
        terms = densities.decompose()
        regularisation = self.alpha * terms.mutual_information + self.beta * terms.total_correlation
        loss = recons + regularisation + self._annealing(is_train) * self.gamma * terms.dimension_wise_kl
        if storer is not None:
            record(storer, loss=loss, mi_loss=terms.mutual_information, tc_loss=terms.total_correlation)
            record(storer, dw_kl_loss=terms.dimension_wise_kl)
            _kl_normal_loss(*latent_dist, storer)
        return loss

    def __str__(self) -> str:
        return "TC"


def _require_weights(**weights: float) -> None:
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ValueError(f"{name} is {weight}; expected a weight of 0 or more")


def linear_annealing(init: float, fin: float, step: int, annealing_steps: int) -> float:
    """A weight that goes from `init` at step 0 to `fin` at step `annealing_steps`, and stays; `fin` for 0 steps."""
    if annealing_steps == 0:
        return fin
    return init + (fin - init) * min(step / annealing_steps, 1.0)
