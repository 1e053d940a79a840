"""lfxai's β-VAE and β-TCVAE of MNIST digits, as `LatentModel`s."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.gaussian_densities import draw_gaussian, kl_to_standard_normal
from xaae_core.models.autoencoder_loss import LikelihoodType, require_data
from xaae_core.models.epoch_training import EpochTraining, Loader
from xaae_core.models.image_latents import ImageLatents
from xaae_core.models.mnist_autoencoder import MNIST_SIZE
from xaae_core.models.mnist_vae import VarDecoderMnist, VarEncoderMnist
from xaae_core.vae_terms import _get_log_pz_qz_prodzi_qzCx

if TYPE_CHECKING:
    from xaae_core.training.epoch_fit import FitHistory, OnEpoch
    from xaae_core.training.progress import OnBatch


class DigitVae(ImageLatents, EpochTraining):
    """What the two have in common: the networks, the sampling, the training.

    Attributes:
        beta: weight of the term that disentangles.
    """

    input_size = MNIST_SIZE
    has_prior = True
    encoder: VarEncoderMnist

    def __init__(self, latent_dims: int, beta: float, name: str) -> None:
        super().__init__(name)
        self.encoder = VarEncoderMnist(latent_dims=latent_dims)
        self.decoder = VarDecoderMnist(latent_dims=latent_dims)
        self.encoding_dims = latent_dims
        self.beta = beta

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`."""
        return {"latent_dims": self.encoding_dims, "beta": self.beta}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return {"latent_dim": self.encoding_dims, "beta": self.beta, "name": self.name}

    def mean_latents(self, x: Tensor) -> Tensor:
        """See `ImageLatents.mean_latents`."""
        return self.encoder.mu(x)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of digits [B, 1, 28, 28]."""
        mu, logvar = self.encoder(x)
        return mu, logvar

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """See `EpochTraining.require_inputs`: the cross-entropy takes digits in [0, 1]."""
        require_data(inputs, LikelihoodType.BERNOULLI, name)

    def loss_parts(self, recons: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> dict[str, Tensor]:
        """In eval mode, cross-entropy averaged over the pixels and KL of a batch; {} in training mode, to save time."""
        if self.training:
            return {}
        kl = kl_to_standard_normal(mu, logvar).sum(dim=1).mean()
        return {"reconstruction": F.binary_cross_entropy(recons, x), "kl_divergence": kl}

    def latent_sample(self, mu: Tensor, logvar: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Latent vectors [B, D]: drawn from q(z|x) in training mode, its mean in eval mode.

        Args:
            mu: mean of q(z|x), [B, D].
            logvar: its log variance, [B, D].
            generator: source of randomness; torch's global one if None.
        """
        return draw_gaussian(mu, logvar, generator=generator) if self.training else mu

    def fit(
        self,
        device: torch.device | str,
        train_loader: Loader,
        test_loader: Loader,
        n_epoch: int = 30,
        *,
        save_dir: Path | str | None = None,
        patience: int | None = None,
        checkpoint_interval: int = -1,
        seed: int = 0,
        resume: bool = True,
        on_epoch: OnEpoch | None = None,
        on_batch: OnBatch | None = None,
    ) -> FitHistory:
        """Train; see `xaae_core.training.epoch_fit`, `fit_epochs` and `FitSettings`.

        As lfxai's it runs all epochs and writes nothing, unless told otherwise.
        """
        return self.run_epochs(
            device,
            train_loader,
            test_loader,
            save_dir,
            on_epoch,
            on_batch,
            n_epoch=n_epoch,
            patience=patience,
            checkpoint_interval=checkpoint_interval,
            seed=seed,
            resume=resume,
        )


class BetaVaeMnist(DigitVae):
    """A β-VAE of digits.

    Args:
        latent_dims: size D of z.
        beta: weight of the KL divergence.
        name: stem of its files.

    Source: `lfxai.models.images.BetaVaeMnist`; Higgins et al. 2016.
    """

    def __init__(self, latent_dims: int = 10, beta: float = 1, *, name: str = "model") -> None:
        super().__init__(latent_dims, beta, name)

    def forward(self, x: Tensor, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstructions [B, 1, 28, 28], mean and log variance [B, D] of digits [B, 1, 28, 28]."""
        mu, logvar = self.encoder(x)
        return self.decoder(self.latent_sample(mu, logvar, generator=generator)), mu, logvar

    def loss(self, recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, dataset_size: int) -> Tensor:
        """Cross-entropy, averaged over the pixels, + β · KL · B / N; a scalar.

        Args:
            recon_x: reconstructions [B, 1, 28, 28] in [0, 1].
            x: digits in [0, 1].
            mu: mean of q(z|x), [B, D].
            logvar: its log variance.
            dataset_size: N.
        """
        kl = kl_to_standard_normal(mu, logvar).sum(dim=1).mean()
        return F.binary_cross_entropy(recon_x, x) + self.beta * len(x) / dataset_size * kl

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`; raises AutoencoderError for digits that are not all in [0, 1]."""
        self.require_inputs(inputs)
        recons, mu, logvar = self(inputs)
        return {"loss": self.loss(recons, inputs, mu, logvar, n_data)} | self.loss_parts(recons, inputs, mu, logvar)


class BetaTcVaeMnist(DigitVae):
    """A β-TCVAE of digits.

    Args:
        latent_dims: size D of z.
        beta: weight of the total correlation.
        name: stem of its files.

    Source: `lfxai.models.images.BetaTcVaeMnist`; Chen et al. 2018.
    """

    def __init__(self, latent_dims: int = 10, beta: float = 1, *, name: str = "model") -> None:
        super().__init__(latent_dims, beta, name)

    def forward(self, x: Tensor, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Reconstructions [B, 1, 28, 28], mean, log variance and sample [B, D] of digits [B, 1, 28, 28]."""
        mu, logvar = self.encoder(x)
        z = self.latent_sample(mu, logvar, generator=generator)
        return self.decoder(z), mu, logvar, z

    def loss(self, recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, z: Tensor, dataset_size: int) -> Tensor:
        """Cross-entropy, averaged over the pixels, / B + mutual information + β · total correlation + KL by dimension.

        With β = 1 it is lfxai's to rounding. Otherwise the estimate of q(z) counts, where lfxai's is wrong: see
        `xaae_core.vae_terms`.

        Args:
            recon_x: reconstructions [B, 1, 28, 28] in [0, 1].
            x: digits in [0, 1].
            mu: mean of q(z|x), [B, D].
            logvar: its log variance.
            z: drawn from it.
            dataset_size: N, at least B.
        """
        terms = _get_log_pz_qz_prodzi_qzCx(z, (mu, logvar), dataset_size).decompose()
        regularisation = terms.mutual_information + self.beta * terms.total_correlation + terms.dimension_wise_kl
        return F.binary_cross_entropy(recon_x, x) / len(x) + regularisation

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`; raises AutoencoderError for digits that are not all in [0, 1]."""
        self.require_inputs(inputs)
        recons, mu, logvar, z = self(inputs)
        return {"loss": self.loss(recons, inputs, mu, logvar, z, n_data)} | self.loss_parts(recons, inputs, mu, logvar)
