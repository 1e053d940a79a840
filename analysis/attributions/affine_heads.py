"""The affine layer that an encoder begins with, taken apart from the rest of it.

Along a straight path of inputs the outputs of an affine layer run along a straight path, too, and the sum of gradients
behind it is the gradient of the sum. So a path through an encoder that begins with a convolution needs that layer
twice, not once for each point; being the layer with the largest maps, it is often the dearest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from analysis.attributions.twins import modules_in

_AFFINE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


class SplitEncoder:
    """A function of inputs [N, …] as a head, affine, and the rest; without such a head all of it is the rest.

    Args:
        function: from inputs to [N, D]; may be called with copies of its first layer replaced.
        twin: what holds the function's modules; a copy of its own, see `twins.twins_of`.
        sample: some inputs [N, …], to see whether it can be taken apart.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], twin: Any, sample: Tensor) -> None:
        self._function = function
        self._gate = _find_gate(function, twin, sample[:2].detach())

    @property
    def has_head(self) -> bool:
        """Whether the first layer is taken apart."""
        return self._gate is not None

    def head(self, x: Tensor) -> Tensor:
        """What the head makes of inputs; the inputs themselves without one."""
        return x if self._gate is None else self._gate.layer(x)

    def rest(self, h: Tensor, inputs: Tensor) -> Tensor:
        """[M, D] of what the head gives [M, …]; `inputs` [M, …] lend their shape, their numbers are not seen."""
        if self._gate is None:
            return self._function(h)
        return self._gate.run(self._function, h, inputs)


class _Gate(nn.Module):
    """Stands where a layer stood, and can be told what to answer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self._answers: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """The answer given, or the layer's own."""
        return self._answers.pop() if self._answers else self.layer(x)

    def run(self, function: Callable[[Tensor], Tensor], answer: Tensor, inputs: Tensor) -> Tensor:
        """The function, this layer answering so."""
        self._answers.append(answer)
        try:
            return function(inputs)
        finally:
            self._answers.clear()


def _find_gate(function: Callable[[Tensor], Tensor], twin: Any, sample: Tensor) -> _Gate | None:
    """Put a gate before the rest of the modules if nothing else looks at the inputs, in any way that can be seen."""
    first = _first_layer(function, twin, sample)
    if first is None:
        return None
    gate = _Gate(first)
    places = [
        (parent, name) for parent in list(modules_in([twin])) for name, child in parent.named_children()
        if child is first and parent is not gate
    ]  # fmt: skip
    for parent, name in places:
        setattr(parent, name, gate)
    if places and _is_all_there_is(function, gate, sample):
        return gate
    for parent, name in places:
        setattr(parent, name, first)
    return None


def _first_layer(function: Callable[[Tensor], Tensor], twin: Any, sample: Tensor) -> nn.Module | None:
    """The affine layer that is given the inputs themselves and runs once; None: there is none."""
    calls: list[tuple[nn.Module, bool]] = []

    def note(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        calls.append((layer, len(inputs) == 1 and inputs[0] is sample))

    layers = [module for module in modules_in([twin]) if type(module) in _AFFINE]
    handles = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        with torch.no_grad():
            function(sample)
    finally:
        for handle in handles:
            handle.remove()
    given = [layer for layer, is_given in calls if is_given]
    is_alone = len(given) == 1 and [layer for layer, _ in calls].count(given[0]) == 1
    return given[0] if is_alone and not given[0]._forward_hooks and not given[0]._forward_pre_hooks else None


def _is_all_there_is(function: Callable[[Tensor], Tensor], gate: _Gate, sample: Tensor) -> bool:
    """Whether the function sees the inputs through the gate alone: other inputs behind it change nothing."""
    with torch.no_grad():
        expected = function(sample)
        behind = gate.layer(sample)
        others = (torch.zeros_like(sample), 1 - 2 * sample)
        if not all(torch.equal(gate.run(function, behind.clone(), other), expected) for other in others):
            return False
    try:
        with torch.enable_grad():
            leaf = behind.clone().requires_grad_()
            outputs = gate.run(function, leaf, sample)
            return bool(outputs.requires_grad) and torch.autograd.grad(outputs.sum(), leaf)[0].isfinite().all().item()
    except RuntimeError:  # the rest works in place on what the layer gives
        return False
