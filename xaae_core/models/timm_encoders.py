"""Encoders of timm by name. timm is imported here, and only when one of its names is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from xaae_core.errors import EncoderContractError, PretrainedWeightsError
from xaae_core.models.encoder_names import known_encoders, unknown_encoder
from xaae_core.models.pretrained_weights import WAYS_OUT, failed_download, must_stay_offline, read_weights
from xaae_core.models.spatial_maps import MapPyramid
from xaae_core.models.timm_maps import TimmMaps
from xaae_core.models.weightless import make_network

_N_MAPS = 4


def build_timm_encoder(
    name: str,
    input_channels: int,
    *,
    input_size: tuple[int, int] | None,
    pretrained: bool,
    weights_path: str | Path | None,
) -> nn.Module:
    """A network of timm without its head, its maps exposed by timm's own `forward_intermediates`.

    Args:
        name: of timm's registry, with or without a tag of its weights ("vit_tiny_patch16_224.augreg_in21k").
        input_channels: channels of the images; timm adapts the first convolution.
        input_size: (height, width) in pixels, for networks that are made for one size; their own if None.
        pretrained: its pretrained weights, of the tag or timm's default.
        weights_path: a local file of them, instead of the download.

    Raises:
        EncoderContractError: no such network, or one that cannot be made for these images.
        PretrainedWeightsError: the weights cannot be had, or are another network's.
    """
    config = _config(name)
    options: dict[str, Any] = {"in_chans": input_channels}
    if config.fixed_input_size and input_size is not None:
        options["img_size"] = input_size
    if weights_path is not None:
        network = _make_from_file(name, options, weights_path)
    elif pretrained and not config.has_weights:
        raise PretrainedWeightsError(f"timm publishes no weights of {name}: start at random (pretrained=False)")
    elif pretrained and not must_stay_offline(name):
        network = _make_from_download(name, options)
    else:
        network = _make(name, options)
    return _without_head(network)


def timm_normalisation(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) of R, G and B that the weights of a timm network expect."""
    config = _config(name)
    return tuple(config.mean), tuple(config.std)


def has_timm_weights(name: str) -> bool:
    """Whether timm knows pretrained weights for a name."""
    return bool(_config(name).has_weights)


def _config(name: str) -> Any:
    """What timm says of a network and its weights; only what timm's own registry holds, so that nothing is fetched."""
    import timm

    bare = name.partition(".")[0]
    if f"timm:{bare}" not in known_encoders("timm"):
        raise unknown_encoder(f"timm:{name}")
    try:
        return timm.get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError as error:
        tags = [full.partition(".")[2] for full in timm.list_pretrained(f"{bare}.*")]
        raise EncoderContractError(
            f"timm knows no weights {name} ({error}); known tags of {bare}: {', '.join(tags) or 'none'}"
        ) from error


def _make(name: str, options: dict[str, Any]) -> nn.Module:
    import timm

    try:
        return make_network(lambda: timm.create_model(name, pretrained=False, **options))
    except (TypeError, ValueError, AssertionError, RuntimeError, NotImplementedError) as error:
        raise EncoderContractError(
            f"timm cannot make {name} with {options}: {str(error) or type(error).__name__}. It was made for images of "
            f"shape {tuple(_config(name).input_size)}: give that input_size"
        ) from error


def _make_from_download(name: str, options: dict[str, Any]) -> nn.Module:
    import timm

    try:
        return timm.create_model(name, pretrained=True, **options)
    except Exception as error:  # hub, urllib, sockets, hashes: each library layer has its own
        raise failed_download(name, error) from error


def _make_from_file(name: str, options: dict[str, Any], weights_path: str | Path) -> nn.Module:
    """A network filled from a local file, which must be whole; its head may be of other classes, or be missing."""
    import timm

    state = dict(read_weights(weights_path))
    heads = _config(name).classifier or ()
    first = heads if isinstance(heads, str) else next(iter(heads), "")
    head = state.get(f"{first}.weight")
    n_classes = 0 if head is None else len(head)
    filled = {"state_dict": state, "num_classes": n_classes, "label_offset": 0, "custom_load": False}
    try:
        network: nn.Module = timm.create_model(
            name, pretrained=True, pretrained_cfg_overlay=filled, num_classes=n_classes, **options
        )
    except Exception as error:  # what a wrong file lacks comes out as whatever it breaks first
        raise PretrainedWeightsError(
            f"weights_path {weights_path} does not hold the weights of timm's {name} "
            f"({' '.join(str(error).split())[:300]}). {WAYS_OUT}"
        ) from error
    network.pretrained_cfg.pop("state_dict", None)  # type: ignore[operator, union-attr]
    return network


def _without_head(network: nn.Module) -> nn.Module:
    """The network's maps; what comes after the last of them is taken off."""
    maps = TimmMaps(network, _N_MAPS)
    if callable(getattr(network, "prune_intermediate_layers", None)):
        network.prune_intermediate_layers(list(maps.taken), prune_norm=maps.is_pyramid, prune_head=True)  # type: ignore[operator]
    return MapPyramid(maps)
