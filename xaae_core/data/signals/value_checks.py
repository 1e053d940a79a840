"""Refuses values that no measurement gives."""

from __future__ import annotations

import numpy as np

from xaae_core.data.signals.signal_file import Values
from xaae_core.errors import SignalError

_NAMED = 3


def check_finite(values: Values, channel_names: tuple[str, ...], name: str) -> None:
    """Refuse NaN and infinities in a signal [C, T].

    Raises:
        SignalError: says how many there are, in which channels, and where the first is.
    """
    is_bad = ~np.isfinite(values)
    n_bad = int(is_bad.sum())
    if n_bad == 0:
        return
    rows = np.flatnonzero(is_bad.any(axis=1))
    named = ", ".join(f'"{channel_names[row]}"' for row in rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
    first = int(np.flatnonzero(is_bad[rows[0]])[0])
    what = "NaN" if np.isnan(values[is_bad]).all() else "not finite (NaN or infinite)"
    raise SignalError(
        f"{name}: {n_bad:,} of {values.size:,} values are {what}, in {named}, the first at sample {first:,}; expected "
        "finite numbers: fill the gaps (for example by interpolation) or leave the file out"
    )
