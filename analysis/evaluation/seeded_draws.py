"""Random starts of layers from a generator of their own, whatever other threads draw meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_IN_PLACE = frozenset(
    (
        *("normal_", "uniform_", "exponential_", "cauchy_", "log_normal_", "random_", "bernoulli_", "trunc_normal_"),
        *("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_"),
    )
)
_NEW = frozenset(("rand", "randn", "randint", "randperm", "normal"))


class SeededDraws(TorchFunctionMode):
    """In the block, what this thread draws comes from one generator: the same numbers on every device.

    Forking and seeding torch's own generator would change what other threads draw in the meantime.

    Args:
        generator: on the CPU.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Give the generator to whatever draws, pass everything else on."""
        given = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name not in _IN_PLACE | _NEW or given.get("generator") is not None:
            return func(*args, **given)
        given["generator"] = self._generator
        if name in _NEW:
            device = given.pop("device", None)
            return func(*args, **given).to(device)
        tensor: Tensor = args[0] if args else given.pop("tensor")
        drawn = torch.empty(tensor.shape, dtype=tensor.dtype)
        func(drawn, *args[1:], **given)
        with torch.no_grad():
            return tensor.copy_(drawn)
