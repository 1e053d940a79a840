"""Gradients of recurrent nets in eval mode, which cuDNN's kernels do not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from analysis.attributions.twins import modules_in


@contextmanager
def recurrent_gradients(device: torch.device | str, *objects: object) -> Iterator[None]:
    """For as long as the block runs, recurrent nets on a GPU are torch's own, slower and with gradients in eval mode.

    Args:
        device: where the models are; nothing is changed for the CPU.
        objects: modules, or objects that hold modules; nothing is changed where none of them is recurrent.
    """
    has_recurrent = any(isinstance(module, nn.RNNBase) for module in modules_in(objects))
    if not has_recurrent or torch.device(device).type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(enabled=False):
        yield
