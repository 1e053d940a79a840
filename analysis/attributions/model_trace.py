"""What runs in a model: which modules, how often, what is computed outside of them, and where its maps are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

_BENT = (
    *("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "hardtanh", "hardswish", "hardsigmoid", "sigmoid", "tanh"),
    *("softplus", "softmax", "max_pool", "max", "clamp", "layer_norm", "group_norm", "attention", "prelu", "exp"),
    *("log", "sqrt", "rsqrt", "pow", "abs", "sin", "cos", "mse_loss"),
    *("mkldnn_rnn", "cudnn_rnn", "fused_lstm", "fused_gru"),
)
_ALONG_TIME = (nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d)
"""Modules whose outputs [B, ch, t] are maps along time; those of others may be sequences [B, t, ch]."""


@dataclass(frozen=True)
class SpatialMap:
    """A module that gives a map.

    Attributes:
        module: its name in the model.
        shape: (channels, height, width) of the map; (channels, 1, t) of one along time.
    """

    module: str
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class ModelTrace:
    """What ran when a score was made of one picture.

    Attributes:
        is_module: whether the model is a torch module, so that anything could be seen.
        activations: how often each module that bends (has no modules inside, is not linear) ran, by name.
        kinds: the class of each of these.
        loose: bends outside of such modules (functions called in a `forward`), by torch's name.
        maps: modules of the encoder that ran once and gave a map of more than one pixel, in the order of running.
    """

    is_module: bool
    activations: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, type[nn.Module]] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    maps: tuple[SpatialMap, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "activations", MappingProxyType(dict(self.activations)))
        object.__setattr__(self, "kinds", MappingProxyType(dict(self.kinds)))


def trace_model(twin: Any, score: Callable[[], object], encode: Callable[[], object]) -> ModelTrace:
    """Run a score and see what it is made of.

    Args:
        twin: the model, or a copy (`twins.twin_of`): it wears hooks meanwhile.
        score: runs all that the score needs.
        encode: runs the encoder alone.
    """
    if not isinstance(twin, nn.Module):
        return ModelTrace(False)
    with torch.no_grad():
        with _Watch(twin) as watch, watch.bends:
            score()
        with _Watch(twin) as encoder:
            encode()
    # a sigmoid in a linear module is none: only what ran under a bending leaf counts as that module's
    bent = {name: calls for name, calls in watch.calls.items() if name in watch.bends.bent}
    kinds = {name: type(watch.modules[name]) for name in bent}
    maps = tuple(SpatialMap(name, shape) for name, shape in encoder.shapes.items() if encoder.calls[name] == 1)
    return ModelTrace(True, bent, kinds, tuple(sorted(watch.bends.loose)), maps)


class _Bends(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes which operations bend, and in which leaf module."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.leaves: list[str] = []
        self.bent: set[str] = set()
        self.loose: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__.strip("_")
        if any(name == bend or (len(bend) > 4 and bend in name) for bend in _BENT):
            if self.leaves:
                self.bent.add(self.leaves[-1])
            else:
                self.loose.add(name)
        return func(*args, **(kwargs or {}))


class _Watch:
    """Hooks on every module, for as long as the block runs."""

    def __init__(self, model: nn.Module) -> None:
        self.modules = dict(model.named_modules())
        self.calls: Counter[str] = Counter()
        self.shapes: dict[str, tuple[int, int, int]] = {}
        self._along_time: list[Tensor] = []  # held: an id is a tensor's only while it lives
        self.bends = _Bends()
        self._handles: list[Any] = []

    def __enter__(self) -> _Watch:
        for name, module in self.modules.items():
            self._handles.append(module.register_forward_pre_hook(self._entering(name)))
            self._handles.append(module.register_forward_hook(self._leaving(name)))
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _entering(self, name: str) -> Callable[..., None]:
        def enter(module: nn.Module, inputs: object) -> None:
            if not any(module.children()):
                self.bends.leaves.append(name)

        return enter

    def _leaving(self, name: str) -> Callable[..., None]:
        def leave(module: nn.Module, inputs: object, output: object) -> None:
            if not any(module.children()):
                self.bends.leaves.pop()
            self.calls[name] += 1
            if isinstance(output, Tensor) and output.ndim == 4 and output.shape[-1] * output.shape[-2] > 1:
                self.shapes.pop(name, None)  # the order is that of the last call
                self.shapes[name] = (output.shape[1], output.shape[2], output.shape[3])
            elif isinstance(output, Tensor) and output.ndim == 3 and output.shape[-1] > 1:
                self._note_along_time(name, module, inputs, output)

        return leave

    def _note_along_time(self, name: str, module: nn.Module, inputs: object, output: Tensor) -> None:
        given = inputs[0] if isinstance(inputs, tuple) and inputs else None
        follows = any(given is known for known in self._along_time)  # an activation, a norm behind one
        if follows or any(isinstance(part, _ALONG_TIME) for part in module.modules()):
            self._along_time.append(output)
            self.shapes.pop(name, None)
            self.shapes[name] = (output.shape[1], 1, output.shape[2])
