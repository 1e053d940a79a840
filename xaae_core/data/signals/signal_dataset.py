"""Reads a folder, a table or a file of labelled signals as a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.frames import split_frame
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.labels_table import stays_inside
from xaae_core.data.listings import BrokenFile, ListedImage, columns_of
from xaae_core.data.signals.file_form import common_form
from xaae_core.data.signals.open_files import OPEN_FILES
from xaae_core.data.signals.reading_plan import is_same_rate
from xaae_core.data.signals.signal_cases import expand_row
from xaae_core.data.signals.signal_data import read_signal
from xaae_core.data.signals.signal_file import SignalFile
from xaae_core.data.signals.signal_listing import list_signals
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.signals.signal_range import find_range
from xaae_core.data.splits import SPLIT_SEED, complete_splits
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.targets import find_targets
from xaae_core.data.tasks import TaskWish
from xaae_core.errors import CaseError, DatasetError, SignalDatasetError, SignalError
from xaae_core.signal_form import SignalForm

RATE_COLUMN = "sampling_rate"
_NAMED = 3
_BY_RECORDING = (
    "no column patient says whose the recordings are: each counts as a patient of its own, and is in one split only"
)


def read_signal_dataset(
    given: Path,
    *,
    columns: TableColumns | None = None,
    task: TaskWish = "auto",
    split_seed: int = SPLIT_SEED,
    options: SignalOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImageDataset:
    """Read labelled signals; see `xaae_core.data.dataset.read_dataset`, which calls this.

    Every file is opened and every case is read once, so that what is left can be trained on. Files that cannot be
    read, or are of another form than most, are left out and named in `broken`.

    Args:
        given: a folder, a table, or a file that holds its labels.
        columns: which column of a table is which.
        task: what the labels are.
        split_seed: of the split, where one is drawn; no recording and no patient is in two parts.
        options: what is to be said of the signals beyond what the files say.
        progress: called with (files opened, files in all).

    Raises:
        DatasetError: nothing to read, or a table that cannot be understood.
        SignalDatasetError: nothing that can be read, no known sampling rate, or lengths that differ.
    """
    try:
        return _read(given, columns, task, split_seed, options or SignalOptions(), progress)
    except SignalError as error:
        raise SignalDatasetError(str(error)) from error


def _read(
    given: Path,
    columns: TableColumns | None,
    task: TaskWish,
    split_seed: int,
    options: SignalOptions,
    progress: Callable[[int, int], None] | None,
) -> ImageDataset:
    root, listing = list_signals(given, columns)
    form = _common_form(root, listing.images, options, progress)
    rows: list[ListedImage] = []
    broken = list(listing.broken)
    notes: dict[str, list[str]] = {}  # text → the files it is of
    n_unlabelled, names_patients = 0, False
    for row in listing.images:
        try:
            plan = OPEN_FILES.open(split_frame(root / row.id).file, n_channels=form.n_channels).plan(form)
            _check_rate(row, plan.file, form)
            expanded = expand_row(row, plan)
            for text in plan.notes:
                name, _, what = text.partition(": ")
                of = notes.setdefault(what, [])
                of += [name] if name not in of[-1:] else []
            n_unlabelled += expanded.n_unlabelled
            names_patients |= bool(row.patient or plan.file.patients)
            rows += expanded.cases
        except CaseError as error:
            broken.append(BrokenFile(root / row.id, str(error)))
    sound, found = _read_all(root, rows, form)
    broken += found
    if not sound:
        reasons = "; ".join(file.reason for file in broken[:_NAMED])
        raise SignalError(f"{given.name} has no readable signal. {len(broken):,} skipped: {reasons}")
    by_recording = _BY_RECORDING if any(row.patient for row in sound) and not names_patients else ""
    return _dataset(
        given, root, sound, form, broken,
        (*listing.notes, *_joined(notes, n_unlabelled), *filter(None, (by_recording,))),
        listing.label_name, task, split_seed,
    )  # fmt: skip


def _common_form(
    root: Path, rows: Sequence[ListedImage], options: SignalOptions, progress: Callable[[int, int], None] | None
) -> SignalForm:
    """Open every file once, and find the form that most have."""
    paths = list(dict.fromkeys(split_frame(root / row.id).file for row in rows))
    n_channels = len(options.channels) or None
    files: list[SignalFile] = []
    reasons = []
    for number, path in enumerate(paths, start=1):
        try:
            files.append(OPEN_FILES.open(path, n_channels=n_channels).file)
        except SignalError as error:
            reasons.append(str(error))
        if progress is not None:
            progress(number, len(paths))
    if not files:
        raise SignalError(f"no signal file can be read. {len(reasons):,} skipped: {'; '.join(reasons[:_NAMED])}")
    return common_form(files, options, table_rates=_table_rates(rows))


def _table_rates(rows: Sequence[ListedImage]) -> Mapping[str, float]:
    return {split_frame(row.id).file.name: rate for row in rows if (rate := _row_rate(row)) is not None}


def _row_rate(row: ListedImage) -> float | None:
    text = row.columns.get(RATE_COLUMN, "")
    try:
        return float(text) if text else None
    except ValueError:
        raise DatasetError(f"{row.id}: the {RATE_COLUMN} is {text!r}; expected a number in hertz") from None


def _check_rate(row: ListedImage, file: SignalFile, form: SignalForm) -> None:
    """A file that does not say its rate is read at the form's; the table must not say another."""
    said = _row_rate(row)
    if said is not None and file.channels[0].sampling_rate is None and not is_same_rate(said, form.sampling_rate):
        raise SignalError(
            f"{row.id}: the table gives it {said:g} Hz; expected {form.sampling_rate:g} Hz as most have: resample it, "
            "or save it in a file that says its rate (.npz), which is then resampled"
        )


