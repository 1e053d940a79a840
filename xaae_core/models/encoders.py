"""Encoders by name: a small one for CPUs, those of torchvision and timm, of signals, and a user's own function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from xaae_core.errors import EncoderContractError, PretrainedWeightsError
from xaae_core.models.encoder_names import EncoderName, parse_encoder
from xaae_core.models.torchvision_encoders import IMAGENET, build_torchvision_encoder, torchvision_normalisation

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""(mean, std) of an image's values in [0, 1], one for each channel or one for all."""
SMALL_WIDTHS = (16, 32, 64, 96, 128)
MAX_STAGES = 8
MAX_WIDTH = 4096


def build_encoder(
    spec: str,
    input_channels: int,
    *,
    input_size: int | Sequence[int] | None = None,
    pretrained: bool = False,
    weights_path: str | Path | None = None,
) -> nn.Module:
    """Build an encoder from its name.

    Args:
        spec: "small" (five stride-2 convolutions 16-32-64-96-128), "small:16-32-64" (other widths),
            "torchvision:NAME" or "timm:NAME" (see `known_encoders`), "signal:small" or "signal:resnet1d" (of signals
            [B, C, T], see `signal_encoders`), or "python:my_pkg.encoders:build" (a user's function, see
            `python_encoders`).
        input_channels: channels of the images or signals; other than 3 adapts a published network's first convolution.
        input_size: side of the images in pixels, or (height, width), for networks that are made for one size;
            what they were published for if None. Of signals (samples,), for which no network is made in particular.
        pretrained: the weights that torchvision or timm publish.
        weights_path: a local file of those weights, instead of the download.

    Raises:
        EncoderContractError: an unknown name, or an encoder that cannot be made for these images.
        EncoderNotAllowedError: "python:" of a module that nobody allowed.
        PretrainedWeightsError: the weights cannot be had, or there are none.
    """
    encoder = parse_encoder(spec)
    if weights_path is not None and encoder.family not in ("torchvision", "timm"):
        raise PretrainedWeightsError(
            f'there are no pretrained weights for "{encoder}": leave weights_path {weights_path} out, or take a '
            "torchvision: or timm: encoder"
        )
    if encoder.family == "signal":
        from xaae_core.models.signal_encoders import build_signal_encoder

        if isinstance(input_size, Sequence) and len(input_size) == 2:
            raise EncoderContractError(
                f'the encoder "{encoder}" takes signals of (samples,), not pictures of {input_size[0]} × '
                f'{input_size[1]}: for pictures take "small" or "torchvision:resnet34"'
            )
        return build_signal_encoder(encoder.name, input_channels)
    if encoder.family == "python":
        from xaae_core.models.python_encoders import build_python_encoder

        return build_python_encoder(encoder.name, input_channels)
    size = _as_size(input_size, encoder)
    if encoder.family == "torchvision":
        return build_torchvision_encoder(
            encoder.name, input_channels, input_size=size, pretrained=pretrained, weights_path=weights_path
        )
    if encoder.family == "timm":
        from xaae_core.models.timm_encoders import build_timm_encoder

        return build_timm_encoder(
            encoder.name, input_channels, input_size=size, pretrained=pretrained, weights_path=weights_path
        )
    return small_encoder(input_channels, parse_widths(encoder.name) if encoder.name else SMALL_WIDTHS)


def encoder_normalisation(spec: str, input_channels: int) -> Statistics | None:
    """(mean, std) of the images that an encoder's pretrained weights expect; None for encoders without any.

    For other than 3 channels it is the mean over R, G and B, one value for all channels.

    Raises:
        EncoderContractError: an unknown name.
    """
    encoder = parse_encoder(spec)
    if encoder.family == "torchvision":
        return _for_channels(torchvision_normalisation(encoder.name), input_channels)
    if encoder.family == "timm":
        from xaae_core.models.timm_encoders import timm_normalisation

        return _for_channels(timm_normalisation(encoder.name), input_channels)
    return None


def is_pretrainable(spec: str) -> bool:
    """Whether pretrained weights are published for an encoder; raises EncoderContractError for an unknown name."""
    encoder = parse_encoder(spec)
    if encoder.family == "timm":
        from xaae_core.models.timm_encoders import has_timm_weights

        return has_timm_weights(encoder.name)
    return encoder.family == "torchvision"


def imagenet_normalisation(input_channels: int) -> Statistics:
    """(mean, std) that torchvision's weights expect; for other than 3 channels the mean over R, G and B."""
    return _for_channels(IMAGENET, input_channels)


def small_encoder(input_channels: int, widths: tuple[int, ...] = SMALL_WIDTHS) -> nn.Sequential:
    """Stride-2 3×3 convolutions with batch norm and ReLU, one per width: [B, C, H, W] → [B, widths[-1], H/2ⁿ, W/2ⁿ]."""
    stages = []
    for n_in, n_out in zip((input_channels, *widths), widths, strict=False):
        stages.append(
            nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU())
        )
    return nn.Sequential(*stages)


def resnet34_trunk(input_channels: int, *, pretrained: bool, weights_path: str | Path | None = None) -> nn.Module:
    """ResNet34 truncated before the pooling: [B, C, H, W] → [B, 512, H/32, W/32]."""
    return build_torchvision_encoder(
        "resnet34", input_channels, input_size=None, pretrained=pretrained, weights_path=weights_path
    )


def _as_size(input_size: int | Sequence[int] | None, encoder: EncoderName) -> tuple[int, int] | None:
    if input_size is None or isinstance(input_size, int):
        return None if input_size is None else (input_size, input_size)
    if len(input_size) != 2:
        raise EncoderContractError(
            f'the encoder "{encoder}" takes pictures of (height, width), not cases of {tuple(input_size)}: for signals '
            'take "signal:small" or "signal:resnet1d"'
        )
    height, width = input_size
    return int(height), int(width)


def _for_channels(rgb: Statistics, input_channels: int) -> Statistics:
    """Statistics of R, G and B for images of some channels."""
    if input_channels == 3:
        return rgb
    mean, std = rgb
    return (sum(mean) / len(mean),), (sum(std) / len(std),)


def parse_widths(text: str) -> tuple[int, ...]:
    """Widths from "16-32-64"; raises EncoderContractError unless they are a few numbers of a fair size."""
    try:
        widths = tuple(int(part) for part in text.split("-"))
    except ValueError:
        widths = ()
    if not 1 <= len(widths) <= MAX_STAGES or not all(1 <= width <= MAX_WIDTH for width in widths):
        raise EncoderContractError(
            f'the widths "{text}" are not usable; expected 1 to {MAX_STAGES} numbers of 1 to {MAX_WIDTH}, '
            'e.g. "small:16-32-64"'
        )
    return widths
