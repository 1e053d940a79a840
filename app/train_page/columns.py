"""How a table of labels is read: which column is which, and what the labels are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from app.plain_text import plain
from app.train_page.signal_choices import choose_signal_options
from app.training.request import TrainingRequest
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.table_files import find_table, is_table, read_cells
from xaae_core.data.tasks import TaskWish

_AS_USUAL = "by its usual name"
_TO_CHOOSE = "choose …"
_ROLES = {
    "file": ("Picture's file", "Path of each picture, from the table's folder."),
    "label": ("What is learned", "The class of each case, or a number such as a severity score."),
    "split": ("Train, valid or test", "Leave it where the table does not say: a part is then set aside."),
    "mask": ("Outline (mask)", "Path of a picture that marks the finding, where there is one."),
    "patient": ("Patient", "Pictures of one patient then stay in the same part, or the figures would flatter."),
}
_TASKS: dict[TaskWish, str] = {
    "auto": "classes or numbers, as they look",
    "classes": "classes, such as benign and malignant",
    "ordinal": "grades in an order, such as 0 to 4",
    "continuous": "a measured number",
}


@dataclass(frozen=True)
class DataOptions:
    """How the pictures' labels are read.

    Attributes:
        columns: which column is which.
        task: what the labels are.
        signals: of a folder of signals, what their files do not say.
    """

    columns: TableColumns = field(default_factory=TableColumns)
    task: TaskWish = "auto"
    signals: SignalOptions = field(default_factory=SignalOptions)

    def of_request(self) -> dict[str, Any]:
        """The fields of a request that read the data so."""
        return {"columns": self.columns, "task": self.task, "signals": self.signals}

    def request(self) -> TrainingRequest:
        """A request that reads the data so."""
        return TrainingRequest(**self.of_request())


@st.cache_data(max_entries=16, show_spinner=False)
def _header(path: str, changed: int) -> tuple[str, ...]:
    return read_cells(Path(path)).header


def _table_of(path: Path) -> Path | None:
    return path if is_table(path) else (find_table(path) if path.is_dir() else None)


def open_questions(path: Path, columns: TableColumns) -> list[str]:
    """What must be known of a table and no column is named for, as the widgets call it; [] without a table.

    Raises:
        DatasetError: the table cannot be read.
    """
    table = _table_of(path)
    if table is None:
        return []
    header = _header(str(table), table.stat().st_mtime_ns)
    return [_ROLES[role][0] for role in columns.missing(header, table.name)]


def choose_options(path: Path) -> DataOptions:
    """Widgets for a table's columns, the meaning of its labels and what signals do not say, folded away.

    Raises:
        DatasetError: the table cannot be read.
    """
    options = _choose_table_options(path)
    return replace(options, signals=choose_signal_options(path, options.columns))


def _choose_table_options(path: Path) -> DataOptions:
    """Of a table its columns and labels; defaults for a folder of classes."""
    table = _table_of(path)
    if table is None:
        return DataOptions()
    header = _header(str(table), table.stat().st_mtime_ns)
    asked = TableColumns().missing(header, table.name)
    with st.expander(f"How {plain(table.name)} is read: {len(header)} columns", expanded=bool(asked)):
        columns = st.columns(len(_ROLES))
        chosen = {
            role: column.selectbox(
                words,
                [_TO_CHOOSE if role in asked else _AS_USUAL, *header],
                key=f"train_column_{role}_{table}",
                help=about,
            )
            for column, (role, (words, about)) in zip(columns, _ROLES.items(), strict=True)
        }
        task = st.selectbox(
            "The labels are",
            list(_TASKS),
            format_func=_TASKS.__getitem__,
            key=f"train_task_{table}",
            help="Classes are told apart; grades and numbers are predicted, and “+” then means more of them.",
        )
    named = {role: name for role, name in chosen.items() if name not in (_AS_USUAL, _TO_CHOOSE)}
    return DataOptions(TableColumns(**named), task)
