"""Models of the family and their peers at equal weights: pyautoencoder 2.1.0 and lfxai 0.1.1, where installed."""

from __future__ import annotations

import copy
import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from xaae_core.models import lfxai_names as ours
from xaae_core.models.picture_networks import AUTOENCODER_KINDS, build_autoencoder

DIGIT = (1, 28, 28)
PICTURE = (1, 32, 32)
BEAT = (140, 1)
LATENT_DIM = 10
_STAND_INS = {  # what lfxai imports for downloads and settings only
    "hydra": types.SimpleNamespace(),
    "omegaconf": types.SimpleNamespace(DictConfig=dict),
    "lfxai.utils.datasets": types.SimpleNamespace(CIFAR10Pair=None),
    "lfxai.utils.metrics": types.SimpleNamespace(AverageMeter=None),
}


@dataclass(frozen=True, eq=False)
class Pair:
    """Our model and the peer's, of equal weights.

    Attributes:
        ours: this tool's.
        theirs: the peer's.
        shape: of a case.
    """

    ours: nn.Module
    theirs: nn.Module
    shape: tuple[int, ...]


def build_pair(kind: str) -> Pair:
    """The two models of a kind; raises ImportError where the peer is not installed."""
    torch.manual_seed(0)
    if kind in AUTOENCODER_KINDS:
        return _pyautoencoder_pair(kind)
    shape, build = _LFXAI[kind]
    with patch.object(np, "product", np.prod, create=True):  # lfxai calls what NumPy 2 has no more
        mine, other = build(vars(ours)), build(_lfxai("time_series" if shape == BEAT else "images"))
    other.load_state_dict(mine.state_dict(), strict=kind != "ClassifierMnist")  # whose encoder has two names there
    return Pair(mine, other, shape)


def batch_of(kind: str, shape: tuple[int, ...], batch_size: int) -> tuple[Tensor, Tensor]:
    """Inputs [B, …] in [0, 1], of the kinds that take pairs [B, 2, …], and labels [B]."""
    generator = torch.Generator().manual_seed(1)
    size = (batch_size, 2, *shape) if kind in ("AdaGVAE", "SimCLR") else (batch_size, *shape)
    return torch.rand(size, generator=generator), torch.randint(10, (batch_size,), generator=generator)


def _pyautoencoder_pair(kind: str) -> Pair:
    from pyautoencoder import vanilla, variational

    mine = build_autoencoder(kind, DIGIT, LATENT_DIM)  # type: ignore[arg-type]  # it is one of them
    core = mine.model.vae if kind == "AdaGVAE" else mine.model
    encoder, decoder = copy.deepcopy(core.encoder), copy.deepcopy(core.decoder)
    source = vars(vanilla) | vars(variational)
    if kind == "AE":
        other = source["AE"](encoder=encoder, decoder=decoder)
    else:
        other = source["VAE"](encoder=encoder, decoder=decoder, latent_dim=LATENT_DIM)
        other = source["AdaGVAE"](vae=other) if kind == "AdaGVAE" else other
    other.build(torch.zeros(2, *DIGIT))
    other.load_state_dict(mine.model.state_dict())
    return Pair(mine, other, DIGIT)


def _lfxai(name: str) -> dict[str, Any]:
    """The names of `lfxai.models.<name>`, with its losses and pretext tasks."""
    added = {key: value for key, value in _STAND_INS.items() if key not in sys.modules}
    sys.modules.update(added)  # type: ignore[arg-type]  # they stand in
    try:
        modules = [importlib.import_module(f"lfxai.models.{module}") for module in ("losses", "pretext", name)]
    finally:
        for key in added:
            del sys.modules[key]
    return {key: value for module in modules for key, value in vars(module).items()}


def _digits(source: dict[str, Any]) -> nn.Module:
    networks = source["EncoderMnist"](LATENT_DIM), source["DecoderMnist"](LATENT_DIM)
    model: nn.Module = source["AutoEncoderMnist"](*networks, LATENT_DIM, source["Identity"]())
    return model


def _classifier(source: dict[str, Any]) -> nn.Module:
    model: nn.Module = source["ClassifierMnist"](source["EncoderMnist"](LATENT_DIM), LATENT_DIM, "model")
    return model


def _sim_clr(source: dict[str, Any]) -> nn.Module:
    from torchvision.models import resnet18

    def base(**_: object) -> nn.Module:  # lfxai asks for pretrained weights, ours for nothing
        return resnet18(weights=None)

    model: nn.Module = source["SimCLR"](base)
    return model


_LFXAI: dict[str, tuple[tuple[int, ...], Callable[[dict[str, Any]], nn.Module]]] = {
    "AutoEncoderMnist": (DIGIT, _digits),
    "BetaVaeMnist": (DIGIT, lambda source: source["BetaVaeMnist"](LATENT_DIM)),
    "BetaTcVaeMnist": (DIGIT, lambda source: source["BetaTcVaeMnist"](LATENT_DIM)),
    "ClassifierMnist": (DIGIT, _classifier),
    "BurgessVAE": (PICTURE, lambda source: source["init_vae"](PICTURE, LATENT_DIM, source["BetaHLoss"](), "model")),
    "SimCLR": ((3, 32, 32), _sim_clr),
    "RecurrentAutoencoder": (BEAT, lambda source: source["RecurrentAutoencoder"](*BEAT)),
    "AutoencoderCNN": (BEAT, lambda source: source["AutoencoderCNN"]()),
}
