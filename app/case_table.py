"""The cases of a folder in the model's terms: its class names, and where the files lie now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.dataset import ImageDataset
from xaae_core.latents import LatentTable


def in_terms_of(table: LatentTable, dataset: ImageDataset, classes: tuple[str, ...]) -> LatentTable:
    """The table with the folder's present paths and columns and, where the folder's class names allow, the model's.

    The table on disk is named by the pictures' contents, so it also serves a folder that was moved, or whose
    labels.csv got another column: what the contents do not fix is taken from the folder. Labels are positions in
    the folder's own classes, which may be fewer than the model's or in another order.

    Args:
        table: latents of `dataset`.
        dataset: the folder as it is now.
        classes: the model's class names.

    Returns:
        The table. Its classes are the model's if the model knows every class of the folder, else the folder's.
    """
    row_of = {name: row for row, name in enumerate(dataset.ids)}
    rows = np.array([row_of[str(name)] for name in table.ids], dtype=np.int64)
    present = replace(
        table,
        paths=np.array([str(dataset.paths[row]) for row in rows], dtype=np.str_),
        labels=dataset.labels[rows],
        classes=dataset.classes,
        columns={name: np.asarray(values)[rows] for name, values in {**dataset.columns, **_numbers(dataset)}.items()},
    )
    return with_classes_of(present, classes)


def with_classes_of(table: LatentTable, classes: tuple[str, ...]) -> LatentTable:
    """The table with the model's classes, if the model knows every class of the table; else as it is."""
    names = table.classes
    if names == classes or not set(names) <= set(classes):
        return table
    place = np.array([*(classes.index(name) for name in names), -1], dtype=np.int64)
    return replace(table, labels=place[table.labels], classes=classes)  # −1, not known, stays −1


def _numbers(dataset: ImageDataset) -> dict[str, NDArray[np.float64]]:
    """The labels as a column, where they are numbers."""
    return {} if dataset.values is None else {dataset.target_name: dataset.values}


def class_note(dataset_classes: tuple[str, ...], model_classes: tuple[str, ...]) -> str:
    """A sentence where the folder's classes are not among the model's; "" where they are."""
    foreign = [name for name in dataset_classes if name not in model_classes]
    if not foreign or not model_classes:
        return ""
    return (
        f"The model knows {', '.join(model_classes)}; the folder calls its cases {', '.join(dataset_classes)}. "
        "Where the names differ, labels and answers are not compared."
    )
