"""The options of every command that reads a data set: which column is which, and what the labels are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xaae_core.data.table_columns import TableColumns
from xaae_core.data.tasks import TASKS

if TYPE_CHECKING:
    from xaae_core.data.signals.signal_options import SignalOptions

_ROLES = {
    "file": "the cases' files",
    "label": "the labels: classes, or numbers to be learned",
    "split": "train, valid or test",
    "mask": "the masks' files",
    "patient": "whose case it is; a patient's cases stay in one part",
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


def signal_options(function: _Function) -> _Function:
    """Add --length, --sampling-rate and --signal-channels."""
    for option in (
        click.option("--signal-channels", metavar="NAMES",
            help="Of signals: the channels, in their order, with commas; those of most files if left out."),
        click.option("--sampling-rate", type=click.FloatRange(0, min_open=True), metavar="HERTZ",
            help="Of signals whose files do not say it; others are resampled to it."),
        click.option("--length", type=click.IntRange(1), metavar="SAMPLES",
            help="Of each signal: longer recordings are cut into windows. Left out: as long as they all are."),
    ):  # fmt: skip
        function = option(function)
    return function


def signals_from(options: Mapping[str, Any]) -> SignalOptions:
    """What the options of `signal_options` say of signals."""
    from xaae_core.data.signals.signal_options import SignalOptions

    names = (name.strip() for name in (options["signal_channels"] or "").split(","))
    return SignalOptions(
        length=options["length"], sampling_rate=options["sampling_rate"], channels=tuple(filter(None, names))
    )


def columns_from(options: Mapping[str, Any]) -> TableColumns:
    """The columns that the options name."""
    return TableColumns(**{role: options.get(f"{role}_column") for role in _ROLES})
