"""Which values of each channel become 0 and 1 for a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from xaae_core.data.signals.signal_file import Values
from xaae_core.signal_form import SignalForm

PERCENTILES = (0.1, 99.9)
MARGIN = 0.1
"""Of the distance between the percentiles, added at each end."""
MOST_CASES = 1000
"""Training cases whose values are looked at, drawn evenly over all of them."""
_MOST_VALUES = 20_000_000


def find_range(form: SignalForm, rows: Sequence[int], read: Callable[[int], Values]) -> tuple[SignalForm, list[str]]:
    """A form with the robust range of some cases, and notes on channels that do not vary.

    Per channel, `low` and `high` are the 0.1 and 99.9 percentiles of all its samples, moved outwards by 10 % of the
    distance between them: single artefacts do not decide it, and what is a little beyond still lies in [0, 1].
    Of more than `MOST_CASES` cases, as many are looked at, evenly spaced.

    Args:
        form: without a range.
        rows: the cases, those of the train split.
        read: gives the values [C, T] of a case in the form's units.
    """
    most = max(1, min(MOST_CASES, _MOST_VALUES // (form.n_channels * form.length)))
    chosen = [rows[int(i)] for i in np.linspace(0, len(rows) - 1, min(most, len(rows))).round()]
    values = np.stack([np.asarray(read(row), np.float32) for row in chosen])  # [n, C, T]
    low, high = np.percentile(values, PERCENTILES, axis=(0, 2))
    notes = []
    for number, channel in enumerate(form.channel_names):
        if high[number] - low[number] <= 1e-12 * max(1.0, abs(float(low[number]))):
            notes.append(f'the channel "{channel}" hardly varies: it is {low[number]:g} nearly everywhere')
            low[number], high[number] = low[number] - 0.5, high[number] + 0.5
    margin = MARGIN * (high - low)
    return replace(form, low=_rounded(low - margin), high=_rounded(high + margin)), notes


def _rounded(values: Values) -> tuple[float, ...]:
    """Six significant digits: a range that a person can read."""
    return tuple(float(f"{value:.6g}") for value in values)
