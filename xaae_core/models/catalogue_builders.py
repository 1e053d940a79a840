"""How each model of the catalogue is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xaae_core.errors import ModelChoiceError

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.models.model_entry import ModelEntry
    from xaae_core.signal_form import SignalForm

_PRETEXTS: Mapping[str, dict[str, Any]] = {
    "nothing": {"kind": "Identity"},
    "noise": {"kind": "RandomNoise"},
    "mask": {"kind": "Mask"},
}
_FAMILIES: Mapping[str, Any] = {"ae": "AE", "vae": "VAE", "adagvae": "AdaGVAE"}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a model is built for; see `build_catalogued`, whose arguments these are, checked."""

    size: tuple[int, ...]
    channels: int
    dims: int
    classes: int
    form: SignalForm | None
    n_data: int | None
    network: Mapping[str, Any]
    options: Mapping[str, Any]

    @property
    def img_size(self) -> tuple[int, ...]:
        """(channels, height, width), or (channels, samples)."""
        return (self.channels, *self.size)


def build_entry(entry: ModelEntry, wish: Wish) -> nn.Module:
    """The model of an entry."""
    if wish.classes < 2 and entry.learns_labels and entry.name != "xaaenet":
        raise ModelChoiceError(
            f'the model "{entry.name}" learns classes, not numbers, and there are {wish.classes}: choose xaaenet, or '
            "labels of at least two classes"
        )
    return _BUILDERS[entry.name](entry.name, wish)


def _xaaenet(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models import add_xaae_blocks, build_encoder, encoder_normalisation, is_pretrainable

    blocks = {"encoding_dims": wish.dims, **wish.network}
    encoder_name = blocks.pop("encoder", "small" if wish.form is None else "signal:small")
    encoder = build_encoder(
        encoder_name,
        wish.channels,
        input_size=wish.size,
        pretrained=blocks.pop("pretrained", is_pretrainable(encoder_name)),
        weights_path=blocks.pop("weights_path", None),
    )
    return add_xaae_blocks(
        encoder,
        **blocks,
        input_size=wish.size,
        input_channels=wish.channels,
        classes=wish.classes,
        normalisation=encoder_normalisation(encoder_name, wish.channels),
        encoder_spec=encoder_name,
        signal_form=wish.form,
    )


def _autoencoder(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.picture_networks import build_autoencoder
    from xaae_core.models.signal_networks import build_signal_autoencoder

    if wish.form is not None:
        return build_signal_autoencoder(_FAMILIES[name], wish.form, wish.dims, **wish.options)
    return build_autoencoder(_FAMILIES[name], wish.img_size, wish.dims, **wish.options)


def _signals_in_units(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.signals_in_units import build_signals_in_units

    assert wish.form is not None  # of signals alone, which `build_catalogued` has seen to
    network = "AutoencoderCNN" if name == "autoencoder_cnn" else "RecurrentAutoencoder"
    return build_signals_in_units(network, wish.dims, wish.form)


def _autoencoder_mnist(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
    from xaae_core.pretext import build_pretext

    pretext = build_pretext(_PRETEXTS[wish.options["pretext"]])
    return AutoEncoderMnist(EncoderMnist(wish.dims), DecoderMnist(wish.dims), wish.dims, pretext)


def _beta_vae(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist

    kind = BetaVaeMnist if name == "beta_vae_mnist" else BetaTcVaeMnist
    return kind(wish.dims, **wish.options)


def _burgess(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.burgess_vae import init_vae
    from xaae_core.vae_losses import BetaHLoss, BtcvaeLoss

    settings = {"beta": wish.options["beta"], "rec_dist": wish.options["likelihood"]}
    if name == "burgess_vae":
        return init_vae(wish.img_size, wish.dims, BetaHLoss(**settings), "model")
    if wish.n_data is None:
        raise ModelChoiceError('the loss of "burgess_tcvae" counts the training cases: give n_data')
    return init_vae(wish.img_size, wish.dims, BtcvaeLoss(wish.n_data, **settings), "model")


def _classifier(name: str, wish: Wish) -> nn.Module:
    from xaae_core.models.mnist_autoencoder import EncoderMnist
    from xaae_core.models.mnist_classifiers import ClassifierLatent, ClassifierMnist

    if name == "classifier_latent":
        return ClassifierLatent(wish.classes)
    return ClassifierMnist(EncoderMnist(wish.dims), wish.dims, "model", classes=wish.classes)


def _simclr(name: str, wish: Wish) -> nn.Module:
    from torchvision import models

    from xaae_core.models.simclr import SimCLR

    network = getattr(models, wish.options["base_encoder"])
    height, width = wish.size
    return SimCLR(network, wish.options["projection_dim"], input_size=(height, width))


_BUILDERS: dict[str, Callable[[str, Wish], Any]] = {
    "xaaenet": _xaaenet,
    **dict.fromkeys(_FAMILIES, _autoencoder),
    **dict.fromkeys(("recurrent_autoencoder", "autoencoder_cnn"), _signals_in_units),
    "autoencoder_mnist": _autoencoder_mnist,
    **dict.fromkeys(("beta_vae_mnist", "beta_tcvae_mnist"), _beta_vae),
    **dict.fromkeys(("burgess_vae", "burgess_tcvae"), _burgess),
    **dict.fromkeys(("classifier_mnist", "classifier_latent"), _classifier),
    "simclr": _simclr,
}
