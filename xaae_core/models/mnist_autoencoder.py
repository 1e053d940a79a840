"""lfxai's convolutional autoencoder of MNIST digits, as a `LatentModel`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from xaae_core.models.epoch_fits import FitsWithCheckpoints
from xaae_core.models.image_latents import ImageLatents
from xaae_core.pretext import InputPerturbation

_MAPS = (32, 3, 3)
_N_FEATURES = 32 * 3 * 3
MNIST_SIZE = (28, 28)


class EncoderMnist(nn.Module):
    """[B, 1, 28, 28] → maps [B, 32, 3, 3] → z [B, D].

    Args:
        encoded_space_dim: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.images.EncoderMnist`; the layers have its names, so its weights fit.
    """

    def __init__(self, encoded_space_dim: int) -> None:
        super().__init__()
        self.encoded_space_dim = require_dimension(encoded_space_dim)
        self.encoder_cnn = digit_convolutions()
        self.flatten = nn.Flatten(start_dim=1)
        self.encoder_lin = nn.Sequential(nn.Linear(_N_FEATURES, 128), nn.ReLU(), nn.Linear(128, encoded_space_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Latent vectors [B, D] of digits [B, 1, 28, 28]."""
        z: Tensor = self.encoder_lin(self.flatten(self.encoder_cnn(x)))
        return z


class DecoderMnist(nn.Module):
    """z [B, D] → maps [B, 32, 3, 3] → [B, 1, 28, 28] in [0, 1].

    Args:
        encoded_space_dim: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.images.DecoderMnist`; the layers have its names, so its weights fit.
    """

    def __init__(self, encoded_space_dim: int) -> None:
        super().__init__()
        self.encoded_space_dim = require_dimension(encoded_space_dim)
        self.decoder_lin = nn.Sequential(
            nn.Linear(encoded_space_dim, 128), nn.ReLU(), nn.Linear(128, _N_FEATURES), nn.ReLU()
        )
        self.unflatten = nn.Unflatten(1, _MAPS)
        self.decoder_conv = nn.Sequential(
            nn.ConvTranspose2d(32, 16, 3, stride=2),  # 7 × 7
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1),  # 14 × 14
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1),  # 28 × 28
        )

    def forward(self, x: Tensor) -> Tensor:
        """Digits [B, 1, 28, 28] in [0, 1] of latent vectors [B, D]."""
        return torch.sigmoid(self.decoder_conv(self.unflatten(self.decoder_lin(x))))


class AutoEncoderMnist(ImageLatents, FitsWithCheckpoints):
    """An autoencoder that learns to undo a pretext task.

    Args:
        encoder: gives z [B, D] of digits.
        decoder: gives digits of z.
        latent_dim: D.
        input_pert: what the inputs are changed by in training and in its tests (`xaae_core.pretext`).
        name: stem of its files.
        loss_f: loss of (inputs, reconstructions), a mean.

    Raises:
        ValueError: encoder, decoder and `latent_dim` do not agree on the size of z.

    Source: `lfxai.models.images.AutoEncoderMnist`.
    """

    input_size = MNIST_SIZE

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        input_pert: Callable[[Tensor], Tensor],
        name: str = "model",
        loss_f: Callable[[Tensor, Tensor], Tensor] = nn.MSELoss(),  # noqa: B008  (lfxai's default; it has no state)
    ) -> None:
        super().__init__(name)
        require_same_size(latent_dim, encoder=encoder, decoder=decoder)
        self.latent_dim = self.encoding_dims = latent_dim
        self.encoder = encoder
        self.decoder = decoder
        self.input_pert = input_pert
        self.loss_f = loss_f

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with another encoder, decoder or pretext task than this tool's."""
        is_ours = type(self.encoder) is EncoderMnist and type(self.decoder) is DecoderMnist
        if not is_ours or not isinstance(self.input_pert, InputPerturbation):
            return {}
        return {"latent_dim": self.latent_dim, "pretext": self.input_pert.arguments}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return {"latent_dim": self.latent_dim, "name": self.name}

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions of digits [B, 1, 28, 28]; in training mode of digits that the pretext task has changed."""
        return self._reconstruct(self.input_pert(x) if self.training else x)

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`: the changed inputs' reconstructions against the inputs."""
        return {"loss": self.loss_f(inputs, self._reconstruct(self.input_pert(inputs)))}

    def generators(self) -> list[torch.Generator | None]:
        """See `EpochTraining.generators`."""
        return [getattr(self.input_pert, "generator", None)]

    def _reconstruct(self, x: Tensor) -> Tensor:
        picture: Tensor = self.decoder(self.encoder(x))
        return picture


def digit_convolutions() -> nn.Sequential:
    """[B, 1, 28, 28] → [B, 32, 3, 3]: the first half of lfxai's encoder and classifiers of digits."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),  # 14 × 14
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),  # 7 × 7
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2),  # 3 × 3
        nn.ReLU(),
    )


def require_dimension(n_dims: int) -> int:
    """The size of z, if it is one; raises ValueError below 1."""
    if n_dims < 1:
        raise ValueError(f"the latent space has {n_dims} dimensions; expected at least 1")
    return n_dims


def require_same_size(latent_dim: int, **modules: nn.Module) -> None:
    """Raise ValueError unless the modules, as far as they tell, have latent vectors of this size."""
    require_dimension(latent_dim)
    told = {name: size for name, module in modules.items() if (size := _size_of(module)) is not None}
    if set(told.values()) - {latent_dim}:
        said = ", ".join(f"the {name} has {size}" for name, size in told.items())
        raise ValueError(f"latent_dim is {latent_dim}, but {said} dimensions of z: build all of them with one size")


def _size_of(module: nn.Module) -> int | None:
    names = ("encoded_space_dim", "latent_dims", "latent_dim")
    return next((size for name in names if isinstance(size := getattr(module, name, None), int)), None)
