"""Find an encoder's skip layers with a dummy pass, and collect their maps without leaving a trace.

A hook that stores a map on the module would mix up two threads that share one model. Here the hook
puts it into a list that belongs to the running call (a context variable), so encoding stays pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaae_core.errors import EncoderContractError

_collector: ContextVar[dict[str, Tensor] | None] = ContextVar("skip_collector", default=None)

CONTRACT = (
    "An encoder must take images [B, C, H, W] and return ONE spatial feature map [B, channels, h, w] whose "
    "height and width shrink on the way (strided convolutions or pooling). For a transformer, write a wrapper "
    "whose forward reshapes the tokens to such a map and whose stages are modules that return maps as well."
)


@dataclass(frozen=True)
class EncoderLayout:
    """Where an encoder's feature maps are and how large.

    Attributes:
        feature_shape: (channels, height, width) of the encoder's output.
        skip_names: module names whose outputs are the skips, shallow first.
        skip_shapes: (channels, height, width) of each skip.
    """

    feature_shape: tuple[int, int, int]
    skip_names: tuple[str, ...]
    skip_shapes: tuple[tuple[int, int, int], ...]


class SkipTap:
    """A forward hook that hands its module's output to the running `collect_skips`, if any."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        """Store the output under this tap's name."""
        collected = _collector.get()
        if collected is not None:
            collected[self.name] = output


@contextmanager
def collect_skips() -> Iterator[dict[str, Tensor]]:
    """Collect the tapped maps of one forward pass of this thread, by module name."""
    collected: dict[str, Tensor] = {}
    token = _collector.set(collected)
    try:
        yield collected
    finally:
        _collector.reset(token)


def _record_maps(encoder: nn.Module, dummy: Tensor) -> tuple[object, list[tuple[str, tuple[int, ...]]]]:
    """Run the encoder once; returns its output and every inner 4-D output in order of execution."""
    maps: list[tuple[str, tuple[int, ...]]] = []

    def note(name: str) -> object:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                maps.append((name, tuple(output.shape[1:])))

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in encoder.named_modules() if name]
    modes = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    try:
        with torch.no_grad():
            output = encoder(dummy)
    except Exception as error:
        shape = "×".join(str(size) for size in dummy.shape)
        raise EncoderContractError(
            f"the encoder failed on a dummy batch of shape {shape}: {error}. Give the input_size and "
            f"input_channels it was made for. {CONTRACT}"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:  # not encoder.train(): some children may have been frozen in eval mode
            module.training = mode
    return output, maps


def find_layout(encoder: nn.Module, input_size: tuple[int, int], input_channels: int) -> EncoderLayout:
    """Find the feature map and the skip layers of an encoder by a dummy pass.

    A skip is the last map computed at a resolution before the resolution falls, as in a U-Net.

    Args:
        encoder: any module with spatial feature maps.
        input_size: (height, width) in pixels.
        input_channels: channels of the images.

    Raises:
        EncoderContractError: the output is no spatial map, or nothing shrinks.
    """
    reference = next(encoder.parameters(), None)
    device = reference.device if reference is not None else torch.device("cpu")
    dtype = reference.dtype if reference is not None else torch.float32
    dummy = torch.zeros(1, input_channels, *input_size, device=device, dtype=dtype)
    output, maps = _record_maps(encoder, dummy)
    if not isinstance(output, Tensor) or output.ndim != 4:
        found = f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else f"a {type(output).__name__}"
        raise EncoderContractError(f"the encoder returned {found} instead of a spatial map. {CONTRACT}")
    channels, height, width = output.shape[1:]
    if height * width >= input_size[0] * input_size[1]:
        raise EncoderContractError(
            f"the encoder's output is {height}×{width} for an input of {input_size[0]}×{input_size[1]} pixels: "
            f"its maps do not shrink. {CONTRACT}"
        )
    last_at: dict[tuple[int, int], tuple[str, tuple[int, int, int]]] = {}
    for name, shape in maps:
        size = (shape[1], shape[2])
        # Larger than the output, smaller than the image: skips at full resolution would be the image itself.
        if size[0] >= height and size[1] >= width and size != (height, width) and size != input_size:
            last_at[size] = (name, (shape[0], shape[1], shape[2]))
    skips = [last_at[size] for size in sorted(last_at, reverse=True)]
    return EncoderLayout(
        feature_shape=(channels, height, width),
        skip_names=tuple(name for name, _ in skips),
        skip_shapes=tuple(shape for _, shape in skips),
    )


def tap_skips(encoder: nn.Module, layout: EncoderLayout) -> None:
    """Hang a tap on every skip layer of the encoder."""
    for name in layout.skip_names:
        encoder.get_submodule(name).register_forward_hook(SkipTap(name))


def run_tapped(encoder: nn.Module, x: Tensor, layout: EncoderLayout) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The encoder's output [B, C, h, w] and its skips, shallow first."""
    with collect_skips() as collected:
        features: Tensor = encoder(x)
    return features, tuple(collected[name] for name in layout.skip_names)
