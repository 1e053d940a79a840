"""Networks that train in a moment, and a handful of pictures, for tests of how experiments are run."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from analysis.experiments.datasets import ExperimentData
from analysis.experiments.setup import Recipe, Scale, Setup

SCALE = Scale(n_train=24, n_explained=8, n_compared=12, n_epochs=2, n_dims=3, runs=2, batch_size=8)


class TinyAutoencoder(nn.Module):
    """z = W x, x̂ = V z, with pixels of any side."""

    def __init__(self, n_pixels: int, n_dims: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(n_pixels, n_dims), nn.Tanh())
        self.decoder = nn.Linear(n_dims, n_pixels)

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x)).view(x.shape)


class TinyMeans(nn.Module):
    def __init__(self, n_pixels: int, n_dims: int) -> None:
        super().__init__()
        self.layer = nn.Linear(n_pixels, n_dims)

    def mu(self, x: Tensor) -> Tensor:
        means: Tensor = self.layer(x.flatten(1))
        return means

    def forward(self, x: Tensor) -> Tensor:
        return self.mu(x)


class TinyVae(nn.Module):
    def __init__(self, n_pixels: int, n_dims: int) -> None:
        super().__init__()
        self.encoder = TinyMeans(n_pixels, n_dims)


class TinyNetworks:
    """See `analysis.experiments.setup.Networks`."""

    def autoencoder(self, data: ExperimentData, n_dims: int, task: str) -> Recipe:
        pixels = data.x_train[0].numel()
        return Recipe(lambda: TinyAutoencoder(pixels, n_dims), lambda model, x, y: F.mse_loss(model(x), x))

    def classifier(self, data: ExperimentData, n_dims: int) -> Recipe:
        pixels = data.x_train[0].numel()

        def loss(model: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
            assert y is not None
            return F.cross_entropy(model.encoder(x), y)

        return Recipe(lambda: TinyAutoencoder(pixels, n_dims), loss)

    def vae(self, data: ExperimentData, n_dims: int, loss: str, beta: float, n_train: int) -> Recipe:
        return Recipe(lambda: TinyVae(32 * 32, n_dims), lambda model, x, y: beta * model.encoder(x).square().mean())


def tiny_pictures(n: int = 30, side: int = 6, seed: int = 0) -> ExperimentData:
    """Noise with a bright column whose place is the class, three classes."""
    rng = np.random.default_rng(seed)

    def part(n: int) -> tuple[Tensor, np.ndarray]:
        labels = np.arange(n) % 3
        pictures = 0.2 * rng.random((n, 1, side, side), dtype=np.float32)
        pictures[np.arange(n), 0, :, labels] += 0.7
        return torch.from_numpy(pictures), labels.astype(np.int64)

    return ExperimentData("tiny", "images", *part(n), *part(n), ("0", "1", "2"), "0" * 64)


def tiny_signals(n: int = 40, length: int = 10) -> ExperimentData:
    """Noise with a step, normal (0) and not (1)."""
    rng = np.random.default_rng(1)

    def part() -> tuple[Tensor, np.ndarray]:
        labels = np.arange(n) % 2
        signals = rng.standard_normal((n, length, 1)).astype(np.float32)
        signals[labels == 1, 5:] += 3
        return torch.from_numpy(signals), labels.astype(np.int64)

    return ExperimentData("beats", "signals", *part(), *part(), ("normal", "abnormal"), "1" * 64)


def tiny_setup(data: ExperimentData | None = None, scale: Scale = SCALE, seed: int = 0) -> Setup:
    return Setup(data or tiny_pictures(), scale, TinyNetworks(), seed)
