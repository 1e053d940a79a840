"""Adam that moves all weights in one call, where torch can: the steps of small models are mostly calls otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

_FUSED_ON = frozenset({"cpu", "cuda"})


def build_adam(parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float = 0.0) -> torch.optim.Adam:
    """Adam over the parameters, fused where all of them are floating point numbers on a CPU or a GPU of CUDA.

    A fused step gives the same weights to rounding. An optimizer whose state was saved without it goes on without it.

    Args:
        parameters: what is moved.
        lr: learning rate.
        weight_decay: weight of the L2 penalty, which is added to the gradients.
    """
    moved = list(parameters)
    is_fused = all(one.is_floating_point() and one.device.type in _FUSED_ON for one in moved)
    return torch.optim.Adam(moved, lr=lr, weight_decay=weight_decay, fused=is_fused or None)
