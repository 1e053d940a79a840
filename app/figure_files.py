"""The files of a figure's menu: made in the server's own thread when a button is pressed, watched by the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import streamlit as st

from analysis.figures.export import FileForm, export_figure
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from app.failures import explained

_BEGINS_WITHIN = 3.0
_LOOKS_EVERY = 0.2
_EXPORTED: WeakKeyDictionary[Figure, dict[tuple[FileForm, FigureStyle], bytes]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Offer:
    """A file that a figure's menu offers.

    Attributes:
        label: on its button.
        file_name: it is saved under; without anything of a patient.
        mime: what it is.
        make: its bytes; called when it is asked for.
        help: what it holds.
    """

    label: str
    file_name: str
    mime: str
    make: Callable[[], bytes | str]
    help: str = ""


class Making:
    """A file that Streamlit makes in a thread of its own; whoever waits for it learns what became of it."""

    def __init__(self) -> None:
        self.make: Callable[[], bytes | str] = bytes
        self.error: Exception | None = None
        self.size = 0
        self._begun, self._ended = threading.Event(), threading.Event()

    def __call__(self) -> bytes | str:
        """Make the file; the error, where there is one, goes to both."""
        self.error = None
        self._ended.clear()
        self._begun.set()
        try:
            content = self.make()
            self.size = len(content)
        except Exception as error:
            self.error = error
            raise
        finally:
            self._ended.set()
        return content

    def has_begun(self) -> bool:
        """Wait until the browser has asked for it; False where it does not."""
        return self._begun.wait(_BEGINS_WITHIN)

    def has_ended(self, seconds: float) -> bool:
        """Wait for its end, but no longer than this."""
        if not self._ended.wait(seconds):
            return False
        self._begun.clear()
        return True


def exported(figure: Figure, form: FileForm, style: FigureStyle) -> bytes:
    """A figure as a file; drawn once as long as the figure is kept, so that a preview is the very file."""
    files = _EXPORTED.setdefault(figure, {})
    content = files.get((form, style))
    if content is None:
        content = files[form, style] = export_figure(figure, form, style)
    return content


def file_button(offer: Offer, key: str) -> Callable[[], None] | None:
    """Draw a button that makes and saves a file. Call it inside a fragment: pressing it reruns what surrounds it.

    Args:
        offer: the file.
        key: names the button on the page.

    Returns:
        Where it was just pressed: what waits for the file, and says what became of it; call it where that is to stand.
    """
    making: Making = st.session_state.setdefault(f"{key}_making", Making())
    making.make = offer.make
    is_pressed = st.download_button(offer.label, making, offer.file_name, offer.mime, key=key, help=offer.help or None)
    return (lambda: _tell(making, offer.file_name)) if is_pressed else None


def _tell(making: Making, file_name: str) -> None:
    if not making.has_begun():
        return
    begun, waiting = time.monotonic(), st.empty()
    with st.spinner(f"Making {file_name} …"):
        while not making.has_ended(_LOOKS_EVERY):
            seconds = time.monotonic() - begun
            waiting.caption(f"{seconds:.0f} s" if seconds > 2 else "")  # drawing also lets another click come first
    waiting.empty()
    with explained(f"Making {file_name}"):
        if making.error is not None:
            raise making.error
        st.caption(f"Saved {file_name}, {_size_words(making.size)}.")


def _size_words(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.3g} kB"
