"""lfxai's convolutional autoencoder of signals, for any length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from xaae_core.models.mnist_autoencoder import require_dimension
from xaae_core.models.signal_autoencoder import SignalAutoencoder

ECG_LENGTH = 140
"""Length of the beats of ECG5000, the only one that lfxai's networks take."""
_SHORTEST = 9


@dataclass(frozen=True)
class ConvolutionLengths:
    """Lengths of a signal on its way through the encoder's three convolutions.

    Attributes:
        signal: T.
        first: after the first convolution; `second` and `third` likewise.

    Raises:
        ValueError: a signal too short for three convolutions.
    """

    signal: int

    def __post_init__(self) -> None:
        if self.signal < _SHORTEST:
            raise ValueError(f"seq_len is {self.signal}; three convolutions of stride 2 need at least {_SHORTEST}")

    @property
    def first(self) -> int:
        """Half of the signal's, rounded up."""
        return (self.signal + 1) // 2

    @property
    def second(self) -> int:
        """Half of the first's, rounded up."""
        return (self.first + 1) // 2

    @property
    def third(self) -> int:
        """Half of the second's without its last value, rounded down: this convolution has no border."""
        return (self.second - 1) // 2


class EncoderCNN(nn.Module):
    """Signals [B, T, C] → maps [B, 32, T'] → z [B, D].

    Args:
        encoded_space_dim: size D of z.
        seq_len: length T of the signals, at least 9.
        n_features: channels C.

    Raises:
        ValueError: a shorter signal, or no dimension.

    Source: `lfxai.models.time_series.EncoderCNN`, which takes T = 140 and C = 1; then its weights fit.
    """

    def __init__(self, encoded_space_dim: int, *, seq_len: int = ECG_LENGTH, n_features: int = 1) -> None:
        super().__init__()
        self.encoded_space_dim = require_dimension(encoded_space_dim)
        self.encoder_cnn = nn.Sequential(
            nn.Conv1d(n_features, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv1d(8, 16, 3, stride=2, padding=1),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Conv1d(16, 32, 3, stride=2),
            nn.ReLU(),
        )
        self.flatten = nn.Flatten(start_dim=1)
        n_values = 32 * ConvolutionLengths(seq_len).third
        self.encoder_lin = nn.Sequential(nn.Linear(n_values, 128), nn.ReLU(), nn.Linear(128, encoded_space_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Latent vectors [B, D] of signals [B, T, C]."""
        z: Tensor = self.encoder_lin(self.flatten(self.encoder_cnn(x.transpose(1, 2))))
        return z


class DecoderCNN(nn.Module):
    """z [B, D] → maps [B, 32, T'] → signals [B, T, C].

    lfxai's gives [B, C, T], although its encoder takes [B, T, C]: its loss then compares each value with all.

    Args:
        encoded_space_dim: size D of z.
        seq_len: length T of the signals, at least 9.
        n_features: channels C.

    Raises:
        ValueError: a shorter signal, or no dimension.

    Source: `lfxai.models.time_series.DecoderCNN`, for T = 140 and C = 1; then its weights fit.
    """

    def __init__(self, encoded_space_dim: int, *, seq_len: int = ECG_LENGTH, n_features: int = 1) -> None:
        super().__init__()
        self.encoded_space_dim = require_dimension(encoded_space_dim)
        lengths = ConvolutionLengths(seq_len)
        self.decoder_lin = nn.Sequential(
            nn.Linear(encoded_space_dim, 128), nn.ReLU(), nn.Linear(128, 32 * lengths.third)
        )
        self.unflatten = nn.Unflatten(1, (32, lengths.third))
        # Two lengths shrink to the same one; what is added to the output says which it was.
        self.decoder_conv = nn.Sequential(
            nn.ConvTranspose1d(32, 16, 3, stride=2, output_padding=lengths.second - 2 * lengths.third - 1),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.ConvTranspose1d(16, 8, 3, stride=2, padding=1, output_padding=lengths.first - 2 * lengths.second + 1),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.ConvTranspose1d(8, n_features, 3, stride=2, padding=1, output_padding=seq_len - 2 * lengths.first + 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Signals [B, T, C] of latent vectors [B, D]."""
        signal: Tensor = self.decoder_conv(self.unflatten(self.decoder_lin(x)))
        return signal.transpose(1, 2)


class AutoencoderCNN(SignalAutoencoder):
    """A convolutional autoencoder of signals.

    Args:
        embedding_dim: size D of z.
        name: stem of its files.
        loss_f: loss of (inputs, reconstructions), a mean.
        seq_len: length T of the signals, at least 9.
        n_features: channels C.

    Raises:
        ValueError: a shorter signal, or a size below 1.

    Source: `lfxai.models.time_series.AutoencoderCNN`.
    """

    def __init__(
        self,
        embedding_dim: int = 64,
        name: str = "model",
        loss_f: Callable[[Tensor, Tensor], Tensor] = nn.L1Loss(),  # noqa: B008  (lfxai's default; it has no state)
        *,
        seq_len: int = ECG_LENGTH,
        n_features: int = 1,
    ) -> None:
        super().__init__(seq_len, n_features, embedding_dim, name, loss_f)
        self.encoder = EncoderCNN(embedding_dim, seq_len=seq_len, n_features=n_features)
        self.decoder = DecoderCNN(embedding_dim, seq_len=seq_len, n_features=n_features)
