"""What the explainers under lfxai's names have in common."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from analysis.examples.sample_losses import LossFunction
from analysis.examples.samples import TensorSamples, samples_of
from xaae_core.errors import ExamplesError


class ExampleBasedExplainer(abc.ABC):
    """What all four have in common.

    Args:
        model: with an `encoder`, or one of this tool's models.
        X_train: training inputs [N, …]; `attribute` needs them.
        loss_f: a scalar of (input, output).
        **kwargs: not looked at.
    """

    def __init__(self, model: nn.Module, X_train: Tensor | None, loss_f: LossFunction | None, **kwargs: Any) -> None:
        self.model = model
        self.X_train = X_train
        self.loss_f = loss_f

    @abc.abstractmethod
    def attribute(self, X_test: Tensor, train_idx: Sequence[int], **kwargs: Any) -> Tensor:
        """Importance [N_test, len(train_idx)] of training rows for test inputs [N_test, …]."""

    @abc.abstractmethod
    def __str__(self) -> str:
        """The name of the method."""

    def _train(self, train_idx: Sequence[int] | Tensor | None = None) -> TensorSamples:
        if self.X_train is None:
            raise ExamplesError(f"{self} has no training cases: give X_train, or use attribute_loader")
        if train_idx is None:
            return samples_of(self.X_train)
        rows = torch.as_tensor(train_idx, dtype=torch.long)
        n = len(self.X_train)
        wrong = rows[(rows < -n) | (rows >= n)].tolist()
        if wrong:
            raise ExamplesError(f"train_idx names {wrong[:5]}, but X_train has {n} rows, 0 to {n - 1}")
        return samples_of(self.X_train[rows])
