"""Small models with convolutions, for tests that destroy them."""

import numpy as np
import torch
from torch import Tensor, nn

from xaae_core.models import add_xaae_blocks
from xaae_core.models.latent_model import Encoding

SIDE = 24


def picture(side: int = SIDE, channels: int = 1) -> np.ndarray:
    """A few bright blobs on dark ground, with faint grain [C, H, W]."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    blobs = gaussian_filter((rng.random((side, side)) > 0.97).astype(float), 2)
    pixels = blobs / blobs.max() * 0.8 + 0.05 * rng.random((channels, side, side))
    return pixels.astype(np.float32)


class ConvModel(nn.Module):
    """Convolutions, ReLUs and a linear head, as a LatentModel and as a plain classifier at once."""

    def __init__(self, *, width: int = 8, depth: int = 3, bn: bool = False, affine: bool = True, seed: int = 0):
        super().__init__()
        self.input_size, self.input_channels, self.encoding_dims, self.classes = (SIDE, SIDE), 1, 5, 2
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers: list[nn.Module] = []
            for n in range(depth):
                layers.append(nn.Conv2d(width if n else 1, width, 3, padding=1))
                layers += [nn.BatchNorm2d(width, affine=affine)] if bn else []
                layers.append(nn.ReLU())
            self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * SIDE * SIDE, 5))
            self.head = nn.Linear(5, 2)
            self.drawn = nn.Linear(5, SIDE * SIDE)
        self.eval()

    def encode(self, x: Tensor) -> Encoding:
        return Encoding(self.body(x))

    def decode(self, z: Tensor, skips=(), *, skip_dropout: float = 1.0, generator=None) -> Tensor:
        return torch.sigmoid(self.drawn(z)).view(-1, 1, SIDE, SIDE)

    def classify(self, z: Tensor) -> Tensor:
        return self.head(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.encode(x).z)


def wrapped_model() -> nn.Module:
    """An encoder with xAAEnet's blocks, batch norms whose statistics are not the usual ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = nn.Sequential(
            *(nn.Conv2d(1, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU(True)),
            *(nn.Conv2d(6, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(True)),
        )
        model = add_xaae_blocks(encoder, SIDE, 1, encoding_dims=6, classes=2, decoder="light", recons_metric="ssim")
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                nn.init.normal_(module.running_mean)
                nn.init.uniform_(module.running_var, 0.5, 3)
    return model.eval()


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """A copy of all weights and buffers."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
