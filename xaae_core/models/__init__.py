"""The models, one protocol (`LatentModel`) for all."""

from xaae_core.devices import default_device
from xaae_core.models.aae import AAE, set_module_trainable
from xaae_core.models.blocks import EncoderWithAAEBlocks, add_xaae_blocks
from xaae_core.models.encoders import build_encoder
from xaae_core.models.latent_model import Encoding, LatentModel
from xaae_core.models.unet import DynamicUnetSkipDropout

__all__ = [
    "AAE",
    "DynamicUnetSkipDropout",
    "EncoderWithAAEBlocks",
    "Encoding",
    "LatentModel",
    "add_xaae_blocks",
    "build_encoder",
    "default_device",
    "set_module_trainable",
]
