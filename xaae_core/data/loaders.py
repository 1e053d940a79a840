"""fastai DataLoaders of labelled pictures or signals: float32, without normalisation, in a seeded order."""

import random
from collections.abc import Sequence
from operator import index as as_int
from typing import Any

import numpy as np
import torch
from fastai.data.block import CategoryBlock, DataBlock, RegressionBlock, TransformBlock
from fastai.data.core import DataLoaders, Transform
from fastai.vision.core import PILImage  # noqa: F401  registers how fastai shows tensors as images

from xaae_core.data.augmentation import Augment
from xaae_core.data.dataset import ImageDataset
from xaae_core.data.images import Resize
from xaae_core.data.loader_transforms import AugmentTraining, ReadPixels, ReadSignals
from xaae_core.data.pixel_sources import CACHE_BYTES, ArrayPixels, FilePixels
from xaae_core.data.signal_source import FileSignals
from xaae_core.data.windows import Window
from xaae_core.errors import DatasetError
from xaae_core.signal_form import SignalForm


def make_dataloaders(
    dataset: ImageDataset,
    *,
    input_size: int | tuple[int, ...],
    input_channels: int,
    batch_size: int = 16,
    resize: Resize = "pad",
    window: Window | None = None,
    augment: Augment | None = None,
    seed: int = 0,
    num_workers: int = 0,
    device: torch.device | str | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> DataLoaders:
    """Loaders over the train and valid splits; the test split stays out.

    Batches are (TensorImage [B, C, H, W] float32 in [0, 1], TensorCategory [B]), with float32 numbers [B] instead
    for numeric labels; `dls.vocab` is the dataset's classes in their order; the last, smaller batch of training is
    left out. The order of the training images hangs on `dls.train.rng` alone. Items are the dataset's paths: all of
    train, in order and unchanged, is `dls.test_dl(dls.train_ds.items, with_labels=True)`, and `dls.test_dl([path])`
    reads a new picture. Of a data set of signals the batches are (TensorSignal [B, C, T], …), scaled by its form.

    Args:
        dataset: see `read_dataset`; run `check_images` first, as a damaged picture stops an epoch.
        input_size: the model's (height, width), or one number for both, in pixels; of signals (samples,).
        input_channels: 1 or 3; of signals the form's.
        batch_size: images per batch.
        resize: "pad" or "squash", see `read_image`.
        window: grey scale of DICOM and NIfTI pictures, see `read_image`.
        augment: changes of the training images, none by default.
        seed: of the order and the changes.
        num_workers: processes that read; with 0 pictures are read here and kept once read.
        device: where batches go; fastai's default (an accelerator if there is one) when None.
        cache_bytes: memory for kept pictures; see `FilePixels`.

    Raises:
        DatasetError: fewer training images than one batch, one class in train, no valid images, or pictures for a model
            of signals, or the other way round.
        ImageError: the first picture cannot be read.
    """
    kept_bytes = 0 if num_workers else cache_bytes
    reader: Transform
    if dataset.form is None:
        source = FilePixels(
            dataset.paths,
            size=_picture_size(input_size),
            channels=input_channels,
            resize=resize,
            window=window,
            cache_bytes=kept_bytes,
        )
        reader = ReadPixels(source)
    else:
        _require_form(dataset.form, input_size, input_channels, augment)
        reader = ReadSignals(FileSignals(dataset.paths, dataset.form, cache_bytes=kept_bytes))
    return _dataloaders(
        reader,
        dataset.paths,
        dataset.labels if dataset.values is None else dataset.values,
        dataset.split,
        dataset.classes,
        augment=augment,
        batch_size=batch_size,
        seed=seed,
        num_workers=num_workers,
        device=device,
    )


def dataloaders_from_arrays(
    images: np.ndarray[Any, Any],
    labels: Sequence[float] | np.ndarray[Any, Any],
    splits: Sequence[str] | np.ndarray[Any, Any],
    classes: Sequence[str],
    *,
    batch_size: int = 16,
    augment: Augment | None = None,
    seed: int = 0,
    num_workers: int = 0,
    device: torch.device | str | None = None,
) -> DataLoaders:
    """The same loaders from images in memory, which are not copied.

    Args:
        images: [N, C, H, W], uint8 in 0…255 or float32 in [0, 1].
        labels: [N], positions in `classes`, or numbers to be learned where `classes` is empty.
        splits: [N], "train", "valid" or "test"; test stays out.
        classes: names of the classes; () for numbers.
        batch_size: images per batch.
        augment: changes of the training images, none by default.
        seed: of the order and the changes.
        num_workers: processes that read.
        device: where batches go; fastai's default when None.

    Raises:
        ValueError: shapes, types, ranges or lengths do not fit.
        DatasetError: fewer training images than one batch, one class in train, or no valid images.
    """
    if not len(images) == len(labels) == len(splits):
        raise ValueError(
            f"{len(images)} images, {len(labels)} labels and {len(splits)} splits; expected as many of each"
        )
    return _dataloaders(
        ReadPixels(ArrayPixels(images)),
        range(len(images)),
        labels,
        splits,
        classes,
        augment=augment,
        batch_size=batch_size,
        seed=seed,
        num_workers=num_workers,
        device=device,
    )


def _dataloaders(
    reader: Transform,
    items: Sequence[Any],
    labels: Sequence[float] | np.ndarray[Any, Any],
    splits: Sequence[str] | np.ndarray[Any, Any],
    classes: Sequence[str],
    *,
    augment: Augment | None,
    batch_size: int,
    seed: int,
    num_workers: int,
    device: torch.device | str | None,
) -> DataLoaders:
    targets: list[Any] = _class_names(labels, classes) if classes else [float(label) for label in labels]
    train, valid = ([i for i, name in enumerate(splits) if name == split] for split in ("train", "valid"))
    _require_trainable(train, valid, targets, batch_size)
    target_of = dict(zip(items, targets, strict=True))
    changes = [AugmentTraining(augment)] if augment else []
    block = DataBlock(
        blocks=(
            TransformBlock(type_tfms=reader),
            CategoryBlock(vocab=list(classes), sort=False) if classes else RegressionBlock(),
        ),
        get_y=_FindTarget(target_of),
        splitter=_FixedSplit(train, valid),
        batch_tfms=changes,
    )
    loaders = block.dataloaders(
        list(items),
        bs=batch_size,
        drop_last=True,
        num_workers=num_workers,
        device=None if device is None else torch.device(device),
    )
    loaders.train.rng = random.Random(seed)
    for change in changes:
        change.loader = loaders.train
    return loaders


def _picture_size(input_size: int | tuple[int, ...]) -> tuple[int, int]:
    sides = (input_size, input_size) if isinstance(input_size, int) else input_size
    if len(sides) != 2:
        raise DatasetError(
            f"the model takes signals of {sides[0]:,} samples, and the data are pictures: give a folder of signals, or "
            "a model of pictures"
        )
    return sides[0], sides[1]


def _require_form(form: SignalForm, input_size: Any, input_channels: int, augment: Augment | None) -> None:
    """Refuse a model that does not take signals of this form, and changes that only pictures know."""
    length = input_size if isinstance(input_size, int) else input_size[-1]
    is_picture = not isinstance(input_size, int) and len(input_size) != 1
    if is_picture or (length, input_channels) != (form.length, form.n_channels):
        takes = "pictures" if is_picture else f"signals of {input_channels} channels and {length:,} samples"
        raise DatasetError(
            f"the data are signals of {form.n_channels} channels and {form.length:,} samples, the model takes {takes}: "
            "build it for the data's form"
        )
    if augment is not None and augment != Augment():
        raise DatasetError("the training cases are signals, which are neither mirrored nor turned: leave augment out")


class _FindTarget(Transform):
    """An item becomes the name of its class, or its number."""

    def __init__(self, target_of: dict[Any, Any]) -> None:
        super().__init__()
        self.target_of = target_of

    def encodes(self, item: Any) -> Any:
        return self.target_of[item]


class _FixedSplit:
    """The rows of train and valid, whatever the items."""

    def __init__(self, train: list[int], valid: list[int]) -> None:
        self.train, self.valid = train, valid

    def __call__(self, items: object) -> tuple[list[int], list[int]]:
        del items
        return self.train, self.valid


def _class_names(labels: Sequence[float] | np.ndarray[Any, Any], classes: Sequence[str]) -> list[str]:
    positions = [as_int(label) for label in np.asarray(labels).tolist()]
    if positions and not 0 <= min(positions) <= max(positions) < len(classes):
        raise ValueError(
            f"labels run from {min(positions)} to {max(positions)}; expected 0 to {len(classes) - 1}, "
            f"positions in the {len(classes)} classes"
        )
    return [classes[position] for position in positions]


def _require_trainable(train: list[int], valid: list[int], targets: list[Any], batch_size: int) -> None:
    if len(train) < batch_size:
        raise DatasetError(
            f"{len(train)} training images are fewer than one batch of {batch_size}: lower batch_size or add images"
        )
    if len({targets[i] for i in train}) < 2:
        raise DatasetError(
            f"all {len(train)} training images are labelled {targets[train[0]]}; expected at least two "
            "different labels in the split train"
        )
    if not valid:
        raise DatasetError(
            "no image is in the split valid; expected some, to choose the best weights: name them in the "
            "column split, or leave the split out so that one is drawn"
        )
