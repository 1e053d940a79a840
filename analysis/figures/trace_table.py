"""The samples behind a path of signals as CSV."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis.figures.filmstrip import PathFigure


def trace_table(figure: PathFigure) -> bytes:
    """All samples as CSV: channel, unit, time, the original, and the signal decoded at each step, in the unit.

    Columns: channel, unit, time_s, original, then decoded_-3.00SD … decoded_+3.00SD; a row for each channel and sample.

    Raises:
        ValueError: a path of pictures.
    """
    import pyarrow as pa
    from pyarrow import csv

    path, signals = figure.traversal, figure.traversal.signals()
    form = path.signal_form
    assert form is not None  # signals() raised otherwise
    columns = {
        "channel": np.repeat(np.array(form.channel_names), form.length),
        "unit": np.repeat(np.array(form.units), form.length),
        "time_s": np.tile(np.round(form.times(), 6), form.n_channels),
        "original": form.in_units(figure.original[0]).ravel(),
    }
    for step, values in zip(path.steps, signals, strict=True):
        columns[f"decoded_{step:+.2f}SD"] = values.ravel()
    stream = io.BytesIO()
    csv.write_csv(pa.table(columns), stream, csv.WriteOptions(quoting_style="needed"))
    return stream.getvalue()
