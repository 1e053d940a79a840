"""The keys of the address that the app writes itself; widgets write theirs (`bind="query-params"`). Part of `state`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

_WRITTEN = "address_written"


def asked_in_address(key: str) -> str:
    """What the address asks for under a key; "" where that is what the app has written there itself.

    A link, the browser's Back and a page switch change the address; what it says then is a wish. What the app has
    written says what is open, and must not undo a choice that was made since.
    """
    text = st.query_params.get(key, "")
    return "" if text == _written().get(key) else text


def address_now(keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What the address says.

    A press that follows on another one at once may bring the address that was there before the first; of what the
    app writes itself, it is known better what was written.

    Args:
        keys: of the open page; the app's own that are not among them are a former page's.
    """
    now = {key: tuple(st.query_params.get_all(key)) for key in st.query_params}
    for key, text in _written().items():
        if key in keys and text:
            now[key] = (text,)
        elif key in keys:
            now.pop(key, None)
    return now


def write_in_address(texts: Mapping[str, str]) -> None:
    """Show settings in the address; "" takes one away. What it says already is not sent again.

    Args:
        texts: key → text; none of a key that a widget is bound to.
    """
    address = st.query_params
    new = {key: text for key, text in texts.items() if text and address.get_all(key) != [text]}
    if new:
        address.update(new)  # at once: each message is an entry in the browser's history
    for key, text in texts.items():
        if not text and key in address:
            del address[key]
    _written().update(texts)


def take_from_address(key: str) -> None:
    """What the address says under a key has been followed: it is a wish no more."""
    _written()[key] = st.query_params.get(key, "")


def forget_address() -> None:
    """Take everything that the address will say for a wish, as in a new session."""
    _written().clear()


def _written() -> dict[str, str]:
    kept: dict[str, str] = st.session_state.setdefault(_WRITTEN, {})
    return kept
