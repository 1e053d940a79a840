"""The layers of a model that a number depends on, from the output back to the picture."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from analysis.attributions.twins import modules_in
from xaae_core.errors import AttributionError

NumberOf = Callable[[Any], Callable[[Tensor], Tensor]]
"""From a model to what makes one tensor of pictures [B, C, H, W]: all that the explained number needs."""

_M = TypeVar("_M")


@dataclass(frozen=True)
class Layer:
    """A module with weights of its own that the explained number depends on.

    Attributes:
        name: in the model; the class's name where it has none.
        position: among all modules of the model (`modules_in`).
        n_parameters: how many numbers it holds.
        is_matrix: whether it mixes its inputs, unlike a norm, which scales each.
    """

    name: str
    position: int
    n_parameters: int
    is_matrix: bool


def find_layers(model: object, number_of: NumberOf, pictures: Tensor) -> tuple[Layer, ...]:
    """The layers that a number depends on, from the output back to the pictures.

    Read from the graph that autograd keeps: which weights it reaches and when each was last used, so that weights
    outside of modules' own calls are found too, and what the number does not need (a discriminator; the decoder, for
    a class) is not. Layers without weights but with batch statistics belong to them.

    Args:
        model: a module, or an object that holds modules; left alone.
        number_of: makes the number.
        pictures: [B, C, H, W] to run it on.

    Raises:
        AttributionError: no weight of the model is reached, so there is nothing to destroy.
    """
    held = list(modules_in([model]))
    bare = {id(p): nn.Parameter(p.detach(), p.is_floating_point()) for module in held for p in module.parameters()}
    buffers = {id(buffer): buffer for module in held for buffer in module.buffers()}
    with torch.inference_mode(False), torch.enable_grad():
        probe = copy_sharing(model, bare | buffers)
        modules = list(modules_in([probe]))
        number = number_of(probe)
        with _Norms(modules) as norms:
            used = _last_uses(number(pictures.clone().requires_grad_()), modules) | norms.used
    if not used:
        raise AttributionError(
            f"no weight of this {type(model).__name__} makes the number, so no layer can be destroyed: "
            "the check needs a torch module whose weights autograd can follow"
        )
    names = {id(module): name for name, module in model.named_modules()} if isinstance(model, nn.Module) else {}
    return tuple(
        Layer(
            names.get(id(held[place])) or type(held[place]).__name__,
            place,
            sum(p.numel() for p in held[place].parameters(recurse=False)),
            any(p.ndim > 1 for p in held[place].parameters(recurse=False)),
        )
        for place in sorted(used, key=lambda place: -used[place])
    )


def copy_sharing(model: _M, kept: Mapping[int, Tensor]) -> _M:
    """A deep copy of a model in which tensors are replaced by id; tensors beside weights and buffers stay shared."""
    memo: dict[int, Any] = {}
    for module in modules_in([model]):
        memo.update((id(value), value) for value in vars(module).values() if isinstance(value, Tensor))
    return copy.deepcopy(model, memo | dict(kept))


def has_statistics(module: nn.Module) -> bool:
    """Whether a module is a norm with statistics of a training set."""
    return isinstance(module, _NormBase) and module.running_mean is not None


def _last_uses(number: Tensor, modules: list[nn.Module]) -> dict[int, int]:
    """When each module's weights were last used: autograd numbers its nodes in the order of the forward pass."""
    owner: dict[int, int] = {}
    for place, module in enumerate(modules):
        for parameter in module.parameters(recurse=False):
            owner.setdefault(id(parameter), place)
    used: dict[int, int] = {}
    todo, seen = [number.grad_fn], {number.grad_fn}
    while todo:
        node: Any = todo.pop()
        for following, _ in () if node is None else node.next_functions:
            place_of_leaf = owner.get(id(getattr(following, "variable", None)))
            if place_of_leaf is not None:
                used[place_of_leaf] = max(used.get(place_of_leaf, 0), node._sequence_nr())
            elif following not in seen:
                seen.add(following)
                todo.append(following)
    return used


class _Norms:
    """Notes when modules ran that have batch statistics and no weights; hooks for as long as the block runs."""

    def __init__(self, modules: list[nn.Module]) -> None:
        self._modules = modules
        self._handles: list[Any] = []
        self.used: dict[int, int] = {}

    def __enter__(self) -> _Norms:
        for place, module in enumerate(self._modules):
            if has_statistics(module) and not any(True for _ in module.parameters(recurse=False)):
                self._handles.append(module.register_forward_hook(self._noting(place)))
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _noting(self, place: int) -> Callable[[nn.Module, object, Tensor], None]:
        def note(module: nn.Module, inputs: object, output: Tensor) -> None:
            if output.grad_fn is not None:
                self.used[place] = output.grad_fn._sequence_nr()

        return note
