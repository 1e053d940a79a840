"""The options of every command that reads a data set: which column is which, and what the labels are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from xaae_core.data.table_columns import TableColumns
from xaae_core.data.tasks import TASKS

_ROLES = {
    "file": "the pictures' files",
    "label": "the labels: classes, or numbers to be learned",
    "split": "train, valid or test",
    "mask": "the masks' files",
    "patient": "whose picture it is; a patient's pictures stay in one part",
}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def column_options(function: _Function) -> _Function:
    """Add --file-column, --label-column, --split-column, --mask-column and --patient-column."""
    for role, words in reversed(_ROLES.items()):
        function = click.option(f"--{role}-column", metavar="NAME", help=f"Column of the table with {words}.")(function)
    return function


def data_options(function: _Function) -> _Function:
    """Add `column_options`, --task and --window."""
    window = click.option(
        "--window",
        nargs=2,
        type=float,
        metavar="CENTRE WIDTH",
        help="Grey scale of DICOM and NIfTI pictures, in the files' units; their own if left out.",
    )
    return column_options(task_option(window(function)))


def task_option(function: _Function) -> _Function:
    """Add --task."""
    option = click.option(
        "--task",
        type=click.Choice(TASKS),
        default="auto",
        show_default=True,
        help="What the labels are: classes; measured numbers; grades. auto: numbers where they look measured.",
    )
    return option(function)


def columns_from(options: Mapping[str, Any]) -> TableColumns:
    """The columns that the options name."""
    return TableColumns(**{role: options.get(f"{role}_column") for role in _ROLES})
