"""Mounts what gives the focus back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


@cache
def _component() -> ComponentRenderer:
    script = (files("app.components.kept_focus") / "focus.js").read_text("utf-8")
    return st.components.v2.component("xaae_kept_focus", html='<i class="kf-root"></i>', js=script)


def keep_focus(wanted: Sequence[str], *, turn: int, key: str) -> None:
    """Give the focus to the first of these buttons that is there and can be pressed.

    Args:
        wanted: keys of buttons.
        turn: another number each time that it is to be given; 0: never.
        key: names this on the page.
    """
    _component()(key=key, data={"wanted": list(wanted), "turn": turn}, height=1)
