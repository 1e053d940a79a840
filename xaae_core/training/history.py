"""The history file: one row per epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xaae_core.atomic_files import write_text_atomically

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
