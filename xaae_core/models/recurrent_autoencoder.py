"""lfxai's LSTM autoencoder of signals."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from xaae_core.models.mnist_autoencoder import require_dimension
from xaae_core.models.signal_autoencoder import SignalAutoencoder


class RecurrentEncoder(nn.Module):
    """Signals [B, T, C] → z [B, D]: two LSTMs, C → 2 D → D; z is the last hidden state. lfxai calls it `Encoder`.

    Args:
        seq_len: length T of the signals; any length can be encoded.
        n_features: channels C.
        embedding_dim: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.time_series.Encoder`; the layers have its names, so its weights fit.
    """

    def __init__(self, seq_len: int, n_features: int = 1, embedding_dim: int = 64) -> None:
        super().__init__()
        self.seq_len = seq_len
        self.n_features = n_features
        self.embedding_dim = require_dimension(embedding_dim)
        self.hidden_dim = 2 * embedding_dim
        self.rnn1 = nn.LSTM(n_features, self.hidden_dim, batch_first=True)
        self.rnn2 = nn.LSTM(self.hidden_dim, embedding_dim, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Latent vectors [B, D] of signals [B, T, C]."""
        hidden, _ = self.rnn1(x)
        _, (last, _) = self.rnn2(hidden)
        z: Tensor = last[-1]
        return z


class RecurrentDecoder(nn.Module):
    """z [B, D] → signals [B, T, C]: z at every time, two LSTMs, D → D → 2 D, and a linear layer.

    lfxai calls it `Decoder`; its own gives B · C signals instead of B where there is more than one channel.

    Args:
        seq_len: length T of the signals.
        n_features: channels C.
        input_dim: size D of z.

    Raises:
        ValueError: no dimension.

    Source: `lfxai.models.time_series.Decoder`; the layers have its names, so its weights fit.
    """

    def __init__(self, seq_len: int, n_features: int = 1, input_dim: int = 64) -> None:
        super().__init__()
        self.seq_len = seq_len
        self.n_features = n_features
        self.input_dim = require_dimension(input_dim)
        self.hidden_dim = 2 * input_dim
        self.rnn1 = nn.LSTM(input_dim, input_dim, batch_first=True)
        self.rnn2 = nn.LSTM(input_dim, self.hidden_dim, batch_first=True)
        self.output_layer = nn.Linear(self.hidden_dim, n_features)

    def forward(self, x: Tensor) -> Tensor:
        """Signals [B, T, C] of latent vectors [B, D]."""
        hidden, _ = self.rnn1(x[:, None].expand(-1, self.seq_len, -1))
        hidden, _ = self.rnn2(hidden)
        signal: Tensor = self.output_layer(hidden)
        return signal


class RecurrentAutoencoder(SignalAutoencoder):
    """An LSTM autoencoder of signals.

    Args:
        seq_len: length T of the signals.
        n_features: channels C.
        embedding_dim: size D of z.
        name: stem of its files.
        loss_f: loss of (inputs, reconstructions), a mean.

    Raises:
        ValueError: a size below 1.

    Source: `lfxai.models.time_series.RecurrentAutoencoder`.
    """

    def __init__(
        self,
        seq_len: int,
        n_features: int,
        embedding_dim: int = 64,
        name: str = "model",
        loss_f: Callable[[Tensor, Tensor], Tensor] = nn.L1Loss(),  # noqa: B008  (lfxai's default; it has no state)
    ) -> None:
        super().__init__(seq_len, n_features, embedding_dim, name, loss_f)
        self.encoder = RecurrentEncoder(seq_len, n_features, embedding_dim)
        self.decoder = RecurrentDecoder(seq_len, n_features, embedding_dim)
