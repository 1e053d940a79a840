"""What `xaae report` reads: the table of latents, where the pictures lie, and what the data check finds in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.case_files import CaseFiles
from app.model_latents import latents_of_model
from app.terminal import counted, describe_data, remark
from xaae_core.errors import DatasetError

if TYPE_CHECKING:
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.checks import CheckReport
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class ReportData:
    """The data of a report.

    Attributes:
        table: latents of the cases.
        files: where their pictures lie.
        dataset: of the folder or table of labels; None where there is a table of latents alone.
    """

    table: LatentTable
    files: CaseFiles
    dataset: ImageDataset | None


def read_report_data(opened: Checkpoint, *, data: Path | None, latents: Path | None) -> ReportData | None:
    """Read what was given; None where nothing was.

    Args:
        opened: the model.
        data: a folder of cases, or a table of labels.
        latents: a table of latents; the cases of `data` are then not encoded anew.

    Raises:
        XaaeError: something that cannot be read, or another model's table.
    """
    if latents is not None:
        table = latents_of_model(opened, latents)
        dataset = None if data is None else _dataset_or_none(opened, data)
        return ReportData(table, CaseFiles(table, latents=latents, data=data), dataset)
    if data is None:
        return None
    dataset = _read(opened, data)
    describe_data(dataset)
    table = _encoded(opened, dataset)
    return ReportData(table, CaseFiles(table, latents=data, data=data), dataset)


def check_report_data(opened: Checkpoint, dataset: ImageDataset) -> CheckReport:
    """The data check, against the model."""
    from xaae_core.data.checks import check_dataset

    with counted("checked") as progress:
        return check_dataset(dataset, **model_needs(opened), progress=progress)


def model_needs(opened: Checkpoint) -> dict[str, Any]:
    """What the data check asks of a model of pictures; {} of one of signals."""
    from xaae_core.data.recipes import recipe_for
    from xaae_core.signal_form import signal_form_of

    model = opened.model
    if signal_form_of(model) is not None:
        return {}
    recipe = recipe_for(model, opened.card)
    mean, std = (getattr(model, name).flatten().tolist() for name in ("pixel_mean", "pixel_std"))
    is_identity = set(mean) == {0.0} and set(std) == {1.0}
    return {
        "size": recipe.size,
        "channels": recipe.channels,
        "normalisation": None if is_identity else (mean, std),
        "window": recipe.window,
    }


def _read(opened: Checkpoint, data: Path) -> ImageDataset:
    """The data as the model was trained on them."""
    from xaae_core.data.class_order import in_class_order
    from xaae_core.data.dataset import read_dataset
    from xaae_core.data.medium import require_medium
    from xaae_core.data.signals.signal_options import SignalOptions

    card = opened.card
    dataset = read_dataset(
        data, columns=card.columns, task=card.task_wish, min_classes=1, signals=SignalOptions.of_card(card)
    )
    require_medium(dataset, card)
    return in_class_order(dataset, card.classes) if card.task == "classes" else dataset


def _dataset_or_none(opened: Checkpoint, data: Path) -> ImageDataset | None:
    """The data beside a table of latents, which stands without them."""
    try:
        return _read(opened, data)
    except DatasetError as error:
        remark(f"  note: the data were not checked: {error}")
        return None


def _encoded(opened: Checkpoint, dataset: ImageDataset) -> LatentTable:
    from xaae_core.data.recipes import recipe_for
    from xaae_core.latents import extract_latents

    recipe = recipe_for(opened.model, opened.card)
    with counted("encoded") as progress:
        table = extract_latents(
            opened.model,
            dataset,
            resize=recipe.resize,
            window=recipe.window,
            target=opened.card.target,
            checkpoint_sha256=opened.sha256,
            progress=progress,
        )
    for case, reason in table.skipped:
        remark(f"  skipped {case}: {reason}")
    return table
