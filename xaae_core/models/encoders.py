"""Encoders by name: a small one for CPUs, torchvision's ResNets with real pretrained weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from xaae_core.errors import CheckpointError, EncoderContractError, PretrainedWeightsError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
OFFLINE_SWITCH = "XAAE_OFFLINE"
SMALL_WIDTHS = (16, 32, 64, 96, 128)
MAX_STAGES = 8
MAX_WIDTH = 4096


def imagenet_normalisation(input_channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) that torchvision's weights expect; for other than 3 channels the mean over R, G and B."""
    if input_channels == 3:
        return IMAGENET_MEAN, IMAGENET_STD
    return (sum(IMAGENET_MEAN) / 3,), (sum(IMAGENET_STD) / 3,)


def build_encoder(
    spec: str, input_channels: int, *, pretrained: bool = False, weights_path: str | Path | None = None
) -> nn.Module:
    """Build an encoder from its name.

    Args:
        spec: "small" (five stride-2 convolutions 16-32-64-96-128), "small:16-32-64" (other widths), or
            "torchvision:resnet34" (any ResNet of torchvision, truncated before the pooling).
        input_channels: channels of the images.
        pretrained: torchvision's ImageNet weights; not for "small".
        weights_path: a local file of those weights, instead of the download.

    Raises:
        EncoderContractError: an unknown name.
        PretrainedWeightsError: the weights cannot be had.
    """
    family, _, variant = spec.partition(":")
    if family == "small":
        return small_encoder(input_channels, _parse_widths(variant) if variant else SMALL_WIDTHS)
    if family == "torchvision" and variant.startswith(("resnet", "resnext", "wide_resnet")):
        return _resnet_trunk(variant, input_channels, pretrained=pretrained, weights_path=weights_path)
    raise EncoderContractError(
        f'the encoder "{spec}" is not known; expected "small", "small:16-32-64" or "torchvision:resnet34". '
        "An encoder of your own goes to add_xaae_blocks as a module."
    )


def small_encoder(input_channels: int, widths: tuple[int, ...] = SMALL_WIDTHS) -> nn.Sequential:
    """Stride-2 3×3 convolutions with batch norm and ReLU, one per width: [B, C, H, W] → [B, widths[-1], H/2ⁿ, W/2ⁿ]."""
    stages = []
    for n_in, n_out in zip((input_channels, *widths), widths, strict=False):
        stages.append(
            nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU())
        )
    return nn.Sequential(*stages)


def resnet34_trunk(input_channels: int, *, pretrained: bool, weights_path: str | Path | None = None) -> nn.Sequential:
    """ResNet34 truncated before the pooling: [B, C, H, W] → [B, 512, H/32, W/32]."""
    return _resnet_trunk("resnet34", input_channels, pretrained=pretrained, weights_path=weights_path)


def _resnet_trunk(
    name: str, input_channels: int, *, pretrained: bool, weights_path: str | Path | None
) -> nn.Sequential:
    from torchvision import models

    if name not in models.list_models():
        raise EncoderContractError(f'torchvision has no model "{name}"; see torchvision.models.list_models()')
    network = models.get_model(name, weights=None)
    if pretrained or weights_path is not None:
        weights = _pretrained_weights(name, weights_path)
        if weights is not None:
            _load_trunk(network, weights, name)
    if input_channels != 3:
        network.conv1 = _adapt_first(network.conv1, input_channels)
    return nn.Sequential(*list(network.children())[:-2])


def _pretrained_weights(name: str, weights_path: str | Path | None) -> Mapping[str, Tensor] | None:
    """The state dict of torchvision's ImageNet weights; None when the offline switch is on."""
    from torchvision import models

    from xaae_core.checkpoints import read_state_dict

    ways_out = (
        f"Ways out: pretrained=False (random start); weights_path= a local copy of the file; or {OFFLINE_SWITCH}=1 "
        "to always start at random without asking the network."
    )
    if weights_path is not None:
        if not Path(weights_path).is_file():
            raise PretrainedWeightsError(f"weights_path {weights_path} is not a file. {ways_out}")
        try:
            return read_state_dict(weights_path)
        except CheckpointError as error:
            raise PretrainedWeightsError(f"weights_path {weights_path}: {error} {ways_out}") from error
    if os.environ.get(OFFLINE_SWITCH, "") not in ("", "0"):
        warnings.warn(
            f"{OFFLINE_SWITCH} is set: {name} starts from random weights, not from ImageNet's. "
            "Give weights_path= a local copy of the weights to start from them.",
            UserWarning,
            stacklevel=5,
        )
        return None
    try:
        weights: Mapping[str, Tensor] = models.get_model_weights(name).DEFAULT.get_state_dict(
            progress=False, check_hash=True
        )
    except Exception as error:  # urllib, sockets, hashes: each library layer has its own
        raise PretrainedWeightsError(
            f"the ImageNet weights of {name} could not be downloaded ({error}). {ways_out}"
        ) from error
    return weights


def _load_trunk(network: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Load weights into a torchvision network; its unused head may be missing, or be of other classes.

    So may batch norm's counters, which weights older than them do not have and which only training reads.
    """
    wanted = {key: value for key, value in network.state_dict().items() if not key.startswith("fc.")}
    missing = [key for key in wanted if key not in weights and not key.endswith(".num_batches_tracked")]
    wrong = [key for key in wanted if key in weights and wanted[key].shape != weights[key].shape]
    if missing or wrong:
        raise PretrainedWeightsError(
            f"the weights file is not one of {name}: {len(missing)} tensors missing (first: {missing[:3]}), "
            f"{len(wrong)} of another shape (first: {wrong[:3]}): give torchvision's ImageNet weights of {name}"
        )
    network.load_state_dict({key: value for key, value in weights.items() if key in wanted}, strict=False)


def _adapt_first(conv: nn.Conv2d, input_channels: int) -> nn.Conv2d:
    """The first convolution for another number of channels; its response to grey images stays the same."""
    adapted = nn.Conv2d(
        input_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        stride=conv.stride,  # type: ignore[arg-type]
        padding=conv.padding,  # type: ignore[arg-type]
        bias=conv.bias is not None,
    )
    with torch.no_grad():
        mean = conv.weight.sum(dim=1, keepdim=True) / input_channels
        adapted.weight.copy_(mean.expand(-1, input_channels, -1, -1))
    return adapted


def _parse_widths(text: str) -> tuple[int, ...]:
    """Widths from "16-32-64"."""
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
