"""A tiny model of every kind that a checkpoint can hold, and pictures for it, for tests of pages and commands."""

from collections.abc import Callable

from torch import nn

from xaae_core.models import AAE, add_xaae_blocks, build_encoder
from xaae_core.models.burgess_vae import init_vae
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist
from xaae_core.models.mnist_classifiers import ClassifierLatent, ClassifierMnist
from xaae_core.models.picture_networks import build_autoencoder
from xaae_core.models.simclr import SimCLR
from xaae_core.pretext import Identity
from xaae_core.vae_losses import BetaHLoss


def _xaaenet(channels: int = 1) -> nn.Module:
    encoder = build_encoder("small:8-16", channels)
    sizes = {"input_size": 32, "input_channels": channels, "encoding_dims": 4, "classes": 3}
    return add_xaae_blocks(encoder, **sizes, decoder="light", recons_metric="ssim", encoder_spec="small:8-16")


def _simclr() -> nn.Module:
    from torchvision.models import resnet18

    return SimCLR(resnet18, 8)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "AAE": lambda: AAE(32, 1, 4, 3, decoder="light", recons_metric="ssim", pretrained=False),
    "EncoderWithAAEBlocks": _xaaenet,
    "AutoEncoderMnist": lambda: AutoEncoderMnist(EncoderMnist(4), DecoderMnist(4), 4, Identity()),
    "BetaVaeMnist": lambda: BetaVaeMnist(4, 2.0),
    "BetaTcVaeMnist": lambda: BetaTcVaeMnist(4, 2.0),
    "BurgessVAE": lambda: init_vae((1, 32, 32), 4, BetaHLoss(), "model"),
    "AE": lambda: build_autoencoder("AE", (1, 16, 16), 4),
    "VAE": lambda: build_autoencoder("VAE", (1, 16, 16), 4, likelihood="gaussian"),
    "AdaGVAE": lambda: build_autoencoder("AdaGVAE", (1, 16, 16), 4),
    "ClassifierMnist": lambda: ClassifierMnist(EncoderMnist(4), 4, "model", classes=3),
    "ClassifierLatent": lambda: ClassifierLatent(3),
    "SimCLR": _simclr,
}
"""By name: the kind, or of an `AutoencoderLatents` its family."""
