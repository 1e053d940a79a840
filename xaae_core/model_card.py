"""What a checkpoint says of its model, and the model built from what it says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from torch import nn

from xaae_core.data.windows import is_window
from xaae_core.errors import DamagedCheckpointError, EncoderContractError, WrongModelError, XaaeError
from xaae_core.models.family_cards import FAMILY_ARGUMENTS, FAMILY_LIMITS, build_family, form_of_card
from xaae_core.models.weightless import building_weightless

if TYPE_CHECKING:
    from xaae_core.data.table_columns import TableColumns
    from xaae_core.data.tasks import TaskWish

KINDS = ("AAE", "EncoderWithAAEBlocks", *FAMILY_ARGUMENTS)
_ARGUMENTS = {
    "AAE": {"input_size", "input_channels", "encoding_dims", "classes", "skip_dropout"}
    | {"skip_dropout_per", "decoder", "recons_metric"},
    "EncoderWithAAEBlocks": {"input_size", "input_channels", "encoding_dims", "classes", "skip_dropout"}
    | {"skip_dropout_per", "decoder", "recons_metric", "encoder", "freeze_encoder", "normalisation", "linear"}
    | {"signal_form"},
    **FAMILY_ARGUMENTS,
}
"""What a card may set: no file name and no download, whoever wrote the card."""
_FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("kind", "name", "target", "data_name", "data_fingerprint", "created", "note"), str),
    **dict.fromkeys(("arguments", "training", "metrics", "versions", "layout"), dict),
    "classes": (list, tuple),
}
_LIMITS = {"encoding_dims": 65_536, "classes": 100_000, "input_channels": 64, "input_size": 16_384, **FAMILY_LIMITS}


@dataclass(frozen=True)
class ModelCard:
    """Everything needed to use a model rightly and to say where it comes from.

    Attributes:
        kind: name of the model's class, one of `KINDS`.
        arguments: what the class is built with (JSON values only).
        name: a name for people.
        classes: class names in the order of the logits.
        target: the class that "+" along the direction means; of a model of numbers, their name.
        task: what it has learned: "classes", or numbers, "continuous" or "ordinal" (grades).
        resize: how pictures are brought to the model's size, "pad" (black borders) or "squash".
        window: centre and width of the grey scale of DICOM and NIfTI pictures; None: as each file says.
        training: settings of the training.
        metrics: held-out figures by name.
        data_name: name of the training data.
        data_fingerprint: its fingerprint, as the data module computes it.
        created: time of writing, ISO 8601 in UTC.
        versions: versions of the packages that wrote it.
        note: a sentence for people.
        layout: where the encoder's maps are (`EncoderLayout.to_json`); empty: found by a dummy pass.
    """

    kind: str
    arguments: dict[str, Any]
    name: str = "unnamed model"
    classes: tuple[str, ...] = ()
    target: str = ""
    task: Literal["classes", "continuous", "ordinal"] = "classes"
    resize: Literal["pad", "squash"] = "pad"
    window: list[float] | None = None
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    data_name: str = ""
    data_fingerprint: str = ""
    created: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    note: str = ""
    layout: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> TableColumns:
        """The columns of the table that it was trained on; the usual ones where the card does not say."""
        from xaae_core.data.table_columns import TableColumns

        try:
            return TableColumns(**self.training.get("columns", {}))
        except TypeError:
            return TableColumns()

    @property
    def task_wish(self) -> TaskWish:
        """What the training was asked to take the labels for."""
        from xaae_core.data.tasks import TASKS

        wish = self.training.get("task", "auto")
        return wish if wish in TASKS else "auto"

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    def stamped(self) -> ModelCard:
        """The card with the time and the versions of now, where it has none yet."""
        versions = {package: version(package) for package in ("torch", "torchvision", "xaae")}
        created = self.created or datetime.now(UTC).isoformat(timespec="seconds")
        return replace(self, created=created, versions=self.versions or versions)


def card_for(model: nn.Module, **entries: Any) -> ModelCard:
    """A card for a model: kind and arguments from the model, the other fields as given.

    Args:
        model: a model of one of `KINDS`.
        **entries: fields of `ModelCard`.

    Raises:
        WrongModelError: a model of another kind.
        ValueError: another number of class names than the model has classes.
    """
    from xaae_core.models.skip_taps import EncoderLayout

    arguments = getattr(model, "arguments", None)
    if type(model).__name__ not in KINDS or not isinstance(arguments, dict):
        raise WrongModelError(
            f"a {type(model).__name__} cannot be described by a card; expected one of {', '.join(KINDS)}"
        )
    n_classes: int = getattr(model, "classes", 0)  # 0: no classifier
    given = entries.pop("classes", None)
    classes = tuple(str(name) for name in given) if given is not None else ()
    classes = classes or tuple(f"class {index}" for index in range(n_classes))
    if len(classes) != n_classes:
        raise ValueError(f"{len(classes)} class names ({', '.join(classes[:6])}) for a model of {n_classes} classes")
    target = entries.pop("target", "") or (classes[min(1, n_classes - 1)] if classes else "")
    found = getattr(model, "layout", None)
    layout = found.to_json() if isinstance(found, EncoderLayout) else {}
    entries |= {"classes": classes, "target": target, "layout": layout}
    return ModelCard(type(model).__name__, dict(arguments), **entries).stamped()


def parse_card(text: str, source: str) -> ModelCard:
    """Read a card from JSON text.

    Raises:
        DamagedCheckpointError: not JSON, or fields missing or of a wrong type.
    """
    try:
        raw = json.loads(text)
        known = {entry.name for entry in fields(ModelCard)}
        card = ModelCard(**{key: value for key, value in raw.items() if key in known})
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedCheckpointError(f"{source}: its model card cannot be read ({error})") from error
    wrong = [name for name, kind in _FIELDS.items() if not isinstance(getattr(card, name), kind)]
    wrong += [f"metrics: {name}" for name, value in _items(card.metrics) if not isinstance(value, int | float)]
    wrong += [] if card.resize in ("pad", "squash") else ["resize"]
    wrong += [] if card.window is None or is_window(card.window) else ["window"]
    wrong += [] if card.task in ("classes", "continuous", "ordinal") else ["task"]
    if wrong:
        raise DamagedCheckpointError(f"{source}: these entries of its model card cannot be used: {', '.join(wrong)}")
    n_classes = card.arguments.get("classes", len(card.classes) if card.kind in FAMILY_ARGUMENTS else 2)
    if card.classes and len(card.classes) != n_classes:
        raise DamagedCheckpointError(
            f"{source}: its model card names {len(card.classes)} classes, but the model has {n_classes}"
        )
    return replace(card, classes=tuple(str(name) for name in card.classes))


def _items(entries: object) -> list[tuple[str, object]]:
    return list(entries.items()) if isinstance(entries, dict) else []


def build_model(card: ModelCard, *, encoder: nn.Module | None = None) -> nn.Module:
    """Build the model a card describes, without weights (on torch's meta device: nothing is allocated).

    A given encoder stays where it is and as it is: what it holds outside its state dict must not get lost.

    Args:
        card: the card.
        encoder: the user's own encoder, where the card names none.

    Raises:
        WrongModelError: an unknown kind, arguments out of bounds, or an encoder that is not given.
        EncoderNotAllowedError: the card names a user's own function, and nobody allowed its module.
        EncoderContractError: the given encoder cannot be used at this size.
    """
    _check_arguments(card)
    try:
        with building_weightless():
            return _built(card, encoder)
    except EncoderContractError as error:
        if encoder is not None:
            raise
        raise WrongModelError(f"the card's arguments do not make a {card.kind}: {error}") from error
    except XaaeError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise WrongModelError(f"the card's arguments do not make a {card.kind}: {error}") from error


def _built(card: ModelCard, encoder: nn.Module | None) -> nn.Module:
    if card.kind in FAMILY_ARGUMENTS:
        return build_family(card.kind, card.arguments)
    from xaae_core.models import AAE, add_xaae_blocks, build_encoder
    from xaae_core.models.encoder_names import parse_encoder
    from xaae_core.models.skip_taps import EncoderLayout

    arguments = dict(card.arguments)
    # A dummy pass without memory would make torch import its compiler too: the layout in the card spares it.
    layout = EncoderLayout.from_json(card.layout) if card.layout and encoder is None else None
    if card.kind == "AAE":
        return AAE(**arguments, pretrained=False, layout=layout)
    spec = arguments.pop("encoder", None)
    if arguments.pop("linear", None) is not None:
        raise WrongModelError(
            "the checkpoint was made with a user's own label head, which it cannot carry: build the model as it was "
            "trained and pass it as load_checkpoint(path, model=my_model)"
        )
    if encoder is None and spec is None:
        raise WrongModelError(
            "the checkpoint was made with a user's own encoder, which it cannot carry: "
            "pass it as load_checkpoint(path, encoder=my_encoder)"
        )
    form = form_of_card(arguments) if "signal_form" in arguments else None
    if encoder is None:
        is_own_code = parse_encoder(spec).family == "python"
        channels = form.n_channels if form else arguments.get("input_channels", 3)
        size = (form.length,) if form else arguments.get("input_size", 256)
        encoder = build_encoder(spec, channels, input_size=size)
        layout = None if is_own_code else layout  # its code may have changed since
    return add_xaae_blocks(encoder, **arguments, encoder_spec=spec, layout=layout, signal_form=form)


def _check_arguments(card: ModelCard) -> None:
    """Refuse a kind or arguments that this tool does not write, and sizes that only a hostile card asks for."""
    if card.kind not in KINDS:
        raise WrongModelError(
            f'the checkpoint holds a "{card.kind}"; this version opens {", ".join(KINDS)}. '
            "A newer version may have written it."
        )
    unknown = sorted(card.arguments.keys() - _ARGUMENTS[card.kind])
    if unknown:
        raise WrongModelError(
            f"the card sets {', '.join(unknown)} for a {card.kind}; this version knows "
            f"{', '.join(sorted(_ARGUMENTS[card.kind]))}. A newer version may have written it."
        )
    for name, limit in _LIMITS.items():
        given = card.arguments.get(name, 1)
        values = given if isinstance(given, list | tuple) else [given]
        if not values or not all(type(value) is int and 1 <= value <= limit for value in values):
            raise WrongModelError(f"the card says {name}={given!r}; expected whole numbers of 1 to {limit}")
