"""Models built without their weights: what a checkpoint fills needs neither memory nor random numbers first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


@contextmanager
def building_weightless() -> Iterator[None]:
    """Modules made inside have no weights (torch's meta device); torch's random numbers stay where they were."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"), _NoDraws():
        yield


def is_weightless() -> bool:
    """Whether what is made now goes to the meta device."""
    return torch.empty(0).is_meta


def make_network(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a library's network, where weights are not wanted without them.

    Many constructors compute: depths, tables of positions, filters. On the meta device they fail, or leave tables
    that no checkpoint fills because they are not part of the state. So the network is made on the CPU, where memory
    that nobody writes to costs nothing, and its weights are left unwritten and then dropped.

    Args:
        make: the constructor.

    Returns:
        The network; on the meta device except for what is not part of its state, if that is the device of now.
    """
    if not is_weightless():
        return make()
    with torch.device("cpu"), _NoFills():
        network = make()
    _drop_state(network)
    return network


class _NoDraws(TorchFunctionMode):
    """Leaves out random starts, which need no time but would make torch import its compiler (2 s)."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Skip `normal_` on tensors without memory, pass everything else on."""
        if func is torch.Tensor.normal_ and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


_COMPARISONS = ("lt", "gt", "__lt__", "__gt__")


class _NoFills(TorchFunctionMode):
    """Leaves out whatever writes to parameters (torch's and a library's starts): their memory stays untouched.

    It is not read either: a truncated normal start looks for numbers out of its bounds, and is told of none.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Skip functions in place on parameters and comparisons of them, pass everything else on."""
        kwargs = kwargs or {}
        target = args[0] if args else kwargs.get("tensor")
        name = getattr(func, "__name__", "")
        if isinstance(target, nn.Parameter) and name.endswith("_") and not name.endswith("__"):
            return target
        if isinstance(target, nn.Parameter) and name in _COMPARISONS:
            return torch.zeros((), dtype=torch.bool)
        return func(*args, **kwargs)


def _drop_state(network: nn.Module) -> None:
    """Put what a state dict holds on the meta device; tensors that are shared stay shared."""
    kept: dict[int, Tensor] = {}
    saved = network.state_dict(keep_vars=True).keys()
    for path, module in network.named_modules():
        for name, parameter in list(module.named_parameters(recurse=False, remove_duplicate=False)):
            bare = nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)
            setattr(module, name, kept.setdefault(id(parameter), bare))
        for name, buffer in list(module.named_buffers(recurse=False)):
            if f"{path}.{name}".lstrip(".") in saved:
                setattr(module, name, torch.empty_like(buffer, device="meta"))
