"""What a catalogue says of a model and of its settings; light, so that a command's help can ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal

from xaae_core.errors import ModelChoiceError

Medium = Literal["picture", "signal"]
Feed = Literal["cases", "pairs", "views"]


@dataclass(frozen=True, kw_only=True)
class ModelOption:
    """A setting that belongs to some models and not to others.

    Attributes:
        name: what `build_catalogued`, a request and a settings file call it; commands say `--name`.
        title: a label for people.
        about: one sentence for people.
        default: its value where nothing is said; its type is the setting's.
        signal_default: the same for signals; None: as for pictures.
        choices: the texts that it may be; () for a number.
        low: the least number, included.
        high: the largest number, included.
    """

    name: str
    title: str
    about: str
    default: float | int | str
    signal_default: float | int | str | None = None
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = float("inf")

    def default_for(self, medium: Medium) -> float | int | str:
        """Its value where nothing is said, for pictures or signals."""
        return self.default if medium == "picture" or self.signal_default is None else self.signal_default

    def checked(self, value: Any) -> Any:
        """The value, if the setting may have it.

        Raises:
            ModelChoiceError: it may not; says what was expected.
        """
        if self.choices:
            if value not in self.choices:
                raise ModelChoiceError(f'{self.name} is "{value}"; expected one of {", ".join(self.choices)}')
            return value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_kind = is_number and (isinstance(self.default, float) or isinstance(value, int))
        if not (is_kind and self.low <= value <= self.high and value < float("inf")):
            kind = "number" if isinstance(self.default, float) else "whole number"
            span = f"of {self.low:g} or more" if self.high == float("inf") else f"from {self.low:g} to {self.high:g}"
            raise ModelChoiceError(f"{self.name} is {value!r}; expected a {kind} {span}")
        return type(self.default)(value)


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """A model of the catalogue.

    Attributes:
        name: what commands and requests call it.
        title: a name for people.
        purpose: what it is good for, one sentence.
        kind: name of its class, as cards have it.
        mediums: what it takes: pictures, signals or both.
        learns_labels: whether it learns the labels, and then has a classifier.
        has_decoder: whether it can draw.
        is_variational: whether its encoder gives a distribution.
        feed: what it trains on: single cases; pairs [2, …] of cases that have something in common; or two random
            views [2, …] of each case.
        dims: size of z where nothing is said; 0: the network decides.
        sizes: the (height, width) that it takes; () for any.
        side: height and width of its pictures in pixels where nothing is said.
        channels: the numbers of channels that it takes; () for any.
        options: its own settings.
    """

    name: str
    title: str
    purpose: str
    kind: str
    mediums: tuple[Medium, ...] = ("picture",)
    learns_labels: bool = False
    has_decoder: bool = True
    is_variational: bool = False
    feed: Feed = "cases"
    dims: int = 10
    sizes: tuple[tuple[int, int], ...] = ()
    side: int = 64
    channels: tuple[int, ...] = ()
    options: tuple[ModelOption, ...] = field(default=())

    @property
    def medium(self) -> Medium:
        """What it takes first of all."""
        return self.mediums[0]

    @property
    def option_names(self) -> tuple[str, ...]:
        """Names of its own settings."""
        return tuple(option.name for option in self.options)

    def takes(self, size: tuple[int, ...], channels: int) -> bool:
        """Whether it takes cases of this size: (height, width) of a picture, (samples,) of a signal."""
        medium = medium_of(size)
        is_size = medium == "signal" or not self.sizes or size in self.sizes
        return medium in self.mediums and is_size and (not self.channels or channels in self.channels)

    @property
    def sizes_in_words(self) -> str:
        """What it takes, in words."""
        sides = " or ".join(f"{height} × {width}" for height, width in self.sizes)
        counts = " or ".join(str(count) for count in self.channels)
        said = [f"of {sides} pixels" if sides else "of any size"]
        said += [f"{counts} channel{'' if counts == '1' else 's'}"] if counts else []
        return f"{' and '.join(f'{medium}s' for medium in self.mediums)} {' with '.join(said)}"

    def settings(self, given: Mapping[str, Any], medium: Medium = "picture") -> dict[str, Any]:
        """All its own settings: what is given, else the defaults.

        Raises:
            ModelChoiceError: a setting that is not its own, or a value that the setting may not have.
        """
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                own = f"its own settings are {', '.join(known)}" if known else "it has no settings of its own"
                raise ModelChoiceError(f'{name} is no setting of the model "{self.name}": leave it out ({own})')
        return {name: option.checked(given.get(name, option.default_for(medium))) for name, option in known.items()}


def medium_of(size: tuple[int, ...]) -> Medium:
    """What cases of a size are: (height, width) of a picture, (samples,) of a signal."""
    return "picture" if len(size) == 2 else "signal"


def catalogue_of(*entries: ModelEntry) -> Mapping[str, ModelEntry]:
    """The entries by name, in this order."""
    return MappingProxyType({entry.name: entry for entry in entries})


def nearest_name(name: str, known: Mapping[str, object]) -> str:
    """What to say of a name that is not known: the nearest one, and all."""
    close = get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    return f"{hint}Expected one of {', '.join(known)}"
