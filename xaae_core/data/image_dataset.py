"""The type of a labelled set of pictures: fixed order, read-only, with its counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.fingerprints import fingerprint_images
from xaae_core.data.listings import BrokenFile
from xaae_core.data.splits import SPLITS
from xaae_core.data.tasks import Task
from xaae_core.signal_form import SignalForm


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
        form: what the signals look like, where the cases are signals rather than pictures.
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
    form: SignalForm | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the ids, classes, splits and contents; computed at the first call only.

        Raises:
            DatasetError: a file has gone since the folder was read.
        """
        return fingerprint_images(self.ids, self.label_texts(), self.split, self.paths)

    @property
    def is_numeric(self) -> bool:
        """Whether the labels are numbers rather than classes."""
        return self.values is not None

    def label_texts(self) -> list[str]:
        """The label of each picture in words: its class, or its number."""
        if self.values is not None:
            return [f"{value:g}" for value in self.values]
        return [self.classes[i] if i >= 0 else "" for i in self.labels]

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
        """One line of counts: images or signals, classes or range of the labels, splits, skipped files."""
        in_split = Counter(self.split)
        text = f"{self._describe_cases()}, {self._describe_labels()}; " + " / ".join(
            f"{in_split[split]} {split}" for split in SPLITS
        )
        skipped = len(self.broken)
        return text + (f"; {skipped} {_plural(skipped, 'file')} skipped" if skipped else "")

    def _describe_cases(self) -> str:
        form = self.form
        if form is None:
            return f"{len(self):,} {_plural(len(self), 'image')}"
        channels = f"{form.n_channels} {_plural(form.n_channels, 'channel')}"
        samples = f"{form.length:,} samples at {form.sampling_rate:g} Hz ({form.seconds:.3g} s)"
        return f"{len(self):,} {_plural(len(self), 'signal')} of {channels} × {samples}"

    def _describe_labels(self) -> str:
        if self.values is not None:
            low, high, mean = self.values.min(), self.values.max(), self.values.mean()
            return f"{self.target_name} from {low:g} to {high:g} (mean {mean:.3g})"
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        per_class = ", ".join(f"{name} {count}" for name, count in zip(self.classes, counts, strict=True))
        return f"{len(self.classes)} {_plural(len(self.classes), 'class', 'classes')}: {per_class}"


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or one + "s"
