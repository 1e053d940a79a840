"""Which device to compute on."""

from __future__ import annotations

import torch


def default_device() -> torch.device:
    """The best available PyTorch device: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
