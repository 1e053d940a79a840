"""A choice among options that grow: it stays with the newest one until somebody goes back; part of `state`."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

_LATE_SECONDS = 3.0


def follow_latest(key: str, options: Sequence[str]) -> None:
    """Let a widget show the last of growing options, unless its user has chosen an earlier one.

    A busy browser may still send what was the last a moment ago, before it has heard of the next: no choice of anybody.
    """
    kept, now, shown = f"{key}_latest", time.monotonic(), st.session_state.get(key)
    latest, replaced = st.session_state.get(kept, ("", {}))
    replaced = {name: when for name, when in replaced.items() if now - when < _LATE_SECONDS}
    if shown not in options or shown == latest or shown in replaced:
        st.session_state[key] = options[-1]
    if latest and latest != options[-1]:
        replaced[latest] = now
    st.session_state[kept] = options[-1], replaced
