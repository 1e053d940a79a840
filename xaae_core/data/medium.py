"""Whether data are of what a model takes: pictures or signals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xaae_core.data.signals.signal_files import is_signal_name
from xaae_core.errors import DatasetError

if TYPE_CHECKING:
    from xaae_core.data.image_dataset import ImageDataset
    from xaae_core.model_card import ModelCard


def require_medium(dataset: ImageDataset, card: ModelCard) -> None:
    """Refuse signals for a model of pictures, and pictures for one of signals.

    Raises:
        DatasetError: names the data, what the model takes, and the way out.
    """
    takes_signals = "signal_form" in card.arguments
    if takes_signals == (dataset.form is not None):
        return
    held, taken = ("pictures", "signals") if takes_signals else ("signals", "pictures")
    raise DatasetError(
        f"{dataset.name} holds {held}; the model takes {taken}: give data of {taken}, or open a model of {held}"
    )


def is_signal_path(source: object) -> bool:
    """Whether a source is the path of a signal file, perhaps with `#n`."""
    return isinstance(source, str | Path) and is_signal_name(str(source).rsplit("#", 1)[0])
