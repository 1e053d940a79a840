"""The models, one protocol (`LatentModel`) for all.

Importing this package is cheap: torch is imported when one of its names is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaae_core.devices import default_device
    from xaae_core.models.aae import set_module_trainable
    from xaae_core.models.blocks import EncoderWithAAEBlocks, add_xaae_blocks
    from xaae_core.models.encoder_names import known_encoders
    from xaae_core.models.encoders import build_encoder, encoder_normalisation, is_pretrainable
    from xaae_core.models.latent_model import Encoding, LatentModel
    from xaae_core.models.parameter_counts import ParameterCounts, count_parameters
    from xaae_core.models.resnet_aae import AAE
    from xaae_core.models.spatial_transformers import SpatialTransformer
    from xaae_core.models.unet import DynamicUnetSkipDropout

__all__ = [
    "AAE",
    "DynamicUnetSkipDropout",
    "EncoderWithAAEBlocks",
    "Encoding",
    "LatentModel",
    "ParameterCounts",
    "SpatialTransformer",
    "add_xaae_blocks",
    "build_encoder",
    "count_parameters",
    "default_device",
    "encoder_normalisation",
    "is_pretrainable",
    "known_encoders",
    "set_module_trainable",
]

_HOMES = {
    "AAE": "xaae_core.models.resnet_aae",
    "DynamicUnetSkipDropout": "xaae_core.models.unet",
    "EncoderWithAAEBlocks": "xaae_core.models.blocks",
    "Encoding": "xaae_core.models.latent_model",
    "LatentModel": "xaae_core.models.latent_model",
    "ParameterCounts": "xaae_core.models.parameter_counts",
    "SpatialTransformer": "xaae_core.models.spatial_transformers",
    "add_xaae_blocks": "xaae_core.models.blocks",
    "build_encoder": "xaae_core.models.encoders",
    "count_parameters": "xaae_core.models.parameter_counts",
    "default_device": "xaae_core.devices",
    "encoder_normalisation": "xaae_core.models.encoders",
    "is_pretrainable": "xaae_core.models.encoders",
    "known_encoders": "xaae_core.models.encoder_names",
    "set_module_trainable": "xaae_core.models.aae",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
