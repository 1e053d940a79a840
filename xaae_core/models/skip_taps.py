"""Find an encoder's skip layers with a dummy pass, and collect their maps without leaving a trace.

A hook that stores a map on the module would mix up two threads that share one model. Here the hook
puts it into a table that belongs to the running call (a context variable), so encoding stays pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaae_core.errors import EncoderContractError
from xaae_core.models.dimensional_layers import Size, sides_of
from xaae_core.signal_form import MOST_SAMPLES

MapKey = tuple[int, ...]
"""A map of a running pass: id of the module and the map's sides (one module may serve several resolutions)."""

_collectors: ContextVar[tuple[dict[MapKey, Tensor], ...]] = ContextVar("skip_collectors", default=())

CONTRACT = (
    "An encoder must take images [B, C, H, W] and return ONE spatial feature map [B, channels, h, w] whose "
    "height and width shrink on the way (strided convolutions or pooling); an encoder of signals takes [B, C, T] and "
    "returns [B, channels, t]. A ViT or Swin of torchvision or timm is "
    "made one by xaae_core.models.SpatialTransformer(encoder). For another transformer, write a wrapper "
    "whose forward reshapes the tokens to such a map and whose stages are modules that return maps as well; "
    "an attribute map_names on it, the names of those modules, keeps all others from being taken for skips."
)
_SAME_LEVEL = 1.5
"""Maps whose sides differ by less than this factor are one resolution (convolutions without padding)."""
_ASPECT = 1.25
MAX_SIDE = 65_536
"""Channels or pixels of a map in a card's layout, at most; samples: `MOST_SAMPLES`."""


