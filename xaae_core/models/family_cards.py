"""What checkpoints of lfxai's and pyautoencoder's models say of them, and the models built from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

FAMILY_ARGUMENTS: dict[str, set[str]] = {
    "AutoEncoderMnist": {"latent_dim", "pretext"},
    "BetaVaeMnist": {"latent_dims", "beta"},
    "BetaTcVaeMnist": {"latent_dims", "beta"},
    "BurgessVAE": {"img_size", "latent_dim", "loss"},
    "AutoencoderLatents": {"family", "img_size", "latent_dim", "likelihood", "beta"},
    "ClassifierMnist": {"latent_dim", "classes"},
    "ClassifierLatent": {"latent_dims"},
    "SimCLR": {"base_encoder", "projection_dim", "input_size"},
}
"""What a card may set, by kind."""
FAMILY_LIMITS = {"latent_dim": 65_536, "latent_dims": 65_536, "projection_dim": 65_536, "img_size": 16_384}


def build_family(kind: str, arguments: Mapping[str, Any]) -> nn.Module:
    """The model of a kind of `FAMILY_ARGUMENTS`.

    Args:
        kind: the kind.
        arguments: what its `arguments` told.

    Raises:
        ValueError, TypeError, LookupError: arguments that do not make one.
    """
    return _BUILDERS[kind](**arguments)


def _build_autoencoder(latent_dim: int, pretext: dict[str, Any]) -> nn.Module:
    from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
    from xaae_core.pretext import build_pretext

    return AutoEncoderMnist(EncoderMnist(latent_dim), DecoderMnist(latent_dim), latent_dim, build_pretext(pretext))


def _build_beta_vae(latent_dims: int, beta: float) -> nn.Module:
    from xaae_core.models.mnist_beta_vaes import BetaVaeMnist

    return BetaVaeMnist(latent_dims, beta)


def _build_beta_tc_vae(latent_dims: int, beta: float) -> nn.Module:
    from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist

    return BetaTcVaeMnist(latent_dims, beta)


def _build_burgess(img_size: list[int], latent_dim: int, loss: dict[str, Any] | None = None) -> nn.Module:
    from xaae_core.models.burgess_vae import init_vae
    from xaae_core.vae_losses import BetaHLoss, build_loss

    return init_vae(img_size, latent_dim, BetaHLoss() if loss is None else build_loss(loss), "model")


def _build_autoencoder_latents(**arguments: Any) -> nn.Module:
    from xaae_core.errors import WrongModelError
    from xaae_core.models.picture_networks import build_autoencoder

    if not arguments:
        raise WrongModelError(
            "the checkpoint was made with a user's own encoder and decoder, which it cannot carry: build the model as "
            "it was trained and pass it as load_checkpoint(path, model=my_model.as_latent_model())"
        )
    return build_autoencoder(**arguments)


def _build_classifier(latent_dim: int, classes: int) -> nn.Module:
    from xaae_core.models.mnist_autoencoder import EncoderMnist
    from xaae_core.models.mnist_classifiers import ClassifierMnist

    return ClassifierMnist(EncoderMnist(latent_dim), latent_dim, "model", classes=classes)


def _build_latent_classifier(latent_dims: int) -> nn.Module:
    from xaae_core.models.mnist_classifiers import ClassifierLatent

    return ClassifierLatent(latent_dims)


def _build_simclr(base_encoder: str, projection_dim: int, input_size: list[int]) -> nn.Module:
    from torchvision import models

    from xaae_core.models.simclr import BASE_ENCODERS, SimCLR

    if base_encoder not in BASE_ENCODERS:
        raise ValueError(f'base_encoder is "{base_encoder}"; expected one of {", ".join(BASE_ENCODERS)}')
    height, width = input_size
    return SimCLR(getattr(models, base_encoder), projection_dim, input_size=(height, width))


_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "AutoEncoderMnist": _build_autoencoder,
    "BetaVaeMnist": _build_beta_vae,
    "BetaTcVaeMnist": _build_beta_tc_vae,
    "BurgessVAE": _build_burgess,
    "AutoencoderLatents": _build_autoencoder_latents,
    "ClassifierMnist": _build_classifier,
    "ClassifierLatent": _build_latent_classifier,
    "SimCLR": _build_simclr,
}
