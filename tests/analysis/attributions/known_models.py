"""Models so small that their attributions can be worked out by hand."""

import numpy as np
import torch
from torch import Tensor, nn

from analysis.directions import Direction, fit_direction
from tests.analysis.latent_tables import table_of
from xaae_core.models.latent_model import Encoding


class LinearModel(nn.Module):
    """z = W·x + b, logits = V·z; pictures of `channels` × `side` × `side`."""

    def __init__(self, *, channels: int = 2, side: int = 6, dims: int = 3, classes: int = 2, has_head: bool = True):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.input_size, self.input_channels = (side, side), channels
        self.encoding_dims, self.classes = dims, classes
        self.weight = nn.Parameter(torch.randn(dims, channels, side, side, generator=generator))
        self.bias = nn.Parameter(torch.randn(dims, generator=generator))
        self.head = nn.Parameter(torch.randn(classes, dims, generator=generator)) if has_head else None
        self.largest_batch = 0

    def encode(self, x: Tensor) -> Encoding:
        self.largest_batch = max(self.largest_batch, len(x))
        return Encoding(x.flatten(1) @ self.weight.flatten(1).T + self.bias)

    def decode(self, z: Tensor, skips=(), *, skip_dropout: float = 1.0, generator=None) -> Tensor:
        return torch.zeros(len(z), self.input_channels, *self.input_size)

    def classify(self, z: Tensor) -> Tensor | None:
        return None if self.head is None else z @ self.head.T


class CurvedModel(LinearModel):
    """As `LinearModel` with a sine at the end: gradients change on the way, so few steps are not exact."""

    def encode(self, x: Tensor) -> Encoding:
        return Encoding(torch.sin(super().encode(x).z))


class GateModel(LinearModel):
    """z = Σ v·relu(a·x) per pixel: guided backpropagation keeps the pixels with v > 0 and a·x > 0."""

    def __init__(self, gate: type[nn.Module] = nn.ReLU):
        super().__init__(channels=1, dims=1)
        generator = torch.Generator().manual_seed(1)
        self.a = nn.Parameter(torch.randn(1, 6, 6, generator=generator))
        self.v = nn.Parameter(torch.randn(1, 6, 6, generator=generator))
        self.gate = gate()

    def encode(self, x: Tensor) -> Encoding:
        return Encoding((self.v * self.gate(self.a * x)).flatten(1).sum(dim=1, keepdim=True))


class GridModel(LinearModel):
    """z = Σ v·conv(x): a map of 2 channels, 4×4, read out by known weights."""

    def __init__(self):
        super().__init__(channels=1, side=8, dims=1)
        generator = torch.Generator().manual_seed(2)
        self.conv = nn.Conv2d(1, 2, 2, stride=2)
        self.readout = nn.Parameter(torch.randn(2, 4, 4, generator=generator))
        with torch.no_grad():
            self.conv.weight.normal_(generator=generator)
            self.conv.bias.normal_(generator=generator)

    def encode(self, x: Tensor) -> Encoding:
        return Encoding((self.readout * self.conv(x)).flatten(1).sum(dim=1, keepdim=True))


class DrawingModel(LinearModel):
    """As `LinearModel`, and decode(z) = Σ_d z_d · drawing_d."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.drawing = nn.Parameter(torch.randn(3, 2, 6, 6, generator=generator))

    def decode(self, z: Tensor, skips=(), *, skip_dropout: float = 1.0, generator=None) -> Tensor:
        return torch.tensordot(z, self.drawing, dims=1)


def direction_of(dims: int, seed: int = 0) -> Direction:
    """A direction fitted to noise."""
    rng = np.random.default_rng(seed)
    return fit_direction(table_of(rng.normal(size=(30, dims)), np.arange(30) % 2), n_bootstrap=0)
