"""How pictures are read for one model: the same for training, the app and the command line, whatever their kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from xaae_core.data.images import ImageData, ImageSource, Resize, read_image
from xaae_core.data.medium import is_signal_path
from xaae_core.data.signals.signal_data import SignalData, SignalRecipe
from xaae_core.data.windows import Window, check_window
from xaae_core.errors import ImageError
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from xaae_core.model_card import ModelCard


class TakesPictures(Protocol):
    """What a recipe asks of a model."""

    @property
    def input_channels(self) -> int:
        """1 or 3."""
        ...

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        ...


@dataclass(frozen=True, kw_only=True)
class PictureRecipe:
    """How a model's pictures are read, see `read_image`.

    Attributes:
        size: (height, width) in pixels.
        channels: 1 or 3.
        resize: "pad" or "squash".
        window: (centre, width) of the grey scale of DICOM and NIfTI, or None for what the files say.

    Raises:
        ValueError: a window that is none.
    """

    size: tuple[int, int]
    channels: int
    resize: Resize = "pad"
    window: Window | None = None

    def __post_init__(self) -> None:
        check_window(self.window)

    def read(self, source: ImageSource, *, name: str | None = None) -> ImageData:
        """Read a picture so: a path (perhaps with `#n`), an upload's bytes, or a stream.

        Raises:
            ImageError: it cannot be read, or is a signal; the message calls it `name`, by default the file's name.
        """
        if is_signal_path(source):
            raise ImageError(
                f"{name or Path(str(source)).name} is a signal; the model takes pictures: give a picture, or open "
                "a model of signals"
            )
        return read_image(
            source, channels=self.channels, size=self.size, resize=self.resize, window=self.window, name=name
        )


CaseInput: TypeAlias = ImageData | SignalData
"""A picture or a signal as a model takes it; both have `pixels` [C, H, W], `name`, `source_size` and `notes`."""
CaseRecipe: TypeAlias = PictureRecipe | SignalRecipe
"""How a model's cases are read; both have `read`, `size` and `channels`."""


def recipe_for(model: TakesPictures, card: ModelCard) -> CaseRecipe:
    """How pictures, or signals, were read when a model was trained, by its shape and its card."""
    window = None if card.window is None else (float(card.window[0]), float(card.window[1]))
    return recipe_of(model, resize=card.resize, window=window)


def recipe_of(model: TakesPictures, *, resize: Resize = "pad", window: Window | None = None) -> CaseRecipe:
    """How a model's pictures are read with these settings, or its signals.

    Args:
        model: the model.
        resize: of pictures.
        window: grey scale of DICOM and NIfTI pictures.
    """
    form = signal_form_of(model)
    if form is not None:
        return SignalRecipe(form)
    return PictureRecipe(size=model.input_size, channels=model.input_channels, resize=resize, window=window)
