"""What the experiments run on: MNIST or ECG5000 from a file, or scikit-learn's digits, which need none."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaae_core.errors import DatasetError

Kind = Literal["images", "signals"]
Labels = NDArray[np.int64]
SIDE = 28
"""Pixels on a side of every picture here: the size that the networks of the experiments are made for."""
_MNIST = ("x_train", "y_train", "x_test", "y_test")
_ECG = ("x", "y")
_TEST_SHARE = 0.3
_NORMAL = 1


@dataclass(frozen=True, eq=False)
class ExperimentData:
    """Cases to train on and cases to explain.

    Attributes:
        name: "MNIST", "ECG5000" or "digits".
        kind: "images" [N, 1, 28, 28] in [0, 1], or "signals" [N, T, 1].
        x_train: float32.
        y_train: class numbers [N].
        x_test: float32.
        y_test: class numbers [N].
        classes: names by number.
        sha256: of the file, or of the arrays where there is none.
        note: what a reader must know of it.
    """

    name: str
    kind: Kind
    x_train: Tensor
    y_train: Labels
    x_test: Tensor
    y_test: Labels
    classes: tuple[str, ...]
    sha256: str
    note: str = ""

    @property
    def baseline(self) -> Tensor:
        """What stands for nothing [1, …]: black, or the mean training signal."""
        return torch.zeros_like(self.x_train[:1]) if self.kind == "images" else self.x_train.mean(dim=0, keepdim=True)

    @property
    def feature(self) -> str:
        """What a share of the input is a share of, in words."""
        return "pixels" if self.kind == "images" else "time steps"


def read_data(source: str | Path, *, seed: int = 0) -> ExperimentData:
    """MNIST (`x_train`, `y_train`, `x_test`, `y_test`) or ECG5000 (`x`, `y`) from an .npz file, or "digits".

    Raises:
        DatasetError: no such file, or one that holds neither.
    """
    if str(source) == "digits":
        return _digits(seed)
    path = Path(source)
    if not path.is_file():
        raise DatasetError(
            f'there is no file {path}: give the .npz file of MNIST or of ECG5000, or "digits", which needs none'
        )
    found = _arrays_of(path)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    if set(_MNIST) <= found.keys():
        return _mnist(found, sha, path.name)
    if set(_ECG) <= found.keys():
        return _ecg5000(found, sha, path.name, seed)
    raise DatasetError(
        f"{path.name} holds {', '.join(sorted(found)) or 'nothing'}; expected {', '.join(_MNIST)} (MNIST) or "
        f"{', '.join(_ECG)} (ECG5000)"
    )


def _arrays_of(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name."""
    if not zipfile.is_zipfile(path):  # NumPy would take any other file for a pickle, and advise to run it
        raise DatasetError(
            f"{path.name} cannot be read: it is no whole .npz file; expected arrays saved with numpy.savez"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise DatasetError(f"{path.name} cannot be read ({error}): expected an .npz file of numbers") from error


def balanced_rows(labels: Labels, n: int, seed: int) -> NDArray[np.int64]:
    """At most `n` different rows, of each class as many as the others have, or all it has; in the rows' order.

    Raises:
        DatasetError: `n` below the number of classes.
    """
    classes = np.unique(labels)
    if n < len(classes):
        raise DatasetError(f"{n} cases of {len(classes)} classes: expected at least one of each")
    rng = np.random.default_rng(seed)
    queues = [rng.permutation(np.flatnonzero(labels == each)).tolist() for each in classes]
    chosen: list[int] = []
    while len(chosen) < n and any(queues):
        chosen += [queue.pop() for queue in queues if queue][: n - len(chosen)]
    return np.sort(np.array(chosen, dtype=np.int64))


def split_rows(labels: Labels, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two parts without overlap, the second with `share` of each class, rounded; each class keeps one in the first."""
    rng = np.random.default_rng(seed)
    second: list[int] = []
    for each in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == each))
        second += rows[: min(round(share * len(rows)), len(rows) - 1)].tolist()
    taken = np.zeros(len(labels), bool)
    taken[second] = True
    return np.flatnonzero(~taken), np.flatnonzero(taken)


def _mnist(found: dict[str, NDArray[Any]], sha: str, name: str) -> ExperimentData:
    for part in ("train", "test"):
        pictures, labels = found[f"x_{part}"], found[f"y_{part}"]
        if pictures.ndim != 3 or pictures.shape[1:] != (SIDE, SIDE) or pictures.dtype != np.uint8:
            raise DatasetError(
                f"{name}: x_{part} is {pictures.dtype} {pictures.shape}; expected uint8 [N, {SIDE}, {SIDE}]"
            )
        if labels.shape != pictures.shape[:1]:
            raise DatasetError(f"{name}: {len(pictures)} pictures in x_{part}, {labels.size} labels in y_{part}")
    return ExperimentData(
        "MNIST", "images", *_part(found, "train"), *_part(found, "test"), tuple("0123456789"), sha
    )  # fmt: skip


def _part(found: dict[str, NDArray[Any]], part: str) -> tuple[Tensor, Labels]:
    pictures = torch.from_numpy(found[f"x_{part}"]).float().div_(255)[:, None]  # [N, 1, 28, 28]
    return pictures, found[f"y_{part}"].astype(np.int64)


def _ecg5000(found: dict[str, NDArray[Any]], sha: str, name: str, seed: int) -> ExperimentData:
    signals, labels = found["x"], found["y"]
    if signals.ndim != 2 or labels.shape != signals.shape[:1] or not np.isfinite(signals).all():
        raise DatasetError(
            f"{name}: x is {signals.shape} and y {labels.shape}; expected finite [N, T], one channel, and [N]: of "
            "several channels take one, or train on them with xaae train"
        )
    x = torch.from_numpy(signals.astype(np.float32))[:, :, None]  # [N, T, 1]
    train, test = split_rows(labels.astype(np.int64), _TEST_SHARE, seed)
    y = (labels != _NORMAL).astype(np.int64)
    if not 0 < y.mean() < 1:
        raise DatasetError(
            f"{name}: y knows {np.unique(labels).tolist()}; expected class {_NORMAL}, normal, and others"
        )
    note = (
        f"{len(test)} of the {len(labels)} beats of this file are the test part, {_TEST_SHARE:.0%} of each class "
        f"(seed {seed}): the published test part is not in it"
    )
    return ExperimentData(
        "ECG5000", "signals", x[train], y[train], x[test], y[test], ("normal", "abnormal"), sha, note
    )  # fmt: skip


def _digits(seed: int) -> ExperimentData:
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    small = torch.from_numpy(pictures.astype(np.float32)).div_(16).view(-1, 1, 8, 8)
    large = resize(small, SIDE)
    y = labels.astype(np.int64)
    train, test = split_rows(y, _TEST_SHARE, seed)
    return ExperimentData(
        "digits", "images", large[train], y[train], large[test], y[test], tuple("0123456789"),
        hashlib.sha256(pictures.tobytes()).hexdigest(), f"scikit-learn's digits, enlarged from 8×8 to {SIDE}×{SIDE}",
    )  # fmt: skip


def resize(pictures: Tensor, side: int) -> Tensor:
    """Pictures [N, C, H, W] in [0, 1] as [N, C, side, side], bilinear."""
    made = torch.nn.functional.interpolate(pictures, (side, side), mode="bilinear", antialias=True)
    return made.clamp_(0, 1)
