"""The columns of a table that name something of each picture: its site, scanner, view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.image_dataset import ImageDataset

MOST_NAMES = 30
_PICTURES_A_NAME = 5  # on average; fewer: names of single pictures
_ORIGIN_WORDS = (
    *("source", "site", "hospital", "cent", "clinic", "institut", "scanner", "device", "manufactur", "vendor"),
    *("machine", "station", "operator", "protocol", "batch", "cohort", "country", "view", "projection", "camera"),
    *("position", "dataset", "origin", "kernel"),
)


@dataclass(frozen=True, eq=False)
class NamedColumn:
    """A column with few different entries.

    Attributes:
        name: its heading.
        names: the entries, sorted; an empty one is "(empty)".
        codes: int64 [N], position of each picture's entry in `names`.
    """

    name: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]

    @property
    def is_origin(self) -> bool:
        """Whether its heading says that it is about where or how a picture was made."""
        return any(word in self.name.lower() for word in _ORIGIN_WORDS)


def named_columns(dataset: ImageDataset) -> Iterator[NamedColumn]:
    """Columns of text, or of whole numbers, with 2 to 30 different entries that each stand for several pictures."""
    for name, column in dataset.columns.items():
        texts = _texts(column)
        if texts is None:
            continue
        names, codes = np.unique(texts, return_inverse=True)
        if 2 <= len(names) <= min(MOST_NAMES, len(texts) // _PICTURES_A_NAME):
            yield NamedColumn(name, tuple(str(entry) or "(empty)" for entry in names), codes.astype(np.int64))


def _texts(column: NDArray[Any]) -> NDArray[Any] | None:
    """The entries as text; None for measured numbers."""
    if column.dtype.kind != "f":
        return column.astype(str)
    known = column[np.isfinite(column)]
    if (known != np.rint(known)).any() or len(np.unique(known)) > 10:
        return None
    return np.array([f"{value:g}" if np.isfinite(value) else "" for value in column])
