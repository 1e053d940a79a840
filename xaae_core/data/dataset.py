"""Reads a folder or a table of labelled pictures, and checks that they can be decoded."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.class_folders import list_class_folders
from xaae_core.data.frames import split_frame
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.images import ImageHeader, inspect_image, read_image
from xaae_core.data.labels_table import TABLE_NAME, list_table, stays_inside
from xaae_core.data.listings import BrokenFile, ListedImage, Listing, columns_of
from xaae_core.data.signals.signal_dataset import read_signal_dataset
from xaae_core.data.signals.signal_listing import holds_signals
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.splits import SPLIT_SEED, complete_splits
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.table_files import find_table, is_table
from xaae_core.data.targets import Targets, find_targets
from xaae_core.data.tasks import TaskWish
from xaae_core.data.windows import Window
from xaae_core.errors import DatasetError, ImageError

__all__ = ["ImageDataset", "Progress", "check_images", "read_dataset"]

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""


def read_dataset(
    folder: str | os.PathLike[str],
    *,
    columns: TableColumns | None = None,
    task: TaskWish = "auto",
    min_classes: int = 2,
    split_seed: int = SPLIT_SEED,
    signals: SignalOptions | None = None,
    progress: Progress | None = None,
) -> ImageDataset:
    """Read labelled pictures; their headers are checked, their pixels are not decoded.

    A data folder holds `labels.csv` (or .parquet, .xlsx) with columns for file and label; label_name, split, mask and
    patient if you have them, any others are kept; or one subfolder per class, perhaps below train/, valid/ and test/.
    Files that are missing or not readable pictures are left out and named in `broken`; `check_images` finds damage
    that a header does not show. Numeric labels order the classes by number, others by name. Where no split is given,
    one is drawn, and no patient is in two of its parts.

    Args:
        folder: the data folder, or a table whose files are relative to its folder.
        columns: which column of the table is which; by their usual names if None.
        task: what the labels are; "auto": numbers where they look measured, see `find_targets`.
        min_classes: 2 for training; 1 is enough to look at pictures.
        split_seed: of the split, where one is drawn.
        signals: length, sampling rate and channels of signals, where the files do not say them.
        progress: called as the headers are read, or the files of signals opened.

    A folder of signals (CSV, NumPy, EDF), or one such file that holds its labels, gives a data set with a `form`; see
    `read_signal_dataset`.

    Raises:
        DatasetError: no pictures, too few classes, or a table that cannot be understood.
        SignalDatasetError: signals of which none can be read, of no known sampling rate, or of different lengths.
    """
    given = Path(folder).expanduser().absolute()
    if holds_signals(given, columns):
        dataset = read_signal_dataset(
            given, columns=columns, task=task, split_seed=split_seed, options=signals, progress=progress
        )
        _require_dataset(dataset, min_classes)
        return dataset
    root, listing = _list_images(given, columns)
    headers = _in_parallel(lambda image: _header_or_reason(root / image.id), listing.images, progress)
    read = [(image, found) for image, found in zip(listing.images, headers, strict=True) if not isinstance(found, str)]
    broken = list(listing.broken) + [
        BrokenFile(root / image.id, found)
        for image, found in zip(listing.images, headers, strict=True)
        if isinstance(found, str)
    ]
    images, found_headers = [image for image, _ in read], [header for _, header in read]
    _require_pictures(root.name, images, broken)
    targets = find_targets(images, task)
    _require_targets(root.name, targets, min_classes, broken)
    ids = [image.id for image in images]
    patients = _patients_of(images, found_headers)
    split, split_note = complete_splits(
        ids, targets.strata, [image.split for image in images], patients=patients, seed=split_seed
    )
    masks, mask_note = _masks_of(root, images)
    return ImageDataset(
        name=root.name if given == root else given.stem,
        ids=tuple(ids),
        paths=tuple(root / name for name in ids),
        labels=_read_only(np.array(targets.labels, np.int64)),
        classes=targets.classes,
        split=split,
        masks=masks,
        columns=columns_of(images),
        channels=max(header.channels for header in found_headers),
        patients=patients,
        task=targets.task,
        target_name=listing.label_name,
        values=targets.values,
        broken=tuple(broken),
        notes=(*listing.notes, *filter(None, (targets.note, split_note, mask_note))),
    )


def check_images(
    dataset: ImageDataset, progress: Progress | None = None, *, window: Window | None = None
) -> ImageDataset:
    """Really decode every picture and leave out those that fail, named in `broken`; signals have been read already.

    Args:
        dataset: see `read_dataset`.
        progress: called as the pictures are decoded.
        window: grey scale of DICOM and NIfTI pictures, as they will be read.

    Raises:
        DatasetError: what remains has fewer classes with pictures than before, and fewer than two.
    """
    if dataset.form is not None:
        return dataset  # signals are read in full by `read_dataset`
    reasons = _in_parallel(partial(_damage_of, window=window), dataset.paths, progress)
    sound = [row for row, reason in enumerate(reasons) if not reason]
    if len(sound) == len(dataset):
        return dataset
    found = (BrokenFile(path, why) for path, why in zip(dataset.paths, reasons, strict=True) if why)
    broken = [*dataset.broken, *found]
    kept = dataset.take(sound)
    if dataset.values is not None:
        _require_pictures(dataset.name, [ListedImage(name, "", "", None, "", {}) for name in kept.ids], broken)
        return replace(kept, broken=tuple(broken))
    n_before, n_left = len(set(dataset.labels.tolist())), len(set(kept.labels.tolist()))
    _require_classes(dataset.name, dataset.classes, kept.labels.tolist(), 2 if n_left < n_before else 0, broken)
    return replace(kept, broken=tuple(broken))


def _list_images(given: Path, columns: TableColumns | None) -> tuple[Path, Listing]:
    """The folder that ids are relative to, and what it lists."""
    if not (given.is_dir() or is_table(given)):
        raise DatasetError(
            f"{given} is {'a file' if given.exists() else 'not there'}; expected a folder with {TABLE_NAME} "
            "or with one subfolder per class, or a table (CSV, Parquet, Excel)"
        )
    try:
        table = given if given.is_file() else find_table(given)
        if table is not None:
            return table.parent, list_table(table, columns)
        if columns is not None and columns.to_mapping():
            names = ", ".join(columns.to_mapping().values())
            raise DatasetError(f"{given.name} has no table {TABLE_NAME} in which the columns {names} could be")
        return given, list_class_folders(given)
    except OSError as error:
        raise DatasetError(f"{error.filename} cannot be read ({error.strerror}): check its rights") from error


def _patients_of(images: Sequence[ListedImage], headers: Sequence[ImageHeader]) -> tuple[str, ...]:
    """Whose each picture is: by the table, otherwise by what the files say (digests); () where nothing is known.

    Files that all name the same patient were made anonymous with one name for all: they tell nothing.
    """
    named = tuple(image.patient for image in images)
    if any(named):
        return named
    stored = tuple(header.patient for header in headers)
    return stored if len(set(filter(None, stored))) > 1 else ()


def _in_parallel(work: Callable[[Any], Any], items: Sequence[Any], progress: Progress | None) -> list[Any]:
    """Results in order; threads, because PIL and the disk let go of the interpreter."""
    results = []
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if progress is not None:
                progress(len(results), len(items))
    return results


def _header_or_reason(path: Path) -> ImageHeader | str:
    try:
        return inspect_image(path)
    except ImageError as error:
        return str(error)


def _damage_of(path: Path, *, window: Window | None) -> str:
    try:
        read_image(path, window=window)
    except ImageError as error:
        return str(error)
    return ""


def _require_pictures(name: str, images: Sequence[ListedImage], broken: Sequence[BrokenFile]) -> None:
    if not images:
        raise DatasetError(f"{name} has no readable picture{_skipped(broken)}: check the labels and paths")


def _require_dataset(dataset: ImageDataset, least: int) -> None:
    """Enough classes, or different numbers."""
    labels = dataset.labels.tolist()
    targets = Targets(dataset.task, dataset.classes, labels, dataset.values, [])
    _require_targets(dataset.name, targets, least, dataset.broken)


def _require_targets(name: str, targets: Targets, least: int, broken: Sequence[BrokenFile]) -> None:
    if targets.values is None:
        _require_classes(name, targets.classes, targets.labels, least, broken)
    elif least > 1 and np.ptp(targets.values) == 0:
        raise DatasetError(
            f"{name}: every label is {targets.values[0]:g}; expected different numbers to learn from: check the column"
        )


def _require_classes(
    name: str, classes: Sequence[str], labels: Sequence[int], least: int, broken: Sequence[BrokenFile]
) -> None:
    left = [classes[i] for i in sorted(set(labels))]
    if labels and len(left) >= least:
        return
    found = f"{len(left)} {_plural(len(left), 'class', 'classes')} with readable pictures"
    raise DatasetError(
        f"{name} has {found}{' (' + ', '.join(left) + ')' if left else ''}; expected at least {max(1, least)}"
        f"{_skipped(broken)}: add pictures of another class, or check the labels and paths"
    )


def _skipped(broken: Sequence[BrokenFile]) -> str:
    reasons = "; ".join(file.reason for file in broken[:3])
    return f". {len(broken):,} {_plural(len(broken), 'file')} skipped: {reasons}" if broken else ""


def _masks_of(root: Path, images: Sequence[ListedImage]) -> tuple[tuple[Path | None, ...], str]:
    listed = [root / i.mask if i.mask and stays_inside(i.mask) else None for i in images]
    masks = tuple(path if path is not None and os.path.isfile(split_frame(path).file) else None for path in listed)
    n_missing = sum(bool(image.mask) for image in images) - sum(mask is not None for mask in masks)
    return masks, f"{n_missing} {_plural(n_missing, 'mask')} listed but not found" if n_missing else ""


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or one + "s"


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array
