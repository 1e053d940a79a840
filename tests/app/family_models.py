"""A tiny model of every kind that a checkpoint can hold, and pictures for it, for tests of pages and commands."""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from tests.xaae_core.models.digits import digits
from xaae_core.checkpoints import save_checkpoint
from xaae_core.model_card import card_for
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
WITHOUT_DECODER = ("ClassifierMnist", "ClassifierLatent", "SimCLR")
WITH_CLASSES = ("AAE", "EncoderWithAAEBlocks", "ClassifierMnist", "ClassifierLatent")
WITH_PRIOR = ("AAE", "EncoderWithAAEBlocks", "BetaVaeMnist", "BetaTcVaeMnist", "BurgessVAE", "VAE", "AdaGVAE")
CLASSES = ("bar0", "bar1", "bar2")


def write_family_model(folder: Path, name: str) -> Path:
    """A checkpoint with seeded random weights, which knows the classes of `write_bars` where it has any."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MODELS[name]().eval()
    classes = {"classes": CLASSES} if getattr(model, "classes", 0) else {}
    return save_checkpoint(model, folder / f"{name}.safetensors", card_for(model, name=name, **classes))


def write_bars(folder: Path, *, n: int = 24, has_labels: bool = True) -> Path:
    """Pictures of 28 px of a bar whose place says the class; all in one folder where they have no labels."""
    pictures, labels = digits(n)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        split = "train" if number < 2 * n // 3 else "valid"
        of_class = folder / split / CLASSES[int(label)] if has_labels else folder / "all"
        of_class.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * picture[0].clamp(0, 1)).byte().numpy()).save(of_class / f"{number:02d}.png")
    return folder
