"""A labelled set of pictures on disk: read once, checked, counted, and never changed."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xaae_core.data.class_folders import list_class_folders
from xaae_core.data.fingerprints import fingerprint_images
from xaae_core.data.images import inspect_image, read_image
from xaae_core.data.labels_table import TABLE_NAME, list_table, stays_inside
from xaae_core.data.listings import BrokenFile, ListedImage, Listing, classes_of, columns_of
from xaae_core.data.splits import SPLITS, complete_splits
from xaae_core.errors import DatasetError, ImageError

Task = Literal["classes", "continuous", "ordinal"]
Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Labelled pictures on disk, in a fixed order; arrays are read-only.

    Attributes:
        name: the folder's name.
        ids: path relative to the folder, with forward slashes; unique, the same on every machine.
        paths: where each picture lies.
        labels: int64 [N], positions in `classes`.
        classes: names, in the order of the labels.
        split: "train", "valid" or "test" for each picture.
        masks: path of each picture's mask, or None.
        columns: the table's other columns, each [N]: float64 (NaN where empty) or text.
        channels: 1 where every picture is stored in grey, otherwise 3.
        patients: name of each picture's patient, "" where not known; () where no picture has one.
        task: what the labels are: "classes"; or numbers, "continuous" or "ordinal" (grades).
        target_name: column that the labels were taken from, such as "label" or "severity".
        values: float64 [N], the labels of a task with numbers; None for classes. Then every entry of `labels`
            is −1 and `classes` is empty.
        broken: pictures that were left out, with the reason.
        notes: what else a reader should know, one sentence each.
    """

    name: str
    ids: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: np.ndarray[Any, np.dtype[np.int64]]
    classes: tuple[str, ...]
    split: tuple[str, ...]
    masks: tuple[Path | None, ...]
    columns: Mapping[str, np.ndarray[Any, Any]]
    channels: int
    patients: tuple[str, ...] = ()
    task: Task = "classes"
    target_name: str = "label"
    values: np.ndarray[Any, np.dtype[np.float64]] | None = None
    broken: tuple[BrokenFile, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the ids, classes, splits and contents; computed at the first call only.

        Raises:
            DatasetError: a file has gone since the folder was read.
        """
        return fingerprint_images(self.ids, [self.classes[i] for i in self.labels], self.split, self.paths)

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Positions of the pictures of one split, in order."""
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; expected one of {', '.join(SPLITS)}")
        return np.flatnonzero(np.array(self.split) == split)

    def subset(self, *, split: str) -> "ImageDataset":
        """The pictures of one split; classes, broken files and notes stay."""
        return self.take(self.rows(split))

    def take(self, rows: Sequence[int] | np.ndarray[Any, Any]) -> "ImageDataset":
        """The pictures at these positions, in this order."""
        index = np.asarray(rows, np.int64)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in index),
            paths=tuple(self.paths[i] for i in index),
            labels=_read_only(self.labels[index]),
            split=tuple(self.split[i] for i in index),
            masks=tuple(self.masks[i] for i in index),
            columns={name: _read_only(column[index]) for name, column in self.columns.items()},
            patients=tuple(self.patients[i] for i in index) if self.patients else (),
            values=None if self.values is None else _read_only(self.values[index]),
        )

    def describe(self) -> str:
        """One line of counts: images, classes, splits, skipped files."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        per_class = ", ".join(f"{name} {count}" for name, count in zip(self.classes, counts, strict=True))
        in_split = Counter(self.split)
        text = (
            f"{len(self):,} {_plural(len(self), 'image')}, {len(self.classes)} "
            f"{_plural(len(self.classes), 'class', 'classes')}: {per_class}; "
            + " / ".join(f"{in_split[split]} {split}" for split in SPLITS)
        )
        skipped = len(self.broken)
        return text + (f"; {skipped} {_plural(skipped, 'file')} skipped" if skipped else "")


def read_dataset(
    folder: str | os.PathLike[str], *, min_classes: int = 2, progress: Progress | None = None
) -> ImageDataset:
    """Read a folder of labelled pictures; their headers are checked, their pixels are not decoded.

    The folder holds `labels.csv` (columns file and label; label_name, split and mask if you have them;
    any others are kept) or one subfolder per class, perhaps below train/, valid/ and test/. Files that are
    missing or not readable pictures are left out and named in `broken`; `check_images` finds damage that
    a header does not show. Numeric labels order the classes by number, others by name.

    Args:
        folder: the data folder.
        min_classes: 2 for training; 1 is enough to look at pictures.
        progress: called as the headers are read.

    Raises:
        DatasetError: no pictures, too few classes, or a table that cannot be understood.
    """
    root = Path(folder).expanduser().absolute()
    listing = _list_images(root)
    headers = _in_parallel(lambda image: _header_or_reason(root / image.id), listing.images, progress)
    images = [image for image, header in zip(listing.images, headers, strict=True) if isinstance(header, int)]
    broken = list(listing.broken) + [
        BrokenFile(root / image.id, header)
        for image, header in zip(listing.images, headers, strict=True)
        if isinstance(header, str)
    ]
    classes, labels = classes_of(images)
    ids = [image.id for image in images]
    _require_classes(root.name, classes, labels, min_classes, broken)
    split, split_note = complete_splits(ids, labels, [image.split for image in images])
    masks, mask_note = _masks_of(root, images)
    return ImageDataset(
        name=root.name,
        ids=tuple(ids),
        paths=tuple(root / name for name in ids),
        labels=_read_only(np.array(labels, np.int64)),
        classes=classes,
        split=split,
        masks=masks,
        columns=columns_of(images),
        channels=max(header for header in headers if isinstance(header, int)),
        broken=tuple(broken),
        notes=(*listing.notes, *filter(None, (split_note, mask_note))),
    )


def check_images(dataset: ImageDataset, progress: Progress | None = None) -> ImageDataset:
    """Really decode every picture and leave out those that fail, named in `broken`.

    Raises:
        DatasetError: what remains has fewer classes with pictures than before, and fewer than two.
    """
    reasons = _in_parallel(_damage_of, dataset.paths, progress)
    sound = [row for row, reason in enumerate(reasons) if not reason]
    if len(sound) == len(dataset):
        return dataset
    found = (BrokenFile(path, why) for path, why in zip(dataset.paths, reasons, strict=True) if why)
    broken = [*dataset.broken, *found]
    kept = dataset.take(sound)
    n_before, n_left = len(set(dataset.labels.tolist())), len(set(kept.labels.tolist()))
    _require_classes(dataset.name, dataset.classes, kept.labels.tolist(), 2 if n_left < n_before else 0, broken)
    return replace(kept, broken=tuple(broken))


def _list_images(root: Path) -> Listing:
    if not root.is_dir():
        raise DatasetError(
            f"{root} is {'a file' if root.exists() else 'not there'}; expected a folder with {TABLE_NAME} "
            "or with one subfolder per class"
        )
    table = root / TABLE_NAME
    try:
        return list_table(table) if table.is_file() else list_class_folders(root)
    except OSError as error:
        raise DatasetError(f"{error.filename} cannot be read ({error.strerror}): check its rights") from error


def _in_parallel(work: Callable[[Any], Any], items: Sequence[Any], progress: Progress | None) -> list[Any]:
    """Results in order; threads, because PIL and the disk let go of the interpreter."""
    results = []
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for result in pool.map(work, items):
            results.append(result)
            if progress is not None:
                progress(len(results), len(items))
    return results


def _header_or_reason(path: Path) -> int | str:
    try:
        return inspect_image(path).channels
    except ImageError as error:
        return str(error)


def _damage_of(path: Path) -> str:
    try:
        read_image(path)
    except ImageError as error:
        return str(error)
    return ""


def _require_classes(
    name: str, classes: Sequence[str], labels: Sequence[int], least: int, broken: Sequence[BrokenFile]
) -> None:
    left = [classes[i] for i in sorted(set(labels))]
    if labels and len(left) >= least:
        return
    found = f"{len(left)} {_plural(len(left), 'class', 'classes')} with readable pictures"
    reasons = "; ".join(file.reason for file in broken[:3])
    raise DatasetError(
        f"{name} has {found}{' (' + ', '.join(left) + ')' if left else ''}; expected at least {max(1, least)}"
        + (f". {len(broken)} {_plural(len(broken), 'file')} skipped: {reasons}" if broken else "")
        + ": add pictures of another class, or check the labels and paths"
    )


def _masks_of(root: Path, images: Sequence[ListedImage]) -> tuple[tuple[Path | None, ...], str]:
    listed = [root / i.mask if i.mask and stays_inside(i.mask) else None for i in images]
    masks = tuple(path if path is not None and os.path.isfile(path) else None for path in listed)
    n_missing = sum(bool(image.mask) for image in images) - sum(mask is not None for mask in masks)
    return masks, f"{n_missing} {_plural(n_missing, 'mask')} listed but not found" if n_missing else ""


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or one + "s"
