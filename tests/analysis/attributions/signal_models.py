"""Small models of signals [B, C, T], one with attributions that can be worked out by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaae_core.models.latent_model import Encoding
from xaae_core.signal_form import SignalForm


def form_of(channels: int = 2, length: int = 48) -> SignalForm:
    """Leads in millivolts at 100 Hz; 0 and 1 for a model are −1 and 2 mV."""
    return SignalForm(
        length=length,
        sampling_rate=100.0,
        channel_names=tuple(f"lead {n}" for n in range(channels)),
        units=("mV",) * channels,
        low=(-1.0,) * channels,
        high=(2.0,) * channels,
    )


class SignalModelBase(nn.Module):
    """What all of them share: a linear head and a linear decoder."""

    def __init__(self, form: SignalForm, dims: int = 3, classes: int = 2) -> None:
        super().__init__()
        self.signal_form = form
        self.input_size, self.input_channels = (form.length,), form.n_channels
        self.encoding_dims, self.classes = dims, classes
        self.head = nn.Linear(dims, classes)
        self.drawn = nn.Linear(dims, form.n_channels * form.length)

    def represent(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def encode(self, x: Tensor) -> Encoding:
        return Encoding(self.represent(x))

    def decode(self, z: Tensor, skips=(), *, skip_dropout: float = 1.0, generator=None) -> Tensor:
        return self.drawn(z).view(len(z), self.input_channels, *self.input_size)

    def classify(self, z: Tensor) -> Tensor:
        return self.head(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x).z)


class LinearSignals(SignalModelBase):
    """z = W·x: the attribution of every sample is known."""

    def __init__(self, form: SignalForm | None = None) -> None:
        super().__init__(form or form_of())
        self.weight = nn.Parameter(torch.randn(3, *self._shape))

    def represent(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight.flatten(1).T

    @property
    def _shape(self) -> tuple[int, int]:
        return self.signal_form.n_channels, self.signal_form.length


class ConvolvedSignals(SignalModelBase):
    """Two convolutions along time, a batch norm, ReLUs, a mean over time."""

    def __init__(self, form: SignalForm | None = None) -> None:
        super().__init__(form or form_of())
        self.trunk = nn.Sequential(
            nn.Conv1d(self.input_channels, 6, 5, stride=2, padding=2), nn.BatchNorm1d(6), nn.ReLU(inplace=True),
            nn.Conv1d(6, 8, 5, stride=2, padding=2), nn.ReLU(),
        )  # fmt: skip
        self.out = nn.Linear(8, self.encoding_dims)

    def represent(self, x: Tensor) -> Tensor:
        return self.out(self.trunk(x).mean(dim=-1))


class RecurrentSignals(SignalModelBase):
    """An LSTM along time; its last state is the code."""

    def __init__(self, form: SignalForm | None = None) -> None:
        super().__init__(form or form_of())
        self.lstm = nn.LSTM(self.input_channels, self.encoding_dims, batch_first=True)

    def represent(self, x: Tensor) -> Tensor:
        return self.lstm(x.transpose(1, 2))[1][0][-1]


def seeded(kind: type[SignalModelBase], form: SignalForm | None = None, *, seed: int = 0) -> SignalModelBase:
    """A model in eval mode with weights of its own seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind(form).eval()
