"""How many numbers a model learns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of a model.

    Attributes:
        total: of all parameters.
        trainable: of those that a training changes.
    """

    total: int
    trainable: int


def count_parameters(model: nn.Module) -> ParameterCounts:
    """Count a model's parameters, each once even where several layers share it; batch statistics are none."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return ParameterCounts(
        total=sum(size for size, _ in sizes), trainable=sum(size for size, is_trainable in sizes if is_trainable)
    )
