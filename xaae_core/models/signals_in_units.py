"""lfxai's autoencoders of signals, which take [B, T, C] in the data's own units, as a `SignalModel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from xaae_core.errors import SignalError
from xaae_core.models.epoch_fits import FitsWithCheckpoints
from xaae_core.models.latent_model import Encoding
from xaae_core.models.signal_shapes import require_finite, require_signals
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xaae_core.models.signal_autoencoder import SignalAutoencoder

NETWORKS = ("RecurrentAutoencoder", "AutoencoderCNN")


class SignalsInUnits(FitsWithCheckpoints):
    """A `RecurrentAutoencoder` or `AutoencoderCNN` for the pages, analyses and checkpoints of this tool.

    Scaled signals [B, C, T] are brought to their units, time first, and back; all with gradients.

    Args:
        model: the model; its weights are this one's.
        form: what the signals look like.

    Raises:
        SignalError: a form of another length or number of channels than the model's.
    """

    input_size: tuple[int]
    classes = 0
    has_decoder = True
    has_prior = False

    def __init__(self, model: SignalAutoencoder, form: SignalForm) -> None:
        super().__init__(model.name)
        if (model.n_features, model.seq_len) != (form.n_channels, form.length):
            raise SignalError(
                f"the model takes {model.n_features} channels of {model.seq_len} samples, the form's signals are "
                f"{form.n_channels} of {form.length}: give the form of the signals that it was trained on"
            )
        self.model = model
        self.signal_form = form
        self.input_channels, self.input_size = form.n_channels, (form.length,)
        self.encoding_dims = model.encoding_dims

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with a network of the user's."""
        network = type(self.model).__name__
        if network not in NETWORKS:
            return {}
        return {"network": network, "latent_dim": self.encoding_dims, "signal_form": self.signal_form.to_json()}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        return self.model.metadata

    def encode(self, x: Tensor) -> Encoding:
        """Encode scaled signals [B, C, T].

        Raises:
            SignalError: another shape than the form's.
        """
        require_signals(x, self.signal_form)
        return self.model.encode(self._in_units(x))

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to scaled signals [B, C, T]; there are no skips to use or to drop."""
        low, width = self._scale(z)
        return (self.model.decode(z).transpose(1, 2) - low) / width

    def classify(self, z: Tensor) -> None:
        """None: there is no classifier."""

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions of scaled signals, both [B, C, T]."""
        return self.decode(self.encode(x).z)

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """See `EpochTraining.require_inputs`."""
        require_signals(inputs, self.signal_form)
        require_finite(inputs, self.signal_form, name)

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """The model's own loss, in the signals' units; see `EpochTraining.batch_losses`.

        Raises:
            SignalError: signals of another shape, or with values that are not finite.
        """
        require_signals(inputs, self.signal_form)
        require_finite(inputs, self.signal_form)
        return self.model.batch_losses(self._in_units(inputs), labels, n_data)

    def _in_units(self, x: Tensor) -> Tensor:
        low, width = self._scale(x)
        return (x * width + low).transpose(1, 2)  # [B, T, C]

    def _scale(self, like: Tensor) -> tuple[Tensor, Tensor]:
        low, high = (like.new_tensor(ends)[:, None] for ends in (self.signal_form.low, self.signal_form.high))  # [C, 1]
        return low, high - low


def build_signals_in_units(network: str, latent_dim: int, form: SignalForm) -> SignalsInUnits:
    """An untrained model of one of `NETWORKS`.

    Args:
        network: "RecurrentAutoencoder" or "AutoencoderCNN".
        latent_dim: size D of z.
        form: what the signals look like; "AutoencoderCNN" takes 9 samples or more.

    Raises:
        SignalError: another network, or signals that are too short.
        ValueError: no latent dimension.
    """
    from xaae_core.models.cnn_autoencoder import AutoencoderCNN
    from xaae_core.models.recurrent_autoencoder import RecurrentAutoencoder

    if network not in NETWORKS:
        raise SignalError(f'the network "{network}" is not known; expected one of {", ".join(NETWORKS)}')
    if network == "RecurrentAutoencoder":
        return RecurrentAutoencoder(form.length, form.n_channels, latent_dim).as_latent_model(form)
    if form.length < 9:
        raise SignalError(
            f"the signals have {form.length} samples; AutoencoderCNN needs at least 9: take RecurrentAutoencoder"
        )
    return AutoencoderCNN(latent_dim, seq_len=form.length, n_features=form.n_channels).as_latent_model(form)
