"""How pictures are read for one model: the same for training, the app and the command line, whatever their kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from xaae_core.data.images import ImageData, ImageSource, Resize, read_image
from xaae_core.data.windows import Window, check_window

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
            ImageError: it cannot be read; the message calls it `name`, by default the file's name.
        """
        return read_image(
            source, channels=self.channels, size=self.size, resize=self.resize, window=self.window, name=name
        )


def recipe_for(model: TakesPictures, card: ModelCard) -> PictureRecipe:
    """How pictures were read when a model was trained, by its shape and its card."""
    window = None if card.window is None else (float(card.window[0]), float(card.window[1]))
    return PictureRecipe(size=model.input_size, channels=model.input_channels, resize=card.resize, window=window)
