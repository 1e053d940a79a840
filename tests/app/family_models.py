"""A tiny model of every kind that a checkpoint can hold, and pictures for it, for tests of pages and commands."""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from tests.xaae_core.models.digits import digits
from xaae_core.checkpoints import save_checkpoint
from xaae_core.data.beats import CLASS_NAMES, draw_beats
from xaae_core.data.beats_folder import write_beats
from xaae_core.model_card import card_for
from xaae_core.models import AAE, add_xaae_blocks, build_encoder
from xaae_core.models.burgess_vae import init_vae
from xaae_core.models.catalogue import build_catalogued
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


def _of_beats(name: str, **options: object) -> nn.Module:
    """A model of the catalogue for the beats of `write_cases`."""
    form = draw_beats(1, 0, length=BEAT_LENGTH).form
    return build_catalogued(name, size=BEAT_LENGTH, channels=2, dims=3, form=form, **options)


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
    "signal xAAEnet": lambda: _of_beats("xaaenet"),
    "signal AE": lambda: _of_beats("ae"),
    "signal VAE": lambda: _of_beats("vae"),
    "signal AdaGVAE": lambda: _of_beats("adagvae"),
    "signal RecurrentAutoencoder": lambda: _of_beats("recurrent_autoencoder"),
    "signal AutoencoderCNN": lambda: _of_beats("autoencoder_cnn"),
}
"""By name: the kind, or of an `AutoencoderLatents` its family; those of signals say so."""
WITHOUT_DECODER = ("ClassifierMnist", "ClassifierLatent", "SimCLR")
WITH_CLASSES = ("AAE", "EncoderWithAAEBlocks", "ClassifierMnist", "ClassifierLatent", "signal xAAEnet")
WITH_PRIOR = (
    *("AAE", "EncoderWithAAEBlocks", "BetaVaeMnist", "BetaTcVaeMnist", "BurgessVAE", "VAE", "AdaGVAE"),
    *("signal xAAEnet", "signal VAE", "signal AdaGVAE"),
)
BEAT_LENGTH = 64
CLASSES = ("bar0", "bar1", "bar2")


def write_family_model(folder: Path, name: str) -> Path:
    """A checkpoint with seeded random weights, which knows the classes of `write_bars` where it has any."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MODELS[name]().eval()
    known = classes_of(name)
    classes = {"classes": known} if getattr(model, "classes", 0) else {}
    return save_checkpoint(model, folder / f"{name}.safetensors", card_for(model, name=name, **classes))


def is_of_signals(name: str) -> bool:
    """Whether a model is one of signals."""
    return name.startswith("signal")


def classes_of(name: str) -> tuple[str, ...]:
    """The classes of the cases for a model."""
    return CLASS_NAMES if is_of_signals(name) else CLASSES


def write_cases(folder: Path, name: str) -> Path:
    """The data for a model, to open: a folder of pictures, or a table of signals; written once for each medium."""
    if not is_of_signals(name):
        return folder / "bars" if (folder / "bars").exists() else write_bars(folder / "bars")
    if not (folder / "beats").exists():
        write_beats(folder / "beats", n_train=16, n_valid=8, n_test=0, length=BEAT_LENGTH)
    return folder / "beats"


def write_bars(folder: Path, *, n: int = 24, has_labels: bool = True) -> Path:
    """Pictures of 28 px of a bar whose place says the class; all in one folder where they have no labels."""
    pictures, labels = digits(n)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        split = "train" if number < 2 * n // 3 else "valid"
        of_class = folder / split / CLASSES[int(label)] if has_labels else folder / "all"
        of_class.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * picture[0].clamp(0, 1)).byte().numpy()).save(of_class / f"{number:02d}.png")
    return folder
