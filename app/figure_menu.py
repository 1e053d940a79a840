"""The menu of a figure: its files, its numbers, its words, and the way into the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from analysis.figures.export import MIME, FileForm, export_figure
from analysis.figures.figure import Figure


@dataclass(frozen=True)
class Offer:
    """A file that a figure's menu offers beside the figure's own.

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


def figure_menu(
    make: Callable[[], Figure],
    *,
    key: str,
    name: str,
    is_moving: bool = False,
    offers: Sequence[Offer] = (),
    label: str = "Take this figure",
) -> None:
    """Draw the menu.

    Args:
        make: the figure; called when a file, or the figure for the report, is asked for.
        key: unique on the page.
        name: of its files, without ending; nothing of a patient.
        is_moving: whether it can be a GIF and an MP4.
        offers: further files.
        label: on the button that opens the menu.
    """
    forms: tuple[FileForm, ...] = ("png", "svg", "pdf", *(("gif", "mp4") if is_moving else ()))
    with st.popover(label):
        for form in forms:
            st.download_button(
                form.upper(),
                partial(_file, make, form),
                f"{name}.{form}",
                MIME[form],
                key=f"{key}_{form}",
                on_click="ignore",
            )
        st.download_button(
            "Numbers (CSV)", lambda: make().drawing.numbers(), f"{name}.csv", "text/csv", key=f"{key}_csv",
            on_click="ignore",
        )  # fmt: skip
        for offer in offers:
            st.download_button(
                offer.label, offer.make, offer.file_name, offer.mime, key=f"{key}_{offer.file_name}",
                on_click="ignore", help=offer.help,
            )  # fmt: skip


def _file(make: Callable[[], Figure], form: FileForm) -> bytes:
    return export_figure(make(), form)
