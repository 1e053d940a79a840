"""Half precision on CUDA, as fastai does it, resumable and without a trace when a training breaks off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import AMPMode, MixedPrecision


def mixed_precision(scaler_state: dict[str, Any]) -> list[Callback]:
    """Callbacks for a CUDA device: bfloat16 where it has it in hardware, else float16 with a scaled loss."""
    has_bf16 = torch.cuda.is_available() and torch.cuda.get_device_capability()[0] >= 8
    return [ClosingMixedPrecision(AMPMode.BF16 if has_bf16 else AMPMode.FP16), ResumeScaler(scaler_state)]


class ClosingMixedPrecision(MixedPrecision):
    """fastai's, which knows whether it is in the middle of a batch.

    A batch that breaks off (out of memory, Ctrl-C) would otherwise leave autocast on for whatever the process
    does next, with the weights of then in its cache.
    """

    is_open = False

    def before_batch(self) -> None:
        """Begin half precision."""
        super().before_batch()
        self.is_open = True

    def after_loss(self) -> None:
        """End half precision."""
        self.is_open = False
        super().after_loss()

    def close(self) -> None:
        """End half precision where a batch broke off."""
        if self.is_open:
            self.after_loss()


class ResumeScaler(Callback):
    """Give mixed precision's loss scale back to a resumed fit."""

    order = MixedPrecision.order + 1

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state

    def before_fit(self) -> None:
        """Load the scale where there is a scaler."""
        if self.state and getattr(self.learn, "scaler", None) is not None:
            self.learn.scaler.load_state_dict(self.state)


@contextmanager
def precision_closed(callbacks: Sequence[Callback]) -> Iterator[None]:
    """However the block ends, no half precision of these callbacks outlives it."""
    try:
        yield
    finally:
        for callback in callbacks:
            if isinstance(callback, ClosingMixedPrecision):
                callback.close()
