"""Tiny real models and cases for tests of example-based explanations."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from xaae_core.checkpoints import write_training_state


class SmallAutoencoder(nn.Module):
    """Convolutions with batch norm and in-place ReLU on 12×12 pictures, as lfxai takes it: `encoder`, checkpoints."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(channels, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True)),
            *(nn.Flatten(), nn.Linear(144, 5)),
        )
        self.decoder = nn.Sequential(nn.Linear(5, 36), nn.ReLU(inplace=True), nn.Linear(36, 144 * channels))
        self.shape = (channels, 12, 12)
        self.checkpoints_files: list[Path] = []

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self.decoder(self.encoder(x))
        return drawn.sigmoid().reshape(-1, *self.shape)


class LastState(nn.Module):
    """The last hidden state of an LSTM."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(1, dims, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        _, (hidden, _) = self.rnn(x)
        state: Tensor = hidden[-1]
        return state


class SignalAutoencoder(nn.Module):
    """A recurrent autoencoder of signals [B, 15, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = LastState(4)
        self.decoder = nn.Linear(4, 15)

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self.decoder(self.encoder(x))
        return drawn[:, :, None]


def autoencoder(seed: int = 0, channels: int = 1) -> SmallAutoencoder:
    """In eval mode, with batch norm's buffers as if it had been trained."""
    torch.manual_seed(seed)
    model = SmallAutoencoder(channels)
    model.encoder[1].running_mean.normal_(std=0.2)
    model.encoder[1].running_var.uniform_(0.5, 1.5)
    return model.eval()


def with_checkpoints(model: SmallAutoencoder, folder: Path, n: int = 3) -> SmallAutoencoder:
    """The model, with so many files of other weights in `checkpoints_files`."""
    model.checkpoints_files = [
        write_training_state(folder / f"checkpoint{number}.pth", autoencoder(number + 10).state_dict())
        for number in range(n)
    ]
    return model


def pictures(n: int, seed: int, channels: int = 1) -> Tensor:
    """[n, channels, 12, 12] in [0, 1]."""
    return torch.rand(n, channels, 12, 12, generator=torch.Generator().manual_seed(seed))


def loader(x: Tensor, batch_size: int = 1, *, shuffle: bool = False) -> torch.utils.data.DataLoader:
    """As lfxai wants it: (x, label) batches."""
    data = torch.utils.data.TensorDataset(x, torch.zeros(len(x), dtype=torch.long))
    return torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=shuffle)


class SameBatch:
    """A loader that gives one batch again and again: then lfxai's random series is not random."""

    def __init__(self, x: Tensor, n: int = 200) -> None:
        self.x, self.n = x, n

    def __iter__(self):
        return iter([(self.x, torch.zeros(len(self.x)))] * self.n)


def lfxai_examples():
    """lfxai's own module, or a skip that says why."""
    return pytest.importorskip(
        "lfxai.explanations.examples", reason="lfxai 0.1.1 is not here: pip install --no-deps lfxai==0.1.1"
    )


def logistic_regression(x: Tensor, y: Tensor, damping: float) -> nn.Linear:
    """Two-class softmax regression [N, D] → 2, at the exact minimum of mean cross-entropy + damping/2·‖θ‖²."""
    design = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)  # [N, D + 1]
    wanted = nn.functional.one_hot(y, 2).to(x.dtype)
    theta = torch.zeros(2, design.shape[1], dtype=x.dtype)
    for _ in range(15):
        p = (design @ theta.T).softmax(dim=1)
        gradient = (p - wanted).T @ design / len(x) + damping * theta
        of_logits = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
        hessian = torch.einsum("ncd,ni,nj->cidj", of_logits, design, design).reshape(theta.numel(), -1) / len(x)
        hessian += damping * torch.eye(theta.numel(), dtype=x.dtype)
        theta = theta - torch.linalg.solve(hessian, gradient.flatten()).view_as(theta)
    assert gradient.norm() < 1e-9
    model = nn.Linear(x.shape[1], 2).to(x.dtype)
    with torch.no_grad():
        model.weight.copy_(theta[:, :-1])
        model.bias.copy_(theta[:, -1])
    return model.eval()


def two_groups(n: int, seed: int, dims: int = 4) -> tuple[Tensor, Tensor]:
    """Overlapping groups [n, dims] in float64, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    x = torch.randn(n, dims, generator=generator, dtype=torch.float64)
    x[:, 0] += 1.5 * y
    return x, y