def _read_all(root: Path, rows: Sequence[ListedImage], form: SignalForm) -> tuple[list[ListedImage], list[BrokenFile]]:
    """The cases whose values are sound, and the others."""
    sound, broken = [], []
    for row in rows:
        file = OPEN_FILES.open(split_frame(root / row.id).file, n_channels=form.n_channels).file
        if file.is_finite:
            sound.append(row)
            continue
        try:
            read_signal(root / row.id, form=form, name=row.id)
            sound.append(row)
        except SignalError as error:
            broken.append(BrokenFile(root / row.id, str(error)))
    return sound, broken


def _joined(notes: Mapping[str, list[str]], n_unlabelled: int) -> list[str]:
    """Notes that several files share, once."""
    texts = [
        f"{names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}: {text}"
        for text, names in notes.items()
    ]
    if n_unlabelled:
        texts.append(f"{n_unlabelled:,} windows were left out: nothing was noted of at least half of them")
    return texts


def _dataset(
    given: Path,
    root: Path,
    rows: Sequence[ListedImage],
    form: SignalForm,
    broken: Sequence[BrokenFile],
    notes: Sequence[str],
    label_name: str,
    task: TaskWish,
    split_seed: int,
) -> ImageDataset:
    targets = find_targets(rows, task)
    ids = tuple(row.id for row in rows)
    patients = tuple(row.patient for row in rows) if any(row.patient for row in rows) else ()
    split, split_note = complete_splits(
        ids, targets.strata, [row.split for row in rows], patients=patients, seed=split_seed
    )
    paths = tuple(root / name for name in ids)
    ranged, range_notes = find_range(
        form,
        [i for i, part in enumerate(split) if part == "train"],
        lambda row: read_signal(paths[row], form=form).values,
    )
    return ImageDataset(
        name=root.name if given == root else given.stem,
        ids=ids,
        paths=paths,
        labels=_read_only(np.array(targets.labels, np.int64)),
        classes=targets.classes,
        split=split,
        masks=tuple(_mask_of(root, row) for row in rows),
        columns=columns_of(rows),
        channels=1,
        patients=patients,
        task=targets.task,
        target_name=label_name,
        values=targets.values,
        broken=tuple(broken),
        notes=(*notes, *filter(None, (targets.note, split_note)), *range_notes),
        form=ranged,
    )


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


def _mask_of(root: Path, row: ListedImage) -> Path | None:
    """Where the table says that the mask of a signal is, if it is there."""
    path = root / row.mask if row.mask and stays_inside(row.mask) else None
    return path if path is not None and split_frame(path).file.is_file() else None
