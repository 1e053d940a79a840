"""Where a loader takes its signals from: files, kept once read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.images import ImageSource, Pixels
from xaae_core.data.pixel_sources import CACHE_BYTES
from xaae_core.data.signals.signal_data import SignalRecipe
from xaae_core.signal_form import SignalForm


class FileSignals:
    """Signals of files as float32 [C, T], scaled by their form and kept in memory once read.

    Args:
        paths: the signals that are kept; any other can be read too, but is read anew each time.
        form: what they look like.
        cache_bytes: memory for kept signals, in bytes; 0 keeps none.
    """

    def __init__(self, paths: Iterable[Path], form: SignalForm, *, cache_bytes: int = CACHE_BYTES) -> None:
        self.recipe = SignalRecipe(form)
        self.channels = form.n_channels
        self._to_keep = frozenset(paths)
        self._free_bytes = cache_bytes
        self._kept: dict[object, np.ndarray[Any, Any]] = {}

    def __call__(self, item: ImageSource) -> Pixels:
        """The signal at a path, or an upload.

        Raises:
            SignalError: it cannot be read, or is of another form.
        """
        kept = self._kept.get(item)
        if kept is None:
            kept = self.recipe.read(item).values
            if item in self._to_keep and kept.nbytes <= self._free_bytes:
                self._free_bytes -= kept.nbytes
                self._kept[item] = kept
        return kept.copy()
