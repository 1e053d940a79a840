"""The first convolution of a network, made to take another number of channels."""

from __future__ import annotations

import torch
from torch import nn

from xaae_core.errors import EncoderContractError


def adapt_first_convolution(network: nn.Module, input_channels: int) -> None:
    """Let a network of three channels take another number, in place; its response to grey images stays the same.

    Args:
        network: a network whose first convolution takes three channels.
        input_channels: the channels of the images.

    Raises:
        EncoderContractError: its first convolution takes another number than three, or there is none.
    """
    if input_channels == 3:
        return
    found = next(((name, part) for name, part in network.named_modules() if isinstance(part, nn.Conv2d)), None)
    if found is None or found[1].in_channels != 3:
        taken = "no convolution" if found is None else f"{found[1].in_channels} channels"
        raise EncoderContractError(
            f"the encoder begins with {taken}, so it cannot be adapted to {input_channels}: give images of 3 channels"
        )
    name, conv = found
    parent, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(parent), attribute, _adapted(conv, input_channels))


def _adapted(conv: nn.Conv2d, input_channels: int) -> nn.Conv2d:
    adapted = nn.Conv2d(
        input_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        stride=conv.stride,  # type: ignore[arg-type]
        padding=conv.padding,  # type: ignore[arg-type]
        bias=conv.bias is not None,
        device=conv.weight.device,
    )
    with torch.no_grad():
        mean = conv.weight.sum(dim=1, keepdim=True) / input_channels
        adapted.weight.copy_(mean.expand(-1, input_channels, -1, -1))
        if conv.bias is not None and adapted.bias is not None:
            adapted.bias.copy_(conv.bias)
    return adapted
