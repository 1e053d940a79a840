"""The models, outputs and losses of pyautoencoder under its names.

They follow its page on its architecture; where release 2.1.0 differs, the docstrings say how to get what it does:
`VAE` and `AdaGVAE` of whether codes are drawn and shared, `LossResult` of figures as tensors.
`VAE` here is not `xaae_core.models.lfxai_names.VAE`.
"""

from xaae_core.models.adagvae import AdaGVAE, AdaGVAEOutput
from xaae_core.models.autoencoder import AE, AEDecodeOutput, AEEncodeOutput, AEOutput
from xaae_core.models.autoencoder_loss import (
    LikelihoodType,
    LossResult,
    kl_divergence_diag_gaussian,
    log_likelihood,
)
from xaae_core.models.gaussian_head import FullyFactorizedGaussian
from xaae_core.models.vae import VAE, VAEDecodeOutput, VAEEncodeOutput, VAEOutput

__all__ = [
    "AE",
    "VAE",
    "AEDecodeOutput",
    "AEEncodeOutput",
    "AEOutput",
    "AdaGVAE",
    "AdaGVAEOutput",
    "FullyFactorizedGaussian",
    "LikelihoodType",
    "LossResult",
    "VAEDecodeOutput",
    "VAEEncodeOutput",
    "VAEOutput",
    "kl_divergence_diag_gaussian",
    "log_likelihood",
]
