"""The models, one protocol (`LatentModel`) for all."""

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
