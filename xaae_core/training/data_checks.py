"""What training refuses before it starts, because it could only fail or mislead later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaae_core.errors import TrainingError
from xaae_core.models.aae import XaaeBlocks
from xaae_core.models.signal_shapes import require_finite
from xaae_core.ms_ssim import SMALLEST_SIDE, WINDOW
from xaae_core.signal_form import signal_form_of
from xaae_core.training.settings import TrainingSettings
from xaae_core.training.whole_data import check_whole_data, first_batch, is_read_by_this_tool, plain_inputs

_TOLERANCE = 1e-3
Learns = Literal["classes", "numbers", "nothing"]


@dataclass(frozen=True)
class TrainingData:
    """What is known of the loaders.

    Attributes:
        classes: names of the classes, in the order of the logits.
        targets: class index, or number, of each training image [N]; empty where the model does not learn it.
        n_train: number of training images.
        n_valid: number of validation images.
        batch_size: images per training batch.
        fingerprint: the loaders' `xaae_fingerprint`, or "".
        name: the loaders' `xaae_name`, or "".
    """

    classes: tuple[str, ...]
    targets: NDArray[Any]
    n_train: int
    n_valid: int
    batch_size: int
    fingerprint: str
    name: str

    def identity(self) -> dict[str, Any]:
        """What a run's signature says of the data."""
        return {
            "classes": list(self.classes),
            "n_train": self.n_train,
            "n_valid": self.n_valid,
            "batch_size": self.batch_size,
            "fingerprint": self.fingerprint,
        }


def check_data(model: XaaeBlocks, dls: Any, settings: TrainingSettings) -> TrainingData:
    """Look at the loaders and one batch, of signals at all of them; draws random numbers.

    Raises:
        TrainingError: something that training would fail on, named with its remedy.
        SignalError: signals that are not numbers everywhere.
    """
    _check_size(model, settings)
    data = check_cases(model, dls, learns="numbers" if model.is_regressor else "classes")
    form = model.signal_form
    if form is not None and not is_read_by_this_tool(dls):
        check_whole_data(dls, lambda x, name: require_finite(x, form, name))
    return data


def check_cases(model: Any, dls: Any, *, learns: Learns, takes_pairs: bool = False) -> TrainingData:
    """Look at the loaders of any model and one batch; draws random numbers.

    Args:
        model: has `input_size`, `input_channels` and `classes`.
        dls: fastai `DataLoaders`.
        learns: what the model learns of the labels; "nothing": they are not looked at.
        takes_pairs: whether batches may be pairs of cases [B, 2, …].

    Raises:
        TrainingError: something that training would fail on, named with its remedy.
    """
    n_valid, batch_size = _check_counts(dls)
    classes, targets = _labels(model, dls, learns)
    _check_batch(model, plain_inputs(first_batch(dls)), dls, takes_pairs=takes_pairs)
    return TrainingData(
        classes,
        targets,
        len(dls.train.dataset),
        n_valid,
        batch_size,
        str(getattr(dls, "xaae_fingerprint", "")),
        str(getattr(dls, "xaae_name", "")),
    )


