"""Mounts the button; the picture is made when it is pressed, and the browser is told so at once.

A browser lets a page write to the clipboard only while it answers a click, so the promise of a picture is written
then, and kept when the server's answer arrives.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HEADER = struct.Struct("<d")
_NOTHING = b""


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.copy_button")
    script, style = ((folder / name).read_text("utf-8") for name in ("copy.js", "copy.css"))
    return st.components.v2.component("xaae_copy_button", html='<div class="cp-root"></div>', css=style, js=script)


def copy_button(make: Callable[[], bytes | None], *, key: str) -> None:
    """Draw the button. Call it inside a fragment: pressing it reruns whatever surrounds it.

    Args:
        make: the bytes of a PNG; called when the button was pressed; None where it could not be made, which it says
            itself.
        key: names it on the page.
    """
    state = st.session_state.get(key)
    ticket = state.get("ask") if state else None
    answer = _NOTHING if not isinstance(ticket, int | float) else _answer(float(ticket), make())
    _component()(key=key, data=answer, on_ask_change=lambda: None)


def _answer(ticket: float, png: bytes | None) -> bytes:
    """What was asked for, and the picture; nothing after it says that there is none."""
    return _HEADER.pack(ticket) + (png or b"")
