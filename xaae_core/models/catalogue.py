"""Every model of the family under one name each, with what it is good for and what it takes; and building any of them.

Importing this is cheap: torch is imported when a model is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from xaae_core.errors import AutoencoderError, ModelChoiceError, SignalError
from xaae_core.models.model_entry import ModelEntry, ModelOption, catalogue_of, nearest_name

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.signal_form import SignalForm

__all__ = ["DEFAULT_MODEL", "MODELS", "ModelEntry", "ModelOption", "build_catalogued", "entry_of", "find_model"]

DEFAULT_MODEL = "xaaenet"
_BETA_ABOUT = (
    "How strongly z is held to the bell curve: more tells the factors of the data apart better, less draws sharper."
)
_BETA = ModelOption(name="beta", title="β, weight of the bell curve", about=_BETA_ABOUT, default=1.0)
_BETA_4, _BETA_6 = (
    ModelOption(name="beta", title=_BETA.title, about=_BETA_ABOUT, default=default) for default in (4.0, 6.0)
)
_LIKELIHOOD = ModelOption(
    name="likelihood",
    title="What a value is taken for",
    about="bernoulli: a share between 0 and 1, for pictures that are mostly black and white; gaussian: a measurement "
    "with noise.",
    default="bernoulli",
    choices=("bernoulli", "gaussian"),
)
_LIKELIHOOD_BURGESS = ModelOption(
    name="likelihood",
    title=_LIKELIHOOD.title,
    about="bernoulli: a share between 0 and 1; gaussian, laplace: a measurement with noise, of which laplace forgives "
    "large errors.",
    default="bernoulli",
    choices=("bernoulli", "gaussian", "laplace"),
)
_PRETEXT = ModelOption(
    name="pretext",
    title="What it has to undo",
    about="nothing: it gives back what it gets; noise: it has to take noise away; mask: it has to fill in values that "
    "were taken out.",
    default="nothing",
    choices=("nothing", "noise", "mask"),
)
_BASE = ModelOption(
    name="base_encoder",
    title="Network",
    about="The ResNet that looks at the picture; it starts from nothing.",
    default="resnet18",
    choices=("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
)
_PROJECTION = ModelOption(
    name="projection_dim", title="Size of the projection", about="Numbers that two views are compared by.", default=128,
    low=1, high=65_536,
)  # fmt: skip
_DIGITS: dict[str, Any] = {"sizes": ((28, 28),), "side": 28, "channels": (1,)}
_BURGESS: dict[str, Any] = {"sizes": ((32, 32), (64, 64)), "is_variational": True, "kind": "BurgessVAE"}

MODELS: Mapping[str, ModelEntry] = catalogue_of(
    ModelEntry(
        name="xaaenet",
        title="xAAEnet",
        purpose="Learns the target and an even latent space together: what changes with the target can be drawn, "
        "measured and explained.",
        kind="EncoderWithAAEBlocks",
        learns_labels=True,
        dims=128,
        side=192,
    ),
    ModelEntry(
        name="ae",
        title="Autoencoder (AE)",
        purpose="The plainest, without labels: squeezes each case into a few numbers and draws it again from them; "
        "what lies between two cases may look like neither.",
        kind="AutoencoderLatents",
        dims=16,
        options=(_LIKELIHOOD,),
    ),
    ModelEntry(
        name="vae",
        title="Variational autoencoder (VAE)",
        purpose="Without labels: the cases' numbers fill a bell curve, so that whatever lies between two cases can be "
        "drawn as well.",
        kind="AutoencoderLatents",
        is_variational=True,
        dims=16,
        options=(_BETA, _LIKELIHOOD),
    ),
    ModelEntry(
        name="adagvae",
        title="VAE of pairs (AdaGVAE)",
        purpose="Learns from pairs of cases that have something in common, and so tells the factors of the data apart; "
        "where no pairs are given, two cases of one class make one.",
        kind="AutoencoderLatents",
        is_variational=True,
        feed="pairs",
        options=(_BETA, _LIKELIHOOD),
    ),
    ModelEntry(
        name="autoencoder_mnist",
        title="Autoencoder of digits (lfxai)",
        purpose="lfxai's small autoencoder of MNIST digits, which can also learn to take noise away or to fill in.",
        kind="AutoEncoderMnist",
        dims=4,
        options=(_PRETEXT,),
        **_DIGITS,
    ),
    ModelEntry(
        name="beta_vae_mnist",
        title="β-VAE of digits (lfxai)",
        purpose="lfxai's β-VAE of MNIST digits, whose experiments ask whether one number of z stands for one factor.",
        kind="BetaVaeMnist",
        is_variational=True,
        options=(_BETA,),
        **_DIGITS,
    ),
    ModelEntry(
        name="beta_tcvae_mnist",
        title="β-TCVAE of digits (lfxai)",
        purpose="The same with a loss that only punishes numbers of z for saying the same thing.",
        kind="BetaTcVaeMnist",
        is_variational=True,
        options=(_BETA,),
        **_DIGITS,
    ),
    ModelEntry(
        name="burgess_vae",
        title="β-VAE of Burgess et al.",
        purpose="The usual network of studies on telling factors apart, for pictures of 32 or 64 pixels.",
        options=(_BETA_4, _LIKELIHOOD_BURGESS),
        **_BURGESS,
    ),
    ModelEntry(
        name="burgess_tcvae",
        title="β-TCVAE of Burgess et al.",
        purpose="The same network with the loss that only punishes numbers of z for saying the same thing.",
        options=(_BETA_6, _LIKELIHOOD_BURGESS),
        **_BURGESS,
    ),
    ModelEntry(
        name="classifier_mnist",
        title="Classifier of digits (lfxai)",
        purpose="Learns the classes alone; cannot draw. For attributions and examples of a plain classifier.",
        kind="ClassifierMnist",
        learns_labels=True,
        has_decoder=False,
        dims=4,
        **_DIGITS,
    ),
    ModelEntry(
        name="classifier_latent",
        title="Classifier of digits without a latent space (lfxai)",
        purpose="Learns the classes alone, and its z are the scores of the classes; cannot draw.",
        kind="ClassifierLatent",
        learns_labels=True,
        has_decoder=False,
        dims=0,
        **_DIGITS,
    ),
    ModelEntry(
        name="simclr",
        title="SimCLR",
        purpose="Learns without labels to recognise a picture from two changed views of it; a good z to tell cases "
        "apart by, but it cannot draw.",
        kind="SimCLR",
        has_decoder=False,
        feed="views",
        dims=0,
        side=32,
        channels=(3,),
        options=(_BASE, _PROJECTION),
    ),
)
"""All models by name, the default first."""


def find_model(name: str) -> ModelEntry:
    """The entry of a name.

    Raises:
        ModelChoiceError: there is none; suggests the nearest.
    """
    if name not in MODELS:
        raise ModelChoiceError(f'there is no model "{name}": {nearest_name(name, MODELS)}')
    return MODELS[name]


def entry_of(model: object) -> ModelEntry | None:
    """The entry of a model that was built; None where the catalogue has none like it."""
    kind = type(model).__name__
    family = type(getattr(model, "model", None)).__name__.lower()
    found = [entry for entry in MODELS.values() if entry.kind == kind]
    if kind == "AutoencoderLatents":
        found = [entry for entry in found if entry.name == family]
    if kind == "BurgessVAE":
        loss = getattr(getattr(model, "loss_f", None), "name", "")
        found = found[1:] if loss == "btcvae" else found
    return found[0] if found else None


def build_catalogued(
    name: str,
    *,
    size: int | Sequence[int],
    channels: int,
    dims: int | None = None,
    classes: int = 2,
    form: SignalForm | None = None,
    n_data: int | None = None,
    network: Mapping[str, Any] | None = None,
    **options: Any,
) -> nn.Module:
    """An untrained `LatentModel` of the catalogue, which `card_for` can describe; its weights are drawn by torch.

    Args:
        name: its name.
        size: (height, width) of the pictures, or one side for both; (samples,) of signals.
        channels: number of channels.
        dims: size of z; None: the entry's.
        classes: number of classes, of a model that learns labels; 1: a number (xAAEnet alone).
        form: what the signals look like; None for pictures.
        n_data: number of training cases, which the loss of "burgess_tcvae" counts.
        network: of "xaaenet": `encoder` (its name), `weights_path`, `pretrained` and arguments of `add_xaae_blocks`.
        **options: the model's own settings, see `ModelEntry.options`.

    Raises:
        ModelChoiceError: an unknown name, size, channels or settings that the model does not take, or no latent size.
        AutoencoderError, EncoderContractError: networks that cannot be made for this size.
    """
    entry = find_model(name)
    shape = _shape(size, form)
    _require_taken(entry, shape, channels)
    _require_dims(entry, dims)
    if network and entry.name != "xaaenet":
        raise ModelChoiceError(f'{", ".join(network)}: the model "{entry.name}" has its own network; leave it out')
    from xaae_core.models.catalogue_builders import Wish, build_entry

    wish = Wish(
        size=shape,
        channels=channels,
        dims=entry.dims if dims is None else dims,
        classes=classes,
        form=form,
        n_data=n_data,
        network=dict(network or {}),
        options=entry.settings(options),
    )
    try:
        return build_entry(entry, wish)
    except (AutoencoderError, SignalError):
        raise
    except ValueError as error:  # of lfxai's constructors, which say what they expected
        raise ModelChoiceError(f'the model "{entry.name}" cannot be built: {error}') from error


def _shape(size: int | Sequence[int], form: SignalForm | None) -> tuple[int, ...]:
    sides = tuple(int(side) for side in (size if isinstance(size, Sequence) else ((size,) if form else (size, size))))
    if len(sides) != (1 if form else 2) or min(sides) < 1:
        expected = "(samples,) of the signals" if form else "(height, width) of the pictures"
        raise ModelChoiceError(f"size is {size}; expected {expected}, each at least 1")
    return sides


def _require_taken(entry: ModelEntry, shape: tuple[int, ...], channels: int) -> None:
    if entry.takes(shape, channels):
        return
    medium: Literal["picture", "signal"] = "picture" if len(shape) == 2 else "signal"
    given = f"{medium}s of {' × '.join(map(str, shape))} with {channels} channel{'' if channels == 1 else 's'}"
    others = [other.name for other in MODELS.values() if other.takes(shape, channels)]
    wanted = []
    if medium in entry.mediums and entry.sizes and shape not in entry.sizes:
        wanted.append(f"size {entry.sizes[0][0]}")
    if medium in entry.mediums and entry.channels and channels not in entry.channels:
        wanted.append(f"channels {entry.channels[0]}")
    remedy = f"choose {' and '.join(wanted)}, or a model" if wanted else "choose a model"
    raise ModelChoiceError(
        f'the model "{entry.name}" takes {entry.sizes_in_words}, not {given}: {remedy} that takes these: '
        f"{', '.join(others) or 'none'}"
    )


def _require_dims(entry: ModelEntry, dims: int | None) -> None:
    if dims is None:
        return
    if dims < 1:
        raise ModelChoiceError(f"dims is {dims}; expected at least 1 number of z")
    if entry.dims == 0:
        raise ModelChoiceError(
            f'dims is {dims}, but the size of z of "{entry.name}" follows from its network: leave it out'
        )
