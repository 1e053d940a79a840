"""Small stand-ins for digits, and loaders of them."""

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset


def digits(n: int = 24, *, side: int = 28, channels: int = 1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pictures [N, C, S, S] in [0, 1] of a bar whose place says the class, one of three, and the classes [N]."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    x = 0.1 * torch.rand(n, channels, side, side, generator=generator)
    for picture, label in zip(x, labels, strict=True):
        start = 4 + 6 * int(label)
        picture[:, 4:-4, start : start + 4] += 0.8
    return x, labels


def loader(x: Tensor, y: Tensor, batch_size: int = 8, **options) -> DataLoader:
    return DataLoader(TensorDataset(x, y), batch_size=batch_size, **options)


def stirred(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """The model with batch statistics and weights of batch norm away from where they start; eval mode."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.running_mean.copy_(0.3 * torch.randn(module.running_mean.shape, generator=generator))
                module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)
                module.bias.copy_(0.3 * torch.randn(module.bias.shape, generator=generator))
    return model.eval()
