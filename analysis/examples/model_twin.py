"""A model's modules once more, so that explaining leaves the model itself as it is."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from xaae_core.errors import ExamplesError


def twin_of(model: nn.Module) -> nn.Module:
    """A copy of the modules that shares parameters and buffers with the model, to be set to another mode.

    Raises:
        ExamplesError: a model that cannot be copied.
    """
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    try:
        return copy.deepcopy(model, shared)
    except (RuntimeError, TypeError) as error:
        raise ExamplesError(
            f"{type(model).__name__} cannot be copied ({error}), and it must not be changed while it is explained: "
            "let it keep no tensors of a graph and no open files"
        ) from error


@contextmanager
def differentiating() -> Iterator[None]:
    """With gradients, whoever calls, and without the warnings of weights that are handed to an LSTM."""
    with torch.inference_mode(False), torch.enable_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not part of single contiguous chunk.*")
        warnings.filterwarnings("ignore", message=".*performance drop because we have not yet implemented.*")
        yield
