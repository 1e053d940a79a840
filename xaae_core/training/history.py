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
    "accuracy",
    "auroc",
    "seconds",
)
"""Epochs count from 1; all losses but `train_loss` and both metrics are of the validation set; empty: not measured."""


def write_history(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write the rows as CSV, whole or not at all; returns the path."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_text_atomically(folder / HISTORY_NAME, text.getvalue())
