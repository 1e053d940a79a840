"""What is known of each case, column by column: to colour a map by, to choose a cohort by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xaae_core.latents import LatentTable

Kind = Literal["groups", "numbers"]

OWN_COLUMNS = {
    "label": "What is recorded of the case.",
    "prediction": "What the model says of the case.",
    "error": "Whether the model's class is the recorded one; for numbers, the predicted minus the recorded number.",
    "confidence": "Probability of the predicted class, as the model gives it.",
    "split": "Whether the case was trained on, used to choose the model, or held out.",
}
"""Columns that the tool makes itself, and what each is in one sentence."""
_MET, _MISSED = "right", "wrong"
_FEW_NUMBERS = 6
"""Whole numbers with at most this many different values are read as grades: groups in their order."""


@dataclass(frozen=True, eq=False)
class CaseColumn:
    """One column; arrays are read-only.

    Attributes:
        name: as it is shown.
        kind: "groups" or "numbers".
        groups: names of the groups, in a fixed order; () of numbers.
        codes: position in `groups` [N]; −1: not known; all −1 of numbers.
        values: the numbers [N], NaN where not known; None of groups.
        words: what the column is, in one sentence; "" where only its name is known.
    """

    name: str
    kind: Kind
    groups: tuple[str, ...]
    codes: NDArray[np.int32]
    values: NDArray[np.float64] | None
    words: str = ""

    def __post_init__(self) -> None:
        for name in ("codes", "values"):
            array = getattr(self, name)
            if array is not None:
                view = array.view()
                view.setflags(write=False)
                object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.codes)

    def counts(self, mask: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Cases of each group [groups], among those of a mask [N]."""
        codes = self.codes if mask is None else self.codes[mask]
        return np.bincount(codes[codes >= 0], minlength=len(self.groups))

    def text(self, row: int) -> str:
        """The entry of one case; "" where it is not known."""
        if self.values is not None:
            return f"{self.values[row]:.4g}" if np.isfinite(self.values[row]) else ""
        return self.groups[self.codes[row]] if self.codes[row] >= 0 else ""


def numbers(name: str, values: NDArray[Any], words: str = "") -> CaseColumn:
    """A column of numbers [N]; what is not finite counts as not known."""
    clean = np.asarray(values, dtype=np.float64)
    clean = np.where(np.isfinite(clean), clean, np.nan)
    return CaseColumn(name, "numbers", (), np.full(len(clean), -1, np.int32), clean, words)


def groups(name: str, codes: NDArray[Any], names: tuple[str, ...], words: str = "") -> CaseColumn:
    """A column of groups: positions [N] in `names`, below 0 where not known.

    Raises:
        ValueError: a position that `names` does not have.
    """
    clean = np.maximum(np.asarray(codes), -1).astype(np.int32)
    if len(clean) and int(clean.max()) >= len(names):
        raise ValueError(f"{name}: a code is {int(clean.max())}, but there are {len(names)} groups")
    return CaseColumn(name, "groups", names, clean, None, words)


def case_columns(
    table: LatentTable,
    scores: Mapping[str, NDArray[Any]] | None = None,
    *,
    model_classes: tuple[str, ...] = (),
) -> dict[str, CaseColumn]:
    """Every column of a table by name: what the tool knows itself first, then the table's own.

    Args:
        table: the cases.
        scores: of each case [N] along directions, by the direction's target; they are named "score: target".
        model_classes: what the model calls its outputs; the table's classes if (). A label that the model does not
            know can neither be met nor missed.

    A column that no two cases differ in stays; one in which nothing is known is left out. A column of the table whose
    name is one of the tool's own is named "name (of the table)".
    """
    found = {column.name: column for column in _own_columns(table, model_classes or table.classes)}
    for target, values in (scores or {}).items():
        name = f"score: {target}"
        found[name] = numbers(name, values, f"How far the case lies towards {target}, in standard deviations.")
    for name, values in table.columns.items():
        shown = f"{name} (of the table)" if name in OWN_COLUMNS else name
        column = _of_table(shown, values)
        if column is not None:
            found[shown] = column
    return found


def _own_columns(table: LatentTable, model_classes: tuple[str, ...]) -> list[CaseColumn]:
    found = []
    if table.classes and (table.labels >= 0).any():
        found.append(groups("label", table.labels, table.classes, OWN_COLUMNS["label"]))
    predictions = table.predictions
    if table.classes and (predictions >= 0).any():
        found.append(groups("prediction", predictions, _named(model_classes, predictions), OWN_COLUMNS["prediction"]))
        labels = _as_outputs(table, model_classes)
        known = (labels >= 0) & (predictions >= 0)
        if known.any():
            verdict = np.where(known, (labels != predictions).astype(np.int32), -1)
            found.append(groups("error", verdict, (_MET, _MISSED), OWN_COLUMNS["error"]))
        found.append(numbers("confidence", table.probabilities.max(axis=1), OWN_COLUMNS["confidence"]))
    if table.predicted is not None:
        found.append(numbers("prediction", table.predicted, OWN_COLUMNS["prediction"]))
        truth = table.columns.get(table.target_name)
        if truth is not None and np.issubdtype(truth.dtype, np.number):
            found.append(numbers("error", table.predicted - truth.astype(np.float64), OWN_COLUMNS["error"]))
    splits = tuple(name for name in ("train", "valid", "test") if (table.split == name).any())
    others = tuple(sorted(set(np.unique(table.split).tolist()) - {*splits, ""}))
    if splits + others:
        found.append(_from_text("split", table.split, splits + others, OWN_COLUMNS["split"]))
    return found


def _as_outputs(table: LatentTable, model_classes: tuple[str, ...]) -> NDArray[np.int64]:
    """The labels as positions among the model's classes [N]; −1: not known, or not to the model."""
    place = [model_classes.index(name) if name in model_classes else -1 for name in table.classes]
    return np.array([*place, -1], dtype=np.int64)[table.labels]


def _named(classes: tuple[str, ...], predictions: NDArray[np.int64]) -> tuple[str, ...]:
    """The classes, with a name for outputs of the model that the table has none for."""
    missing = range(len(classes), int(predictions.max()) + 1)
    return (*classes, *(f"class {index}" for index in missing))


def _of_table(name: str, values: NDArray[Any]) -> CaseColumn | None:
    """A column of the table; None where nothing in it is known."""
    if values.dtype == np.bool_:
        return groups(name, values, ("no", "yes"))
    if np.issubdtype(values.dtype, np.number):
        clean = values.astype(np.float64)
        known = np.unique(clean[np.isfinite(clean)])
        if len(known) == 0:
            return None
        if len(known) <= _FEW_NUMBERS and (known == np.round(known)).all():
            codes = np.where(np.isfinite(clean), np.searchsorted(known, clean), -1)
            return groups(name, codes, tuple(f"{value:g}" for value in known))
        return numbers(name, clean)
    texts = values.astype(np.str_)
    names = tuple(text for text in np.unique(texts).tolist() if text not in ("", "None", "nan"))
    return _from_text(name, texts, names) if names else None


def _from_text(name: str, values: NDArray[Any], names: tuple[str, ...], words: str = "") -> CaseColumn:
    order = np.argsort(names)
    ordered = np.asarray(names)[order]
    place = np.minimum(np.searchsorted(ordered, values), len(names) - 1)
    return groups(name, np.where(ordered[place] == values, order[place], -1), names, words)
