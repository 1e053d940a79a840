"""Encoders of images and signals, small and untrained, and loaders of noise for them."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

DIMS = 4


class ImageEncoder(nn.Module):
    """Convolutions with batch norm and in-place ReLUs, as lfxai's of MNIST."""

    def __init__(self, channels: int = 1):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.layers = nn.Sequential(
                nn.Conv2d(channels, 6, 3, stride=2, padding=1),
                nn.BatchNorm2d(6),
                nn.ReLU(True),
                nn.Conv2d(6, 8, 3, stride=2, padding=1),
                nn.ReLU(True),
                nn.Flatten(),
                nn.Linear(8 * 9, DIMS),
            )
            nn.init.normal_(self.layers[1].running_mean)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class GaussianEncoder(nn.Module):
    """Mean and log-variance of a latent, as a variational encoder gives; `mu` is the mean alone."""

    def __init__(self):
        super().__init__()
        self.body = ImageEncoder()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.mu(x), torch.zeros(len(x), DIMS)

    def mu(self, x: Tensor) -> Tensor:
        return self.body(x)


class SignalEncoder(nn.Module):
    """The last hidden state of an LSTM of signals [N, T, C]."""

    def __init__(self, channels: int = 1):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.lstm = nn.LSTM(channels, DIMS, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[1][0][0]


def noise(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).random(shape).astype(np.float32))


def loader_of(inputs: Tensor, batch_size: int = 5) -> DataLoader:
    """Batches (inputs, labels); the last may be smaller."""
    return DataLoader(TensorDataset(inputs, torch.zeros(len(inputs))), batch_size=batch_size)
