"""What checkpoints of lfxai's and pyautoencoder's models say of them, and the models built from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import nn

if TYPE_CHECKING:
    from xaae_core.signal_form import SignalForm

FAMILY_ARGUMENTS: dict[str, set[str]] = {
    "AutoEncoderMnist": {"latent_dim", "pretext"},
    "BetaVaeMnist": {"latent_dims", "beta"},
    "BetaTcVaeMnist": {"latent_dims", "beta"},
    "BurgessVAE": {"img_size", "latent_dim", "loss"},
    "AutoencoderLatents": {"family", "img_size", "latent_dim", "likelihood", "beta"},
    "SignalAutoencoderLatents": {"family", "signal_form", "latent_dim", "likelihood", "beta"},
    "SignalsInUnits": {"network", "latent_dim", "signal_form"},
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
        WrongModelError: arguments of networks or signals that there are not.
        ValueError, TypeError, LookupError: arguments that do not make one.
    """
    from xaae_core.errors import AutoencoderError, SignalError, WrongModelError

    try:
        return _BUILDERS[kind](**arguments)
    except (AutoencoderError, SignalError) as error:
        raise WrongModelError(f"the card's arguments do not make a {kind}: {error}") from error


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
    from xaae_core.models.picture_networks import build_autoencoder

    _require_network(arguments)
    return build_autoencoder(**arguments)


def _require_network(arguments: Mapping[str, Any]) -> None:
    from xaae_core.errors import WrongModelError

    if not arguments:
        raise WrongModelError(
            "the checkpoint was made with a user's own encoder and decoder, which it cannot carry: build the model as "
            "it was trained and pass it as load_checkpoint(path, model=my_model.as_latent_model())"
        )


def _build_signal_latents(**arguments: Any) -> nn.Module:
    from xaae_core.models.signal_networks import build_signal_autoencoder

    _require_network(arguments)
    return build_signal_autoencoder(form=form_of_card(arguments), **arguments)


def _build_signals_in_units(**arguments: Any) -> nn.Module:
    from xaae_core.models.signals_in_units import build_signals_in_units

    _require_network(arguments)
    return build_signals_in_units(form=form_of_card(arguments), **arguments)


def form_of_card(arguments: dict[str, Any]) -> SignalForm:
    """What the signals of a card's model look like; it is taken out of the arguments.

    Raises:
        WrongModelError: the card does not say, or says what is none.
    """
    from xaae_core.errors import SignalError, WrongModelError
    from xaae_core.signal_form import SignalForm

    told = arguments.pop("signal_form", None)
    if not isinstance(told, Mapping):
        raise WrongModelError(
            "the card does not say what the model's signals look like (signal_form): save the model again with "
            "card_for(model)"
        )
    try:
        return SignalForm.from_json(told)
    except SignalError as error:
        raise WrongModelError(f"the card's form of the signals cannot be used: {error}") from error


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
    "SignalAutoencoderLatents": _build_signal_latents,
    "SignalsInUnits": _build_signals_in_units,
    "ClassifierMnist": _build_classifier,
    "ClassifierLatent": _build_latent_classifier,
    "SimCLR": _build_simclr,
}
