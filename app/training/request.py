"""What a user asks of a training, from a page, a command line or a file; checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from xaae_core.data.table_columns import TableColumns
from xaae_core.data.tasks import TASKS, TaskWish
from xaae_core.errors import TrainingError
from xaae_core.training.presets import Preset, find_preset

if TYPE_CHECKING:
    from collections.abc import Callable

    from xaae_core.data.dataset import ImageDataset

UNBALANCED = 1.5
"""Classes count as unbalanced when one is at least this many times as frequent as another."""

_TRAINING_SETTINGS = frozenset(
    (
        *("epochs_adv", "epochs_ae", "epochs_classif", "ae_recons_weight", "ae_adv_weight", "classif_recons_weight"),
        *("classif_class_weight", "classif_adv_weight", "lr_max", "lr_max_factor", "mask_ratio", "patch_size"),
        *("noise_std", "adv_low_threshold", "adv_high_threshold", "grad_accum", "patience", "cycle_weight"),
        *("early_stopping",),
    )
)
"""Arguments of `train_xaaenet` that a request may give."""


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What a user asks of a training; None leaves a setting to the preset or to the data.

    Attributes:
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
        seed: of everything random.
        find_lr: look for the peak learning rate before training, see `find_learning_rate`.
        epochs_consistency: epochs of `make_moves_consistent`.
        epochs_sharpening: epochs of `sharpen_skips`.
        training: arguments of `train_xaaenet` instead of the preset's.

    Raises:
        TrainingError: a value that cannot be used; names it and what was expected.
    """

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
    seed: int = 0
    find_lr: bool = False
    epochs_consistency: int | None = None
    epochs_sharpening: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "training", MappingProxyType(dict(self.training)))
        _check_request(self)

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
        for name, make in (("size", tuple), ("window", tuple), ("weights", Path), ("columns", _columns)):
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
            if getattr(self, entry.name) != getattr(plain, entry.name) or entry.name == "preset"
        }
        for name, make in (("size", list), ("window", list), ("weights", str), ("training", dict)):
            if name in said:
                said[name] = make(said[name])
        return {**said, **({"columns": self.columns.to_mapping()} if "columns" in said else {})}

    def read_data(
        self, data: Path, progress: Callable[[int, int], None] | None = None, *, min_classes: int = 2
    ) -> ImageDataset:
        """Read a data folder or table as this request understands it; raises DatasetError."""
        from xaae_core.data.dataset import read_dataset

        return read_dataset(data, columns=self.columns, task=self.task, min_classes=min_classes, progress=progress)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the model's images: what was asked for, or the preset's."""
        side = find_preset(self.preset).side
        return self.size or (side, side)

    def plan(self) -> Preset:
        """The preset with what was asked instead."""
        preset = find_preset(self.preset)
        names = ("encoder", "batch_size", "epochs_consistency", "epochs_sharpening")
        model = _given(encoding_dims=self.dims, recons_metric=self.recons_metric)
        if self.freeze_encoder:
            model["freeze_encoder"] = True
        return replace(
            preset,
            **_given(**{name: getattr(self, name) for name in names}),
            model={**preset.model, **model},
            training={**preset.training, **self.training},
        )

    def settings(self) -> dict[str, Any]:
        """All settings as JSON values, for a model card."""
        return {
            **self.plan().settings(),
            "columns": self.columns.to_mapping(),
            "task": self.task,
            "size": list(self.image_size),
            "resize": self.resize,
            "window": list(self.window) if self.window else None,
            "balanced": self.is_balanced,
            "flips": self.has_flips,
            "find_lr": self.find_lr,
            "seed": self.seed,
        }

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


def _columns(names: Any) -> TableColumns:
    return names if isinstance(names, TableColumns) else TableColumns(**names)


def _check_request(request: TrainingRequest) -> None:
    """Raise TrainingError for what cannot be used; the training itself checks its own arguments."""
    find_preset(request.preset)
    sides = request.size
    is_size = sides is None or (len(sides) == 2 and all(type(side) is int and 16 <= side <= 4096 for side in sides))
    window = request.window
    for is_right, name, value, expected in (
        (is_size, "size", sides, "(height, width) in whole pixels of 16 to 4096"),
        (request.task in TASKS, "task", request.task, f"one of {', '.join(TASKS)}"),
        (request.channels in (None, 1, 3), "channels", request.channels, "1, 3 or nothing"),
        (request.dims is None or request.dims >= 1, "dims", request.dims, "1 or more"),
        (request.batch_size is None or request.batch_size >= 2, "batch_size", request.batch_size, "2 or more"),
        (request.recons_metric in (None, "ms_ssim", "ssim"), "recons_metric", request.recons_metric, "ms_ssim, ssim"),
        (request.resize in ("pad", "squash"), "resize", request.resize, "pad or squash"),
        (window is None or (len(window) == 2 and window[1] > 0), "window", window, "(centre, width), width above 0"),
    ):
        if not is_right:
            raise TrainingError(f"{name} is {value!r}; expected {expected}")
    unknown = sorted(request.training.keys() - _TRAINING_SETTINGS)
    if unknown:
        raise TrainingError(
            f"unknown training settings: {', '.join(unknown)}; expected some of {', '.join(sorted(_TRAINING_SETTINGS))}"
        )


def _given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
