"""Encoders of signals by name: stride-2 convolutions along time, plain or residual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.errors import EncoderContractError
from xaae_core.models.dimensional_layers import PADDING_OF_SIGNALS
from xaae_core.models.spatial_maps import Stages

SIGNAL_WIDTHS = (32, 64, 64, 128, 128)
_KERNEL = 7


class ResidualBlock(nn.Module):
    """[B, n_in, t] → [B, n_out, t / 2]: two convolutions beside a shortcut, which is one of a single sample.

    Source: He et al. 2016, arXiv:1512.03385, with kernels along time.
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = _convolution(n_in, n_out, stride=2)
        self.second = _convolution(n_out, n_out)
        self.shortcut = nn.Sequential(nn.Conv1d(n_in, n_out, 1, stride=2, bias=False), nn.BatchNorm1d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        """Maps [B, n_out, t / 2], rounded up."""
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


def small_signal_encoder(input_channels: int, widths: tuple[int, ...] = SIGNAL_WIDTHS) -> nn.Module:
    """Stride-2 convolutions with batch norm and ReLU, one per width: [B, C, T] → [B, widths[-1], T / 2ⁿ]."""
    pairs = pairwise((input_channels, *widths))
    return Stages(*(nn.Sequential(*_convolution(n_in, n_out, stride=2), nn.ReLU()) for n_in, n_out in pairs))


def resnet1d(input_channels: int, widths: tuple[int, ...] = SIGNAL_WIDTHS) -> nn.Module:
    """The same with residual blocks after the first convolution; some three times the work."""
    stem = nn.Sequential(*_convolution(input_channels, widths[0], stride=2), nn.ReLU())
    return Stages(stem, *(ResidualBlock(n_in, n_out) for n_in, n_out in pairwise(widths)))


SIGNAL_ENCODERS: Mapping[str, Callable[[int, tuple[int, ...]], nn.Module]] = {
    "small": small_signal_encoder,
    "resnet1d": resnet1d,
}
"""What "signal:" names; each takes the channels and the widths of its stages."""


def build_signal_encoder(name: str, input_channels: int) -> nn.Module:
    """The encoder of a name such as "small", "resnet1d" or "resnet1d:16-32-64" (the widths of its stages).

    Raises:
        EncoderContractError: no such encoder, or widths that are none.
    """
    from xaae_core.models.encoder_names import unknown_encoder
    from xaae_core.models.encoders import parse_widths

    if input_channels < 1:
        raise EncoderContractError(f"input_channels is {input_channels}; expected at least 1 channel of the signals")
    bare, _, widths = name.partition(":")
    if bare not in SIGNAL_ENCODERS:
        raise unknown_encoder(f"signal:{name}")
    return SIGNAL_ENCODERS[bare](input_channels, parse_widths(widths) if widths else SIGNAL_WIDTHS)


def _convolution(n_in: int, n_out: int, *, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv1d(
        n_in, n_out, _KERNEL, stride=stride, padding=_KERNEL // 2, padding_mode=PADDING_OF_SIGNALS, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm1d(n_out))
