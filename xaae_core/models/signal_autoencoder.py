"""What lfxai's autoencoders of signals have in common: signals [B, T, C] in and out, and their training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from xaae_core.errors import SignalError
from xaae_core.models.epoch_fits import FitsWithCheckpoints
from xaae_core.models.latent_model import Encoding

if TYPE_CHECKING:
    from xaae_core.models.signals_in_units import SignalsInUnits
    from xaae_core.signal_form import SignalForm


class SignalAutoencoder(FitsWithCheckpoints):
    """An autoencoder of signals with an `encoder` and a `decoder`.

    It has `encode`, `decode` and `classify` of a `LatentModel`, for signals [B, T, C] in the data's own units, as lfxai
    lays them out; `as_latent_model` makes a `SignalModel` of it, which every page and analysis takes.

    Attributes:
        seq_len: length T of the signals.
        n_features: their channels C.
        encoding_dims: size D of z.
        classes: 0, there is no classifier.
        loss_f: loss of (inputs, reconstructions), a mean.
    """

    classes = 0
    encoder: nn.Module
    decoder: nn.Module

    def __init__(
        self,
        seq_len: int,
        n_features: int,
        embedding_dim: int,
        name: str,
        loss_f: Callable[[Tensor, Tensor], Tensor],
    ) -> None:
        super().__init__(name)
        if seq_len < 1 or n_features < 1 or embedding_dim < 1:
            raise ValueError(
                f"seq_len={seq_len}, n_features={n_features}, embedding_dim={embedding_dim}; each must be at least 1"
            )
        self.seq_len = seq_len
        self.n_features = n_features
        self.encoding_dims = embedding_dim
        self.loss_f = loss_f

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return {
            "embedding_dim": self.encoding_dims,
            "seq_len": self.seq_len,
            "n_features": self.n_features,
            "name": self.name,
        }

    def encode(self, x: Tensor) -> Encoding:
        """Encode signals [B, T, C].

        Raises:
            SignalError: another length or number of channels than the model's.
        """
        self._require_signals(x)
        return Encoding(self.encoder(x))

    def decode(self, z: Tensor, skips: tuple[Tensor, ...] = ()) -> Tensor:
        """Decode latent vectors [B, D] to signals [B, T, C]; there are no skips to use."""
        signal: Tensor = self.decoder(z)
        return signal

    def classify(self, z: Tensor) -> None:
        """None: there is no classifier."""

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions [B, T, C] of signals [B, T, C].

        Raises:
            SignalError: as `encode`.
        """
        return self.decode(self.encode(x).z)

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`."""
        return {"loss": self.loss_f(inputs, self(inputs))}

    def as_latent_model(self, form: SignalForm) -> SignalsInUnits:
        """The model for the pages, analyses and checkpoints of this tool; it shares the weights.

        Args:
            form: what the signals look like, with the range that the pages scale them by.

        Raises:
            SignalError: a form of another length or number of channels than the model's.
        """
        from xaae_core.models.signals_in_units import SignalsInUnits

        return SignalsInUnits(self, form)

    def _require_signals(self, x: Tensor) -> None:
        if x.ndim != 3 or tuple(x.shape[1:]) != (self.seq_len, self.n_features):
            raise SignalError(
                f"signals of shape {tuple(x.shape)}; this model takes [B, {self.seq_len}, {self.n_features}] "
                "(time before channels): cut or transpose them, or build a model of their length and channels"
            )
