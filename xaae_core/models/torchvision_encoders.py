"""Encoders of torchvision by name: the classification networks without their heads, with real pretrained weights."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xaae_core.errors import EncoderContractError, PretrainedWeightsError
from xaae_core.models.encoder_names import known_encoders, unknown_encoder
from xaae_core.models.first_convolution import adapt_first_convolution
from xaae_core.models.pretrained_weights import failed_download, must_stay_offline, read_weights
from xaae_core.models.spatial_maps import Stages
from xaae_core.models.spatial_transformers import SpatialTransformer
from xaae_core.models.weightless import make_network

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""(mean, std) of R, G and B that torchvision's weights expect."""
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
"""The same for GoogLeNet and Inception, whose torchvision networks rescale their input before the first layer."""
_OWN_SCALE = ("googlenet", "inception_v3")
_HEADS = frozenset(("avgpool", "dropout", "fc", "classifier", "aux1", "aux2", "AuxLogits"))
_OPENED = frozenset(("features", "layers", "blocks", "trunk_output"))
_MAXVIT_STEP = 224


def build_torchvision_encoder(
    name: str,
    input_channels: int,
    *,
    input_size: tuple[int, int] | None,
    pretrained: bool,
    weights_path: str | Path | None,
) -> nn.Module:
    """A network of torchvision without its head.

    Args:
        name: as `torchvision.models.list_models` gives it.
        input_channels: channels of the images; other than 3 adapts the first convolution.
        input_size: (height, width) in pixels; only MaxViT needs to know.
        pretrained: its default ImageNet weights.
        weights_path: a local file of them, instead of the download.

    Raises:
        EncoderContractError: no such network, or a size that it cannot take.
        PretrainedWeightsError: the weights cannot be had, or are another network's.
    """
    if f"torchvision:{name}" not in known_encoders("torchvision"):
        raise unknown_encoder(f"torchvision:{name}")
    options = _options(name, input_size)
    network = make_network(lambda: _make(name, options))
    trunk = _trunk(network)
    weights = _weights(name, weights_path) if pretrained or weights_path is not None else None
    if weights is not None:
        _fill_trunk(trunk, network, weights, name)
    adapt_first_convolution(trunk, input_channels)
    return trunk


def torchvision_normalisation(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) of R, G and B that the weights of a torchvision network expect."""
    return _HALF if name in _OWN_SCALE else IMAGENET


def _make(name: str, options: Mapping[str, Any]) -> nn.Module:
    from torchvision import models

    return models.get_model(name, weights=None, **options)


def _options(name: str, input_size: tuple[int, int] | None) -> dict[str, Any]:
    if name in _OWN_SCALE:
        return {"init_weights": True, "aux_logits": False}
    if name.startswith("maxvit") and input_size is not None:
        if any(side % _MAXVIT_STEP for side in input_size):
            raise EncoderContractError(
                f"{name} takes images whose sides are multiples of {_MAXVIT_STEP} pixels, not "
                f"{input_size[0]}×{input_size[1]}: give input_size {_MAXVIT_STEP}×{_MAXVIT_STEP}, or take another "
                "encoder, such as torchvision:swin_t"
            )
        return {"input_size": input_size}
    return {}


def _trunk(network: nn.Module) -> nn.Module:
    """What is before the head, in order."""
    from torchvision import models

    if isinstance(network, models.ResNet):
        return nn.Sequential(*list(network.children())[:-2])
    if isinstance(network, models.VisionTransformer | models.SwinTransformer):
        return SpatialTransformer(network)
    stages = OrderedDict(_stages(network))
    if isinstance(network, models.DenseNet):
        stages["relu"] = nn.ReLU()  # a function in its forward
    return Stages(stages)


def _stages(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if name in _OPENED:
            yield from child.named_children()
        elif name not in _HEADS:
            yield name, child


def _weights(name: str, weights_path: str | Path | None) -> Mapping[str, Tensor] | None:
    """The state dict of torchvision's ImageNet weights; None when the offline switch is on."""
    from torchvision import models

    if weights_path is not None:
        return read_weights(weights_path)
    if must_stay_offline(name):
        return None
    try:
        return dict(models.get_model_weights(name).DEFAULT.get_state_dict(progress=False, check_hash=True))
    except Exception as error:  # urllib, sockets, hashes: each library layer has its own
        raise failed_download(name, error) from error


def _fill_trunk(trunk: nn.Module, network: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Load weights into a network's trunk; those of its head may be missing, or be of other classes.

    So may batch norm's counters, which weights older than them do not have and which only training reads.
    """
    weights = _renamed(weights, network)
    keys = {id(value): key for key, value in network.state_dict(keep_vars=True).items()}
    wanted = {own: (keys[id(value)], value) for own, value in trunk.state_dict(keep_vars=True).items()}
    missing = [key for key, _ in wanted.values() if key not in weights and not key.endswith(".num_batches_tracked")]
    wrong = [key for key, value in wanted.values() if key in weights and weights[key].shape != value.shape]
    if missing or wrong:
        raise PretrainedWeightsError(
            f"the weights file is not one of {name}: {len(missing)} tensors missing (first: {missing[:3]}), "
            f"{len(wrong)} of another shape (first: {wrong[:3]}): give torchvision's ImageNet weights of {name}"
        )
    trunk.load_state_dict({own: weights[key] for own, (key, _) in wanted.items() if key in weights}, strict=False)


def _renamed(weights: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
    """Weights under today's names, and a ViT's positions on its own grid: what torchvision's own loading does."""
    from torchvision import models
    from torchvision.models.vision_transformer import interpolate_embeddings

    if isinstance(network, models.DenseNet):  # names of 2017: denselayer1.norm.1.weight
        old = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")
        return {old.sub(r"\1", key): value for key, value in weights.items()}
    if isinstance(network, models.VisionTransformer) and "encoder.pos_embedding" in weights:
        try:
            return interpolate_embeddings(network.image_size, network.patch_size, OrderedDict(weights))
        except ValueError as error:
            raise PretrainedWeightsError(f"the weights file is not one of a ViT: {error}") from error
    return weights
