"""Every model of the family under one name each, with what it is good for and what it takes; and building any of them.

Importing this is cheap: torch is imported when a model is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xaae_core.errors import AutoencoderError, ModelChoiceError, SignalError
from xaae_core.models.catalogue_entries import MODELS
from xaae_core.models.model_entry import ModelEntry, ModelOption, medium_of, nearest_name

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.signal_form import SignalForm

__all__ = ["DEFAULT_MODEL", "MODELS", "ModelEntry", "ModelOption", "build_catalogued", "entry_of", "find_model"]

DEFAULT_MODEL = "xaaenet"


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
    if type(model).__name__ == "SignalPictures":  # which every signal model is opened in
        model = getattr(model, "model", model)
    kind = type(model).__name__
    family = type(getattr(model, "model", None)).__name__.lower()
    kind = {"AAE": "EncoderWithAAEBlocks", "SignalAutoencoderLatents": "AutoencoderLatents"}.get(kind, kind)
    found = [entry for entry in MODELS.values() if entry.kind == kind]
    if kind in ("AutoencoderLatents", "SignalsInUnits"):
        found = [entry for entry in found if entry.name.replace("_", "") == family]
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
        form: what the signals look like, whose size and channels must be given too; None for pictures.
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
        options=entry.settings(options, medium_of(shape)),
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
    if form is not None and sides != (form.length,):
        raise ModelChoiceError(f"size is {size}, but the form of the signals has {form.length} samples: give those")
    return sides


def _require_taken(entry: ModelEntry, shape: tuple[int, ...], channels: int) -> None:
    if entry.takes(shape, channels):
        return
    medium = medium_of(shape)
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
