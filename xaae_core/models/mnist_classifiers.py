"""lfxai's classifiers of MNIST digits, as `LatentModel`s without a decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.epoch_fits import FitsWithPatience
from xaae_core.models.epoch_training import Loader
from xaae_core.models.image_latents import ImageLatents, WithoutDecoder
from xaae_core.models.mnist_autoencoder import (
    MNIST_SIZE,
    EncoderMnist,
    digit_convolutions,
    require_dimension,
    require_same_size,
)

_DOUBLES = ("encoder_cnn.", "encoder_lin.")


class ClassifierTest(NamedTuple):
    """What `test_epoch` of a classifier measures: mean cross-entropy, and share of right answers in [0, 1]."""

    loss: float
    accuracy: float


class DigitClassifier(WithoutDecoder, ImageLatents, FitsWithPatience):
    """What the two have in common: `forward` gives logits, which are trained with the cross-entropy.

    lfxai 0.1.1 puts a softmax before its cross-entropy, which takes the softmax of what it is given: its loss cannot
    fall below 1.46 for ten classes. The softmax of the logits here is its output.
    """

    input_size = MNIST_SIZE

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, classes] of digits [B, 1, 28, 28]."""
        raise NotImplementedError

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`: cross-entropy and `accuracy`; labels are class indices [B]."""
        logits = self(inputs)
        return {"loss": F.cross_entropy(logits, labels), "accuracy": (logits.argmax(dim=1) == labels).float().mean()}

    def test_epoch(self, device: torch.device | str, dataloader: Loader) -> ClassifierTest:
        """Loss and accuracy over the cases in eval mode."""
        measured = self.measure_epoch(device, dataloader)
        return ClassifierTest(measured["loss"], measured["accuracy"])


class ClassifierMnist(DigitClassifier):
    """An encoder of digits with a linear classifier on its z.

    Args:
        encoder: it is trained along.
        latent_dim: size D of its z.
        name: stem of its files.
        classes: number of classes.

    Raises:
        ValueError: the encoder has another size of z, or fewer than two classes.

    Source: `lfxai.models.images.ClassifierMnist`; weights of its fit.
    """

    encoder: EncoderMnist

    def __init__(self, encoder: EncoderMnist, latent_dim: int, name: str, *, classes: int = 10) -> None:
        super().__init__(name)
        require_same_size(latent_dim, encoder=encoder)
        if classes < 2:
            raise ValueError(f"classes is {classes}; expected at least 2 to tell apart")
        self.encoder = encoder
        self.lin_output = nn.Sequential(nn.Linear(latent_dim, classes))
        self.latent_dim = self.encoding_dims = self.encoded_space_dim = latent_dim
        self.classes = classes
        self.register_load_state_dict_pre_hook(_drop_doubles)  # type: ignore[no-untyped-call]

    @property
    def encoder_cnn(self) -> nn.Module:
        """The encoder's convolutions."""
        return self.encoder.encoder_cnn

    @property
    def encoder_lin(self) -> nn.Module:
        """The encoder's linear layers."""
        return self.encoder.encoder_lin

    def own_weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `EpochTraining.own_weights`: lfxai's files hold the encoder's twice."""
        return {name: value for name, value in state.items() if not name.startswith(_DOUBLES)}

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with another encoder than this tool's."""
        return {"latent_dim": self.latent_dim, "classes": self.classes} if type(self.encoder) is EncoderMnist else {}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return {"latent_dim": self.latent_dim, "name": self.name}

    def classify(self, z: Tensor) -> Tensor:
        """Logits [B, classes] of latent vectors [B, D]."""
        logits: Tensor = self.lin_output(z)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, classes] of digits [B, 1, 28, 28]."""
        return self.classify(self.encoder(x))


def _drop_doubles(model: nn.Module, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
    """Forget lfxai's second names of the encoder's weights: here a layer has one name, as hooks on layers need it."""
    for name in [key for key in state_dict if key.startswith(tuple(prefix + double for double in _DOUBLES))]:
        del state_dict[name]


class ClassifierLatent(DigitClassifier):
    """lfxai's encoder of digits whose z are the logits: as many classes as dimensions.

    lfxai 0.1.1 fails in `forward`, where it makes a softmax of the tensor instead of applying one.

    Args:
        latent_dims: number of classes.
        name: stem of its files.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.images.ClassifierLatent`; weights of its fit.
    """

    def __init__(self, latent_dims: int, *, name: str = "model") -> None:
        super().__init__(name)
        self.encoding_dims = self.classes = require_dimension(latent_dims)
        self.encoder_cnn = digit_convolutions()
        self.flatten = nn.Flatten(start_dim=1)
        self.encoder_lin = nn.Sequential(nn.Linear(3 * 3 * 32, 128), nn.ReLU(), nn.Linear(128, latent_dims))

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`."""
        return {"latent_dims": self.encoding_dims}

    def mean_latents(self, x: Tensor) -> Tensor:
        """See `ImageLatents.mean_latents`."""
        return self(x)

    def classify(self, z: Tensor) -> Tensor:
        """The logits, which are the latent vectors [B, D] themselves."""
        return z

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, D] of digits [B, 1, 28, 28]."""
        logits: Tensor = self.encoder_lin(self.flatten(self.encoder_cnn(x)))
        return logits
