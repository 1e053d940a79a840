"""Copies of modules that share their weights: what is hung on the copy is not on the model."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from torch import Tensor, nn

_T = TypeVar("_T")


def twin_of(model: _T) -> _T:
    """A copy of a model's modules in eval mode that shares parameters and buffers with it.

    Another session may be running the model, and in training mode it would change: the copy can be given hooks, and
    its ReLUs do not work in place, which changes no number but lets captum look behind them.

    Args:
        model: a module, a bound method of one, or any object that holds modules.
    """
    return twins_of(model)[0]


def twins_of(*objects: Any) -> tuple[Any, ...]:
    """Such copies of several objects, in which a module that they have in common stays one."""
    modules = list(modules_in(objects))
    shared: dict[int, Any] = {}
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers(), *vars(module).values()):
            if isinstance(tensor, Tensor):
                shared[id(tensor)] = tensor
    twins = tuple(copy.deepcopy(each, shared) for each in objects)
    for module in modules_in(twins):
        module.training = False
        if getattr(module, "inplace", False) is True:
            module.inplace = False  # type: ignore[assignment]
    return twins


def modules_in(objects: Iterable[Any]) -> Iterator[nn.Module]:
    """All modules that the objects are, belong to (as bound methods) or hold, each once."""
    yield from _modules_in(objects, set())


def _modules_in(objects: Iterable[Any], seen: set[int]) -> Iterable[nn.Module]:
    """All modules that the objects are, belong to or hold, each once."""
    for found in objects:
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, nn.Module):
            for module in found.modules():
                if module is found or id(module) not in seen:
                    seen.add(id(module))
                    yield module
        elif hasattr(found, "__self__"):
            yield from _modules_in([found.__self__], seen)
        elif hasattr(found, "__dict__") and not isinstance(found, type):
            yield from _modules_in(vars(found).values(), seen)
