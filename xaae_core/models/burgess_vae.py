"""lfxai's variational autoencoder with the networks of Burgess et al. 2018, as a `LatentModel`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xaae_core.gaussian_densities import draw_gaussian
from xaae_core.models.autoencoder_loss import LikelihoodType, require_data
from xaae_core.models.burgess_networks import DecoderBurgess, EncoderBurgess
from xaae_core.models.epoch_fits import FitsWithPatience
from xaae_core.models.image_latents import ImageLatents
from xaae_core.models.mnist_autoencoder import require_same_size
from xaae_core.vae_losses import BaseVAELoss, BetaHLoss, BtcvaeLoss
from xaae_core.vae_terms import _kl_normal_loss, _reconstruction_loss


class BurgessVAE(ImageLatents, FitsWithPatience):
    """A variational autoencoder; lfxai calls it `VAE`.

    Args:
        img_size: (channels, height, width) of the pictures.
        encoder: gives mean and log variance of q(z|x), and the mean alone by `mu`.
        decoder: gives pictures in [0, 1] of z.
        latent_dim: size D of z.
        loss_f: the loss to train with (`xaae_core.vae_losses`).
        name: stem of its files.

    Raises:
        ValueError: encoder, decoder and `latent_dim` do not agree on the size of z, or on that of the pictures.

    Source: `lfxai.models.images.VAE`.
    """

    has_prior = True
    encoder: EncoderBurgess

    def __init__(
        self,
        img_size: Sequence[int],
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        loss_f: BaseVAELoss,
        name: str = "model",
    ) -> None:
        super().__init__(name)
        require_same_size(latent_dim, encoder=encoder, decoder=decoder)
        channels, height, width = (int(side) for side in img_size)
        _require_same_pictures(encoder, decoder, (channels, height, width))
        self.img_size = (channels, height, width)
        self.num_pixels = height * width
        self.input_channels, self.input_size = channels, (height, width)
        self.latent_dim = self.encoding_dims = latent_dim
        self.encoder = encoder  # type: ignore[assignment]  # a user's own has the same two methods
        self.decoder = decoder
        self.loss_f = loss_f

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with another encoder or decoder than this tool's."""
        if type(self.encoder) is not EncoderBurgess or type(self.decoder) is not DecoderBurgess:
            return {}
        is_known = type(self.loss_f) in (BetaHLoss, BtcvaeLoss)
        loss = {"loss": self.loss_f.arguments} if is_known else {}
        return {"img_size": list(self.img_size), "latent_dim": self.latent_dim, **loss}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return {
            "latent_dim": self.latent_dim,
            "img_size": list(self.img_size),
            "num_pixels": self.num_pixels,
            "name": self.name,
        }

    def mean_latents(self, x: Tensor) -> Tensor:
        """See `ImageLatents.mean_latents`."""
        return self.encoder.mu(x)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of pictures [B, C, H, W]."""
        mean, logvar = self.encoder(x)
        return mean, logvar

    def reparameterize(self, mean: Tensor, logvar: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Latent vectors [B, D]: drawn from q(z|x) in training mode, its mean in eval mode.

        Args:
            mean: mean of q(z|x), [B, D].
            logvar: its log variance, [B, D].
            generator: source of randomness; torch's global one if None.
        """
        return draw_gaussian(mean, logvar, generator=generator) if self.training else mean

    def forward(
        self, x: Tensor, *, generator: torch.Generator | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
        """Reconstructions [B, C, H, W], (mean, log variance) and sample [B, D] of pictures [B, C, H, W]."""
        mean, logvar = self.encoder(x)
        z = self.reparameterize(mean, logvar, generator=generator)
        return self.decoder(z), (mean, logvar), z

    def sample_latent(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Latent vectors [B, D] of pictures [B, C, H, W], as `reparameterize` draws it."""
        return self.reparameterize(*self.encoder(x), generator=generator)

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """See `EpochTraining.require_inputs`."""
        is_share = self.loss_f.rec_dist == "bernoulli"
        require_data(inputs, LikelihoodType.BERNOULLI if is_share else LikelihoodType.GAUSSIAN, name)

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`; tests are neither annealed nor counted, which lfxai 0.1.1 does.

        In eval mode `reconstruction` and `kl_divergence` are told too.
        """
        recons, latent_dist, z = self(inputs)
        loss = self.loss_f(inputs, recons, latent_dist, self.training, None, latent_sample=z)
        if self.training:
            return {"loss": loss}
        parts = _reconstruction_loss(inputs, recons, self.loss_f.rec_dist), _kl_normal_loss(*latent_dist)
        return {"loss": loss, "reconstruction": parts[0], "kl_divergence": parts[1]}

    def training_memory(self) -> dict[str, int]:
        """See `EpochTraining.training_memory`: the steps that annealing goes by."""
        return {"n_train_steps": self.loss_f.n_train_steps}

    def set_training_memory(self, memory: dict[str, int]) -> None:
        """See `EpochTraining.set_training_memory`."""
        self.loss_f.n_train_steps = memory["n_train_steps"]


def init_vae(img_size: Sequence[int], latent_dim: int, loss_f: BaseVAELoss, name: str) -> BurgessVAE:
    """A variational autoencoder with the networks of Burgess et al. 2018.

    Args:
        img_size: (channels, 32, 32) or (channels, 64, 64).
        latent_dim: size D of z.
        loss_f: the loss to train with.
        name: stem of its files.

    Raises:
        ValueError: another size, or no dimension.
    """
    encoder, decoder = EncoderBurgess(img_size, latent_dim), DecoderBurgess(img_size, latent_dim)
    return BurgessVAE(img_size, encoder, decoder, latent_dim, loss_f, name)


def _require_same_pictures(encoder: nn.Module, decoder: nn.Module, img_size: tuple[int, int, int]) -> None:
    for name, module in (("encoder", encoder), ("decoder", decoder)):
        size = getattr(module, "img_size", img_size)
        if tuple(size) != img_size:
            raise ValueError(f"img_size is {img_size}, but the {name} is made for {tuple(size)}: give one size to all")
