"""The cases of opened files: one row for each signal or window, with its label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xaae_core.data.frames import split_frame
from xaae_core.data.listings import ListedImage
from xaae_core.data.signals.edf_annotations import label_notes
from xaae_core.data.signals.reading_plan import ReadingPlan
from xaae_core.data.splits import SPLITS, split_name
from xaae_core.errors import DatasetError, SignalError

_LEAST_COVERED = 0.5  # of a window, by the annotation that is its label


@dataclass(frozen=True)
class ExpandedRow:
    """The cases of one listed row.

    Attributes:
        cases: with ids `file#n` where the file holds several.
        n_unlabelled: windows that were left out, because nothing was noted of most of them.
    """

    cases: tuple[ListedImage, ...]
    n_unlabelled: int = 0


def expand_row(row: ListedImage, plan: ReadingPlan) -> ExpandedRow:
    """All cases of a listed file, or the one that the row names (`file#n`).

    The row's own label and split are those of all its cases; otherwise they are the file's, or the annotation that
    covers most of a window, if that is at least half of it.

    Raises:
        SignalError: no such case, or no label anywhere.
        DatasetError: a split that is none.
    """
    numbered = split_frame(row.id)
    n_cases = len(plan.windows)
    if numbered.frame is not None and numbered.frame >= n_cases:
        plan.read(numbered.frame, row.id)  # says so
    numbers = range(n_cases) if numbered.frame is None else [numbered.frame]
    labels = _labels(row, plan, numbers)
    if labels is None:
        raise SignalError(
            f"{plan.file.name} has no labels of its own; expected them in the file (y in .npz, annotations in EDF+), "
            "in labels.csv (columns file, label), or one subfolder of signals per class"
        )
    cases = []
    for number, (label, name) in zip(numbers, labels, strict=True):
        if label:
            case_id = row.id if numbered.frame is not None or n_cases == 1 else f"{row.id}#{number}"
            cases.append(
                replace(
                    row,
                    id=case_id,
                    label=label,
                    label_name=row.label_name or name,
                    split=row.split or _split(plan, number),
                    patient=row.patient or _patient(row, plan, number),
                )
            )
    return ExpandedRow(tuple(cases), len(numbers) - len(cases))


def _labels(row: ListedImage, plan: ReadingPlan, numbers: Sequence[int]) -> list[tuple[str, str]] | None:
    """(label, its name) of each case, "" for none; None where there are no labels at all."""
    file = plan.file
    if row.label:
        return [(row.label, row.label_name)] * len(numbers)
    if file.labels:
        names = file.label_names or ("",) * len(file.labels)
        signals = [plan.windows.place(number)[0] for number in numbers]
        return [(file.labels[signal], names[signal]) for signal in signals]
    if file.annotations:
        return [(text, "") for text in _noted_of(plan, numbers)]
    return None


def _noted_of(plan: ReadingPlan, numbers: Sequence[int]) -> list[str]:
    """What was noted of most of each window; "" where nothing covers half of it."""
    form, notes = plan.form, label_notes(plan.file.annotations)
    onsets = np.array([note.onset for note in notes])
    ends = onsets + np.array([note.duration for note in notes])
    texts = np.array([note.text for note in notes])
    found = []
    for number in numbers:
        start = plan.windows.place(number)[1] / form.sampling_rate
        seconds = np.minimum(ends, start + form.seconds) - np.maximum(onsets, start)
        covered: Counter[str] = Counter()
        for row in np.flatnonzero(seconds > 0):
            covered[str(texts[row])] += seconds[row]
        text, most = max(covered.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))
        found.append(text if most >= _LEAST_COVERED * form.seconds else "")
    return found


def _split(plan: ReadingPlan, number: int) -> str | None:
    if not plan.file.splits:
        return None
    written = plan.file.splits[plan.windows.place(number)[0]]
    split = split_name(written)
    if written and split is None:
        raise DatasetError(f"{plan.file.name}: the split is {written!r}; expected one of {', '.join(SPLITS)}")
    return split


def _patient(row: ListedImage, plan: ReadingPlan, number: int) -> str:
    """Whose a case is: as the file says, else the signal that it is a window of, so that splits keep it together."""
    signal = plan.windows.place(number)[0]
    if plan.file.patients:
        return plan.file.patients[signal]
    if len(plan.windows.starts) == 1:
        return ""
    file = split_frame(row.id).file.as_posix()
    return file if plan.file.n_signals == 1 else f"{file} signal {signal}"
