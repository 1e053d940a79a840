"""The history file: one row per epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xaae_core.atomic_files import write_text_atomically
from xaae_core.errors import TrainingError

HISTORY_NAME = "history.csv"
COLUMNS = (
    "phase",
    "epoch",
    "train_loss",
    "valid_loss",
    "adv_loss",
    "recons_loss",
    "classif_loss",
    "cycle_loss",
    "prior_distance",
    "selection_loss",
    "accuracy",
    "auroc",
    "spearman",
    "mae",
    "seconds",
)
"""Those of xAAEnet. Epochs count from 1; everything but `train_loss` is of the validation set; an empty cell was not
measured.

`selection_loss` is what the best weights are chosen by, see `xaae_core.training.phases.XaaeSelection`."""


def history_columns(metrics: Sequence[str]) -> tuple[str, ...]:
    """The columns of a training that measures these on the validation set."""
    return ("phase", "epoch", "train_loss", "valid_loss", *metrics, "selection_loss", "seconds")


def write_history(folder: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = COLUMNS) -> Path:
    """Write the rows as CSV, whole or not at all; returns the path."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_text_atomically(folder / HISTORY_NAME, text.getvalue())


def read_history(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of a history, cells as they are written; "" where nothing was measured.

    Args:
        path: the file, or a folder with it in it or in its folder "training".

    Raises:
        TrainingError: no history there, none that can be read, or one without an epoch.
    """
    places = (path / HISTORY_NAME, path / "training" / HISTORY_NAME) if path.is_dir() else (path,)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise TrainingError(
            f"{path} holds no history of a training; expected {HISTORY_NAME}, as xaae train leaves it in the folder "
            'that was given as --out, or below it in "training"'
        )
    try:
        rows = tuple(csv.DictReader(io.StringIO(found.read_text(encoding="utf-8")), restval="", restkey=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(
            f"{found} is no history of a training: {error}; expected CSV with a row an epoch"
        ) from error
    missing = [name for name in COLUMNS[:4] if not rows or name not in rows[0]]
    if missing:
        raise TrainingError(
            f"{found} is no history of a training: no epoch, or no column {', '.join(missing)}; expected a row an epoch"
        )
    return rows
