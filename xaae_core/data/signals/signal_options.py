"""What a person, or a model, says of signals that their files do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from xaae_core.model_card import ModelCard


@dataclass(frozen=True, kw_only=True)
class SignalOptions:
    """What signals are to be read as.

    Attributes:
        length: samples of each case; longer signals are cut into windows. None: as long as they all are.
        sampling_rate: in hertz: of files that do not say theirs, and the one that others are resampled to. None: the
            files' own.
        channels: names of the channels in their order; (): those of most files.

    Raises:
        SignalError: a length or a rate that is none, or a channel twice.
    """

    length: int | None = None
    sampling_rate: float | None = None
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.channels or ("any",)
        SignalForm(length=self.length or 1, sampling_rate=self.sampling_rate or 1.0, channel_names=names)
        if self.length == 0 or self.sampling_rate == 0:
            raise SignalError(
                f"length={self.length}, sampling_rate={self.sampling_rate}; expected samples and hertz above 0"
            )

    def to_mapping(self) -> dict[str, Any]:
        """What is said, as JSON or TOML values."""
        said = {name: value for name, value in vars(self).items() if value}
        return said | ({"channels": list(self.channels)} if self.channels else {})

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> SignalOptions:
        """What `to_mapping` wrote.

        Raises:
            TypeError: an entry that is not known.
            SignalError: a value out of range.
        """
        return cls(**{**values, "channels": tuple(values.get("channels", ()))})

    @classmethod
    def of_card(cls, card: ModelCard) -> SignalOptions | None:
        """Signals as the model of a card takes them; None for a model of pictures."""
        told = card.arguments.get("signal_form")
        return cls.of_form(SignalForm.from_json(told)) if isinstance(told, Mapping) else None

    @classmethod
    def of_form(cls, form: SignalForm) -> SignalOptions:
        """Signals as a model takes them."""
        return cls(length=form.length, sampling_rate=form.sampling_rate, channels=form.channel_names)