@dataclass(frozen=True)
class EncoderLayout:
    """Where an encoder's feature maps are and how large.

    Attributes:
        feature_shape: (channels, height, width) of the encoder's output; of signals (channels, samples).
        skip_names: module names whose outputs are the skips, shallow first.
        skip_shapes: the same of each skip.
    """

    feature_shape: tuple[int, ...]
    skip_names: tuple[str, ...]
    skip_shapes: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The layout as JSON values, for a model's card."""
        return {
            "feature_shape": list(self.feature_shape),
            "skips": [[name, *shape] for name, shape in zip(self.skip_names, self.skip_shapes, strict=True)],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> EncoderLayout:
        """The layout of a card; raises ValueError unless it is one that `to_json` could have written."""
        try:
            feature_shape = tuple(raw["feature_shape"])
            skips = [(name, tuple(shape)) for name, *shape in raw["skips"]]
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(f"the layout of the encoder is incomplete ({error})") from error
        shapes = [feature_shape, *(shape for _, shape in skips)]
        if {len(shape) for shape in shapes} not in ({2}, {3}):
            raise ValueError(f"the layout of the encoder has shapes that do not belong together: {shapes}")
        highest = MOST_SAMPLES if len(feature_shape) == 2 else MAX_SIDE
        if not all(type(size) is int and 1 <= size <= highest for shape in shapes for size in shape):
            raise ValueError(f"the layout of the encoder has sizes that are not whole numbers of 1 to {highest}")
        if not all(isinstance(name, str) and name for name, _ in skips):
            raise ValueError("the layout of the encoder has skips without a name")
        return cls(feature_shape, tuple(name for name, _ in skips), tuple(shape for _, shape in skips))


@dataclass(frozen=True)
class _Map:
    """An output with the input's number of dimensions, seen in the dummy pass."""

    name: str
    channels: int
    size: Size


class SkipTap:
    """A forward hook that hands its module's output to every running `collect_skips`, if any."""

    def __call__(self, module: nn.Module, inputs: object, output: object) -> None:
        """Store the output under its module and size."""
        if isinstance(output, Tensor) and output.ndim in (3, 4):
            for collected in _collectors.get():
                collected[(id(module), *sides_of(output))] = output


@contextmanager
def collect_skips() -> Iterator[dict[MapKey, Tensor]]:
    """Collect the tapped maps of one forward pass of this thread; passes may be nested."""
    collected: dict[MapKey, Tensor] = {}
    token = _collectors.set((*_collectors.get(), collected))
    try:
        yield collected
    finally:
        _collectors.reset(token)


def find_layout(encoder: nn.Module, input_size: Size, input_channels: int) -> EncoderLayout:
    """Find the feature map and the skip layers of an encoder by a dummy pass.

    A skip is the last map computed at a resolution before the resolution falls, as in a U-Net. Maps at the
    image's own resolution are none: they would be the image itself. An encoder with an attribute `map_names`
    (names of its modules) says itself which maps may be skips; of others every module is looked at.

    Args:
        encoder: any module with spatial feature maps.
        input_size: (height, width) in pixels, or (samples,) of signals.
        input_channels: channels of the images or signals.

    Raises:
        EncoderContractError: the output is no spatial map, or nothing shrinks.
    """
    reference = next(encoder.parameters(), None)
    device = reference.device if reference is not None else torch.device("cpu")
    dtype = reference.dtype if reference is not None else torch.float32
    with device:  # whatever the encoder makes on its way is made where its weights are
        dummy = torch.zeros(1, input_channels, *input_size, dtype=dtype)
        output, maps = _record_maps(encoder, dummy)
    if not isinstance(output, Tensor) or output.ndim != dummy.ndim:
        wanted = "a spatial map" if dummy.ndim == 4 else "a map along time"
        raise EncoderContractError(f"the encoder returned {_described(output)} instead of {wanted}. {CONTRACT}")
    feature_size = sides_of(output)
    is_larger = any(side > whole for side, whole in zip(feature_size, input_size, strict=True))
    if is_larger or _is_same_level(feature_size, input_size):
        raise EncoderContractError(
            f"the encoder's output has {output.shape[1]} channels of {_sides(feature_size)} for an input of "
            f"{_sides(input_size)} {'pixels' if dummy.ndim == 4 else 'samples'}: its maps do not shrink (or its "
            f"channels come last). {CONTRACT}"
        )
    skips = _pick_skips(maps, feature_size, input_size)
    return EncoderLayout(
        feature_shape=(output.shape[1], *feature_size),
        skip_names=tuple(skip.name for skip in skips),
        skip_shapes=tuple((skip.channels, *skip.size) for skip in skips),
    )


def tap_skips(encoder: nn.Module, layout: EncoderLayout) -> None:
    """Hang a tap on every skip layer of the encoder that has none yet."""
    for name in layout.skip_names:
        module = encoder.get_submodule(name)
        if not any(isinstance(hook, SkipTap) for hook in module._forward_hooks.values()):
            module.register_forward_hook(SkipTap())


def run_tapped(encoder: nn.Module, x: Tensor, layout: EncoderLayout) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The encoder's output [B, C, h, w], or [B, C, t], and its skips, shallow first.

    Raises:
        EncoderContractError: a skip layer was not run, or at another size than in the dummy pass.
    """
    with collect_skips() as collected:
        features: Tensor = encoder(x)
    return features, tuple(
        _taken(collected, encoder, name, shape)
        for name, shape in zip(layout.skip_names, layout.skip_shapes, strict=True)
    )


def _taken(collected: Mapping[MapKey, Tensor], encoder: nn.Module, name: str, shape: tuple[int, ...]) -> Tensor:
    key = (id(encoder.get_submodule(name)), *shape[1:])
    if key not in collected:
        raise EncoderContractError(
            f'the encoder\'s layer "{name}" gave no map of {_sides(shape[1:])} in this pass, though it did when the '
            "blocks were added. An encoder must run the same layers at the same sizes for every image."
        )
    return collected[key]


def _record_maps(encoder: nn.Module, dummy: Tensor) -> tuple[object, list[_Map]]:
    """Run the encoder once; returns its output and every inner one of as many dimensions in order of execution."""
    maps: list[_Map] = []

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == dummy.ndim:
                maps.append(_Map(name, output.shape[1], sides_of(output)))

        return hook

    named = getattr(encoder, "map_names", None)
    parts = [(name, module) for name, module in encoder.named_modules() if name and (named is None or name in named)]
    handles = [module.register_forward_hook(note(name)) for name, module in parts]
    modes = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    try:
        with torch.no_grad():
            output = _run_where(encoder, dummy)
    except EncoderContractError:
        raise
    except Exception as error:
        shape = "×".join(str(size) for size in dummy.shape)
        reason = str(error) or type(error).__name__
        raise EncoderContractError(
            f"the encoder failed on a dummy batch of shape {shape}: {reason}. Give the input_size and "
            f"input_channels it was made for. {CONTRACT}"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:  # not encoder.train(): some children may have been frozen in eval mode
            module.training = mode
    return output, maps


def _run_where(encoder: nn.Module, dummy: Tensor) -> object:
    """Run the encoder where the dummy is: tables outside its state are real where weights are not (`make_network`)."""
    if not dummy.is_meta:
        return encoder(dummy)
    tables = {name: buffer.to("meta") for name, buffer in encoder.named_buffers() if not buffer.is_meta}
    return torch.func.functional_call(encoder, tables, (dummy,))


def _pick_skips(maps: Sequence[_Map], feature_size: Size, input_size: Size) -> list[_Map]:
    """The last map of each resolution between the image's and the feature map's, shallow first."""
    levels: list[Size] = []  # the largest size of each resolution
    last_at: dict[Size, _Map] = {}
    sizes = {found.size for found in maps if _is_between(found.size, feature_size, input_size)}
    for size in sorted(sizes, key=lambda size: (-math.prod(size), size)):
        if not levels or not _is_same_level(size, levels[-1]):
            levels.append(size)
    for found in maps:
        if found.size in sizes:
            level = next(level for level in levels if _is_same_level(found.size, level))
            last_at[level] = found
    return [last_at[level] for level in levels]


def _is_between(size: Size, feature_size: Size, input_size: Size) -> bool:
    """Whether maps of this size can be skips: smaller than the image, larger than the features, upright.

    Maps with their channels last, attention and gates are 4-D too, but their sides do not shrink together.
    """
    if _is_same_level(size, input_size) or _is_same_level(feature_size, size):
        return False
    if not all(low <= side <= high for low, side, high in zip(feature_size, size, input_size, strict=True)):
        return False
    if len(size) == 1:
        return True
    expected = input_size[0] * size[1] / input_size[1]
    lean = feature_size[0] * input_size[1] / (feature_size[1] * input_size[0])  # 1: shrinks equally on both axes
    low, high = min(1.0, lean) * expected, max(1.0, lean) * expected
    return min(low / _ASPECT, low - 1) <= size[0] <= max(high * _ASPECT, high + 1)


def _is_same_level(size: Size, larger: Size) -> bool:
    """Whether a size is the larger one's resolution, give or take what convolutions without padding cut off."""
    return all(side * _SAME_LEVEL > whole for side, whole in zip(size, larger, strict=True))


def _sides(size: Size) -> str:
    return "×".join(str(side) for side in size)


def _described(output: object) -> str:
    """What an encoder returned, in words."""
    if isinstance(output, Tensor):
        kinds = {2: "a vector for each image (pooled?), ", 3: "tokens, "}
        return f"{kinds.get(output.ndim, '')}shape {tuple(output.shape)},"
    if isinstance(output, Mapping):
        return f"a {type(output).__name__} with the keys {', '.join(str(key) for key in output)}"
    if isinstance(output, tuple | list):
        parts = ", ".join(str(tuple(x.shape)) if isinstance(x, Tensor) else type(x).__name__ for x in output)
        return f"a {type(output).__name__} of {len(output)} ({parts})"
    return f"a {type(output).__name__}"