def _labels(model: Any, dls: Any, learns: Learns) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Names of the classes, and the training targets as far as they are learned."""
    if learns == "nothing":
        return tuple(str(name) for name in getattr(dls, "vocab", None) or ()), np.empty(0)
    if learns == "numbers":
        numbers = read_targets(dls.train, is_numeric=True)
        _check_numbers(numbers)
        return (str(getattr(dls, "xaae_target", "") or "target"),), numbers
    classes = _classes(model, dls)
    targets = read_targets(dls.train)
    _check_targets(targets, classes)
    return classes, targets


def class_weight_tensor(settings: TrainingSettings, data: TrainingData) -> Tensor | None:
    """Weights of the cross-entropy [classes]; "balanced" is N / (classes · count), as scikit-learn's.

    Raises:
        TrainingError: another number of weights than of classes.
    """
    weights = settings.class_weights
    if weights is None:
        return None
    if data.targets.dtype != np.int64:
        raise TrainingError(f"class_weights is {weights}, but the targets are numbers, not classes: leave it out")
    if isinstance(weights, str):
        counts = np.bincount(data.targets, minlength=len(data.classes))
        balanced = len(data.targets) / (len(data.classes) * np.maximum(counts, 1))
        return torch.tensor(balanced, dtype=torch.float32)
    if len(weights) != len(data.classes):
        raise TrainingError(f"class_weights has {len(weights)} numbers; expected {len(data.classes)}, one per class")
    return torch.tensor([float(weight) for weight in weights])


def read_targets(loader: Any, *, is_numeric: bool = False) -> NDArray[Any]:
    """Class index (or number) of each image of a loader's data set [N], without opening an image where that can be.

    fastai's `Datasets` know their targets, torchvision's data sets have `targets`; otherwise every item
    is read once.
    """
    dataset, kind = loader.dataset, np.float64 if is_numeric else np.int64
    if hasattr(dataset, "tls"):
        targets = [float(target) for target in dataset.tls[-1]]
    elif hasattr(dataset, "targets"):
        targets = dataset.targets
    else:
        targets = [float(dataset[index][1]) for index in range(len(dataset))]
    return np.asarray(targets).astype(kind)


def _check_size(model: XaaeBlocks, settings: TrainingSettings) -> None:
    shortest = min(model.input_size)
    needs_recons = settings.epochs_ae or settings.epochs_classif
    name, smallest = ("MS-SSIM", SMALLEST_SIDE) if settings.recons_metric == "ms_ssim" else ("SSIM", WINDOW)
    if needs_recons and shortest < smallest:
        way_out = ', or train with recons_metric="ssim"' if name == "MS-SSIM" and shortest >= WINDOW else ""
        if model.signal_form is None:
            what, where = f"images are {'×'.join(map(str, reversed(model.input_size)))} px", " on each side"
        else:
            what, where = f"signals have {shortest} samples", ""
        raise TrainingError(
            f"the model's {what}; {name} in the reconstruction loss needs at least {smallest}{where}: use a larger "
            f"input_size{way_out}"
        )


def _check_counts(dls: Any) -> tuple[int, int]:
    """(validation images, batch size) of loaders that can be trained with."""
    n_train, n_valid = len(dls.train.dataset), len(dls.valid.dataset) if len(dls.loaders) > 1 else 0
    batch_size = int(dls.train.bs or 0)
    if n_valid == 0:
        raise TrainingError(
            "the validation set is empty; expected images to choose the best weights by: split some off"
        )
    if batch_size < 2:
        raise TrainingError(f"the batch size is {batch_size}; batch norm needs at least 2 images: raise bs")
    if len(dls.train) == 0:
        raise TrainingError(
            f"{n_train} training images make no batch of {batch_size} (drop_last): lower bs or add images"
        )
    if n_train % batch_size == 1 and not dls.train.drop_last:
        raise TrainingError(
            f"{n_train} training images in batches of {batch_size} leave a last batch of 1, which batch norm "
            "cannot train on: set drop_last=True or another bs"
        )
    return n_valid, batch_size


def _classes(model: Any, dls: Any) -> tuple[str, ...]:
    vocab: Sequence[Any] | None = getattr(dls, "vocab", None)
    if vocab is None:
        return tuple(f"class {index}" for index in range(model.classes))
    if len(vocab) != model.classes:
        raise TrainingError(
            f"the data have {len(vocab)} classes ({', '.join(map(str, vocab[:8]))}), the model {model.classes}: "
            f"build it with classes={len(vocab)}"
        )
    return tuple(str(name) for name in vocab)


def _check_targets(targets: NDArray[np.int64], classes: Sequence[str]) -> None:
    found = np.unique(targets)
    if len(found) and (found[0] < 0 or found[-1] >= len(classes)):
        raise TrainingError(
            f"the training targets run from {found[0]} to {found[-1]}; expected class indices 0 to {len(classes) - 1}"
        )
    if len(found) < 2:
        only = f'"{classes[int(found[0])]}"' if len(found) else "none"
        raise TrainingError(f"the training images are all of one class ({only}); expected at least two classes")


def _check_numbers(targets: NDArray[np.float64]) -> None:
    if not np.isfinite(targets).all():
        raise TrainingError(
            f"{int((~np.isfinite(targets)).sum())} training targets are not finite numbers; a model of classes=1 "
            "learns a number for each image: leave those images out"
        )
    if np.ptp(targets) == 0:
        raise TrainingError(f"every training target is {targets[0]:g}; expected different numbers to learn from")


def _check_batch(model: Any, x: Tensor, dls: Any, *, takes_pairs: bool) -> None:
    form = signal_form_of(model)
    expected = (model.input_channels, *model.input_size)
    if tuple(x.shape[1:]) not in ((expected, (2, *expected)) if takes_pairs else (expected,)):
        remedy = "resize the images" if form is None else "cut the signals and choose their channels"
        raise TrainingError(
            f"the batches are of shape {tuple(x.shape)}, the model takes [B, {', '.join(map(str, expected))}]: "
            f"{remedy}, or build the model with their input_size and input_channels"
        )
    if not x.is_floating_point():
        raise TrainingError(f"the images are {x.dtype}; expected floats in [0, 1]: add IntToFloatTensor")
    if form is not None:  # whose range is only meant to be about [0, 1]
        require_finite(x.reshape(-1, *expected), form)
    low, high = float(x.min()), float(x.max())
    if form is None and not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):
        steps = " ".join(str(step) for step in getattr(getattr(dls.train, "after_batch", None), "fs", []))
        cause = "remove the Normalize transform" if "Normalize" in steps else "scale them to [0, 1]"
        raise TrainingError(
            f"the first batch has values from {low:.3g} to {high:.3g}; expected pixels in [0, 1] "
            f"(the model normalises inside): {cause}"
        )
