"""What a data folder says it holds: one row per picture, before any picture is opened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.errors import DatasetError


@dataclass(frozen=True)
class BrokenFile:
    """A picture that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ListedImage:
    """One row of a listing; nothing of it has been opened yet.

    Attributes:
        id: path relative to the data folder, with forward slashes.
        label: as written; one spelling, one class.
        label_name: what the class is called where the table says so.
        split: one of `SPLITS`, or None where none is given.
        columns: the table's other columns, as written.
        patient: whose picture it is; "" where not known.
    """

    id: str
    label: str
    label_name: str
    split: str | None
    mask: str
    columns: dict[str, str]
    patient: str = ""


@dataclass(frozen=True)
class Listing:
    """All rows of a data folder, what was left out, what a reader should know, and what the labels are called."""

    images: tuple[ListedImage, ...]
    broken: tuple[BrokenFile, ...]
    notes: tuple[str, ...]
    label_name: str = "label"


def classes_of(images: Sequence[ListedImage]) -> tuple[tuple[str, ...], list[int]]:
    """The names of the classes and each image's position among them; numeric labels order by number.

    Raises:
        DatasetError: one label with two names, or one name for two labels.
    """
    names: dict[str, str] = {}
    for image in images:
        name = image.label_name or image.label
        if names.setdefault(image.label, name) != name:
            raise DatasetError(
                f"the label {image.label} is called both {names[image.label]} and {name} "
                f"(first at {image.id}): give each label one label_name"
            )
    if len(set(names.values())) < len(names):
        twice = Counter(names.values()).most_common(1)[0][0]
        raise DatasetError(f"two labels are called {twice}: give each label its own label_name")
    labels = sorted(names, key=_label_order)
    position = {label: i for i, label in enumerate(labels)}
    return tuple(names[label] for label in labels), [position[image.label] for image in images]


def _label_order(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label


def columns_of(images: Sequence[ListedImage]) -> dict[str, np.ndarray[Any, Any]]:
    """The table's other columns, each [N]: float64 with NaN where empty, or text."""
    names = images[0].columns if images else ()
    return {name: _column([image.columns[name] for image in images]) for name in names}


def _column(cells: list[str]) -> np.ndarray[Any, Any]:
    """Numbers where every filled cell is one; text otherwise, also for codes such as 007."""
    is_code = any(len(cell) > 1 and cell[0] == "0" and cell.isdigit() for cell in cells)
    try:
        values = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        values = np.array(cells, str)
    if is_code or not any(cells):
        values = np.array(cells, str)
    values.flags.writeable = False
    return values
