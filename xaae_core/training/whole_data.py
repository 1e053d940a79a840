"""What is asked of all data before a training starts, and not of its first batch alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from xaae_core.errors import AutoencoderError, TrainingError
from xaae_core.models.adagvae import require_pair
from xaae_core.training.latent_extraction import plain_loader

Require = Callable[[Tensor, str], None]
"""Raises for cases [B, …] that cannot be trained on; given the words that a message calls them by."""


def first_batch(dls: Any) -> Any:
    """A training batch (inputs, labels).

    Raises:
        TrainingError: cases of different shapes, or inputs that are no tensor.
    """
    batch = _batched(lambda: dls.train.one_batch())
    plain_inputs(batch)
    return batch


def plain_inputs(batch: Any) -> Tensor:
    """The inputs of a batch as a plain tensor; raises TrainingError where they are none."""
    inputs = batch[0]
    if isinstance(inputs, Tensor):
        return inputs.as_subclass(Tensor)
    try:
        require_pair(inputs)
    except AutoencoderError as error:
        raise TrainingError(f"the first batch cannot be trained on: {error}") from error
    raise TrainingError(
        "the loaders give the cases of a pair apart; expected one tensor [2, …] for each pair: let the data set give "
        "torch.stack((x1, x2))"
    )


def check_whole_data(dls: Any, require: Require) -> None:
    """Ask it of every case of both parts, reading each once.

    Raises:
        TrainingError: cases of different shapes; and whatever `require` raises.
    """
    for part in ("train", "valid"):
        for batch in _each(plain_loader(dls, part)):
            require(plain_inputs(batch), f"a batch of {part}")


def is_read_by_this_tool(dls: Any) -> bool:
    """Whether the cases come from files that this tool reads, and so are finite, and pictures in [0, 1]."""
    return bool(getattr(dls, "xaae_fingerprint", "")) and hasattr(dls.train.dataset, "tls")


def _each(loader: Any) -> Iterator[Any]:
    batches = iter(loader)
    while (batch := _batched(lambda: next(batches, None))) is not None:
        yield batch


def _batched(draw: Callable[[], Any]) -> Any:
    try:
        return draw()
    except RuntimeError as error:
        raise uncollated(error) from error


def uncollated(error: RuntimeError) -> Exception:
    """What to raise for an error of torch, or of fastai around it, whose cases could not be stacked; or the error."""
    shapes = re.findall(r"\[[\d, ]+\]", str(error))
    if len(shapes) < 2:
        return error
    return TrainingError(
        f"the cases of a batch have the shapes {' and '.join(shapes[:2])}; expected one and the same of all: bring "
        "pictures to one size, cut or pad signals to one length"
    )
