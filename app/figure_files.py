"""The files of a figure's menu: made in the server's own thread when a button is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import streamlit as st

from analysis.figures.export import FileForm, export_figure
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from app.failures import explained
from xaae_core.errors import FigureError

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
    """A file that Streamlit makes in a thread of its own when its button is pressed."""

    def __init__(self) -> None:
        self.make: Callable[[], bytes | str] = bytes
        self.file_name = ""
        self.error: Exception | None = None

    def __call__(self) -> bytes | str:
        """Make the file; raises FigureError where it cannot be made, without the reason, which goes to a log."""
        self.error = None
        try:
            return self.make()
        except Exception as error:
            self.error = error
        raise FigureError(f"{self.file_name} could not be made; the menu it is in says why")


def exported(figure: Figure, form: FileForm, style: FigureStyle) -> bytes:
    """A figure as a file; drawn once as long as the figure is kept, so that a preview is the very file."""
    files = _EXPORTED.setdefault(figure, {})
    content = files.get((form, style))
    if content is None:
        content = files[form, style] = export_figure(figure, form, style)
    return content


def file_button(offer: Offer, key: str) -> None:
    """Draw a button that makes and saves a file; below it, why it could not be made when it was last asked for.

    Pressing it reruns nothing: a rerun lets go of what the browser is about to fetch, and a file that was pressed
    while another part of the page was drawn would never arrive. While it is made, the button shows that it is at work;
    where it fails, the button says so at once, and the reason stands in the menu when it is next drawn.

    Args:
        offer: the file.
        key: names the button on the page.
    """
    making: Making = st.session_state.setdefault(f"{key}_making", Making())
    making.make, making.file_name = offer.make, offer.file_name
    st.download_button(
        offer.label, making, offer.file_name, offer.mime, key=key, help=offer.help or None, on_click="ignore"
    )


def show_failures(keys: Iterable[str]) -> None:
    """Say why files could not be made when they were last asked for.

    Args:
        keys: of their buttons.
    """
    for key in keys:
        making: Making | None = st.session_state.get(f"{key}_making")
        if making is not None and making.error is not None:
            with explained(f"Making {making.file_name}"):
                raise making.error
