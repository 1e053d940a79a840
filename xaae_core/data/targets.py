"""What the labels of a data set are: classes, a measured number, or grades in an order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaae_core.data.listings import ListedImage, classes_of
from xaae_core.data.tasks import TASKS, Task, TaskWish
from xaae_core.errors import DatasetError

MOST_GRADES = 10
"""Whole numbers with at most this many different values may be names of classes, or grades."""
_QUARTERS = 4
_NAMED = 3


@dataclass(frozen=True, eq=False)
class Targets:
    """The labels of some pictures.

    Attributes:
        task: what they are.
        classes: names of the classes in their order; () for numbers.
        labels: position of each in `classes` [N]; −1 for numbers.
        values: the numbers [N]; None for classes.
        strata: a group of like cases for each [N], so that splits can hold as many of each.
        note: what a reader should know of the choice; "" for none.
    """

    task: Task
    classes: tuple[str, ...]
    labels: list[int]
    values: np.ndarray[Any, np.dtype[np.float64]] | None
    strata: list[int]
    note: str = ""


def find_targets(images: Sequence[ListedImage], wish: TaskWish = "auto") -> Targets:
    """The labels of listed pictures as classes or as numbers.

    With "auto", labels are numbers where every one is a number, none has a name, and some have decimals or more than
    `MOST_GRADES` different ones occur; otherwise they are classes.

    Raises:
        DatasetError: labels that are not what was wished for; names the first ones.
        ValueError: an unknown wish.
    """
    if wish not in TASKS:
        raise ValueError(f"task is {wish!r}; expected one of {', '.join(TASKS)}")
    numbers = None if wish == "classes" else _numbers(images)
    if wish in ("continuous", "ordinal"):
        return _numeric(images, numbers, "ordinal" if wish == "ordinal" else "continuous")
    if wish == "auto" and numbers is not None and _is_measured(images, numbers):
        targets = _numeric(images, numbers, "continuous")
        note = "the labels are numbers and are learned as such (task continuous)"
        return Targets(targets.task, (), targets.labels, targets.values, targets.strata, note)
    classes, labels = classes_of(images)
    is_graded = wish == "auto" and numbers is not None and len(classes) > 2 and not any(i.label_name for i in images)
    note = (
        f"the labels {', '.join(classes)} are taken for classes without an order; if they are grades, "
        "ask for the task ordinal"
    )
    return Targets("classes", classes, labels, None, labels, note if is_graded else "")


def _numbers(images: Sequence[ListedImage]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """The labels as numbers [N]; None where one is not, or where they look like codes (007)."""
    texts = [image.label for image in images]
    if any(len(text) > 1 and text[0] == "0" and text.isdigit() for text in texts):
        return None
    try:
        values = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return values if len(values) and bool(np.isfinite(values).all()) else None


def _is_measured(images: Sequence[ListedImage], values: np.ndarray[Any, Any]) -> bool:
    has_names = any(image.label_name for image in images)
    return not has_names and (len(np.unique(values)) > MOST_GRADES or bool((values != np.rint(values)).any()))


def _numeric(
    images: Sequence[ListedImage], values: np.ndarray[Any, np.dtype[np.float64]] | None, task: Task
) -> Targets:
    if values is None:
        wrong = [image for image in images if not _is_number(image.label)][:_NAMED]
        named = ", ".join(f"{image.label!r} ({image.id})" for image in wrong) or "codes such as 007"
        raise DatasetError(
            f"the task {task} needs a number for every picture; found {named}: correct the labels, name another "
            "column for them, or train on classes"
        )
    n_distinct = len(np.unique(values))
    if task == "ordinal" and n_distinct > 100:
        raise DatasetError(
            f"the task ordinal needs grades; found {n_distinct} different numbers: use the task continuous"
        )
    values.flags.writeable = False
    ranks = np.searchsorted(np.sort(values), values, side="left")
    strata = (ranks * _QUARTERS // max(len(values), 1)).tolist()
    return Targets(task, (), [-1] * len(values), values, strata)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
