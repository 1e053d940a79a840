"""What a user asks of a training, from a page, a command line or a file; checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from app.training.request_checks import check_request
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.tasks import TaskWish
from xaae_core.errors import TrainingError
from xaae_core.models.catalogue import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from xaae_core.data.dataset import ImageDataset

UNBALANCED = 1.5
"""Classes count as unbalanced when one is at least this many times as frequent as another."""


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What a user asks of a training; None leaves a setting to the preset, the model or the data.

    Attributes:
        model: name of the model, see `xaae_core.models.catalogue`. Others than xAAEnet have no preset, no encoder,
            and none of what belongs to its phases.
        options: the model's own settings, see `ModelEntry.options`.
        preset: name of the preset, see `xaae_core.training.presets`.
        columns: which column of the data's table is which.
        task: what the labels are, see `find_targets`.
        encoder: name of the encoder, see `build_encoder`.
        weights: file of the encoder's pretrained weights, instead of the download.
        freeze_encoder: leave the encoder as it is.
        size: (height, width) of the model's images in pixels.
        channels: 1 or 3; None: as the pictures are stored.
        dims: size of z.
        batch_size: images a batch.
        recons_metric: "ms_ssim" or "ssim".
        target: the class that "+" means; the second class if None. Numbers mean more of themselves.
        is_balanced: weigh the classes of the cross-entropy by their frequencies; None: where one is at least
            `UNBALANCED` times as frequent as another.
        has_flips: mirror every other training image.
        resize: "pad" or "squash", see `read_image`.
        window: (centre, width) of the grey scale of DICOM and NIfTI pictures; None: the files' own.
        signals: of a folder of signals, what their files do not say: length, sampling rate, channels.
        seed: of everything random.
        find_lr: look for the peak learning rate before training, see `find_learning_rate`.
        epochs_consistency: epochs of `make_moves_consistent`.
        epochs_sharpening: epochs of `sharpen_skips`.
        training: arguments of `train_xaaenet` instead of the preset's; of another model, of `train_autoencoder`.

    Raises:
        TrainingError: a value that cannot be used; names it and what was expected.
    """

    model: str = DEFAULT_MODEL
    options: Mapping[str, Any] = field(default_factory=dict)
    preset: str = "standard"
    columns: TableColumns = field(default_factory=TableColumns)
    task: TaskWish = "auto"
    encoder: str | None = None
    weights: Path | None = None
    freeze_encoder: bool = False
    size: tuple[int, int] | None = None
    channels: int | None = None
    dims: int | None = None
    batch_size: int | None = None
    recons_metric: Literal["ms_ssim", "ssim"] | None = None
    target: str | None = None
    is_balanced: bool | None = None
    has_flips: bool = False
    resize: Literal["pad", "squash"] = "pad"
    window: tuple[float, float] | None = None
    signals: SignalOptions = field(default_factory=SignalOptions)
    seed: int = 0
    find_lr: bool = False
    epochs_consistency: int | None = None
    epochs_sharpening: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("training", "options"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        check_request(self)

    @property
    def is_xaaenet(self) -> bool:
        """Whether xAAEnet is asked for, which has presets and phases."""
        return self.model == DEFAULT_MODEL

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TrainingRequest:
        """The request that JSON or TOML values say, as `to_mapping` writes them.

        Raises:
            TrainingError: an unknown setting, or a value that cannot be used.
        """
        known = [entry.name for entry in fields(cls)]
        unknown = sorted(values.keys() - set(known))
        if unknown:
            raise TrainingError(f"unknown settings: {', '.join(unknown)}; expected some of {', '.join(known)}")
        given = {name: value for name, value in values.items() if value is not None}
        makers: dict[str, Callable[[Any], Any]] = {
            "size": tuple,
            "window": tuple,
            "weights": Path,
            "columns": _columns,
            "signals": _signals,
        }
        for name, make in makers.items():
            if name in given:
                try:
                    given[name] = make(given[name])
                except TypeError as error:
                    raise TrainingError(f"{name} is {given[name]!r}: {error}") from error
        return cls(**given)

    def to_mapping(self) -> dict[str, Any]:
        """What differs from the defaults, as JSON or TOML values."""
        plain = TrainingRequest()
        said = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if getattr(self, entry.name) != getattr(plain, entry.name)
            or entry.name == ("preset" if self.is_xaaenet else "model")
        }
        for name, make in (("size", list), ("window", list), ("weights", str), ("training", dict), ("options", dict)):
            if name in said:
                said[name] = make(said[name])
        for name, value in (("columns", self.columns), ("signals", self.signals)):
            said |= {name: value.to_mapping()} if name in said else {}
        return said

    def read_data(
        self, data: Path, progress: Callable[[int, int], None] | None = None, *, min_classes: int = 2
    ) -> ImageDataset:
        """Read a data folder or table as this request understands it; raises DatasetError."""
        from xaae_core.data.dataset import read_dataset

        return read_dataset(
            data,
            columns=self.columns,
            task=self.task,
            min_classes=min_classes,
            signals=self.signals,
            progress=progress,
        )

    def class_weights(self, dataset: ImageDataset) -> list[float] | None:
        """A weight per class for the cross-entropy; None where all classes weigh the same, or for numbers."""
        if dataset.is_numeric or self.is_balanced is False:
            return None
        weights = balanced_weights(dataset)
        is_wanted = self.is_balanced or max(weights) >= UNBALANCED * min(weights)
        return weights if is_wanted else None

    def target_in(self, dataset: ImageDataset) -> str:
        """What "+" means, a class or the column of numbers; raises TrainingError if the data have no such class."""
        if dataset.is_numeric:
            if self.target not in (None, dataset.target_name):
                raise TrainingError(
                    f'the target is "{self.target}", but the data are labelled with the numbers of '
                    f"{dataset.target_name}: leave the target out, or name its column as the label"
                )
            return dataset.target_name
        if self.target is not None and self.target not in dataset.classes:
            raise TrainingError(
                f'the target is "{self.target}"; expected one of the classes {", ".join(dataset.classes)}'
            )
        return self.target or dataset.classes[1]


def balanced_weights(dataset: ImageDataset) -> list[float]:
    """A weight per class, N / (classes · count) over the training pictures; they weigh 1 on average."""
    import numpy as np

    labels = dataset.labels[dataset.rows("train")]
    counts = np.bincount(labels, minlength=len(dataset.classes))
    return [float(weight) for weight in len(labels) / (len(counts) * np.maximum(counts, 1))]


def _signals(said: Any) -> SignalOptions:
    return said if isinstance(said, SignalOptions) else SignalOptions.from_mapping(said)


def _columns(names: Any) -> TableColumns:
    return names if isinstance(names, TableColumns) else TableColumns(**names)
