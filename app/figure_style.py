"""The style of the session's figures: chosen once, in whichever menu, and used by all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from analysis.figures.style import JOURNAL_WIDTHS, PAPER, SMALLEST_POINTS, FigureStyle

_STYLE = "figure_style"
_WIDTH = "figure_style_width"
_OTHER = "other"
MENUS = "figure_menus"
"""Names the fragment of every menu: a choice in one draws all anew, and nothing else of the page."""
_COLUMNS = {"single": "one column", "one_and_half": "1½ columns", "double": "two columns"}
_JOURNALS = {"nature": "Nature", "elsevier": "Elsevier", "ieee": "IEEE"}
_DPI = (150, 300, 600, 1200)
WIDTHS: dict[str, float] = {
    f"{journal}_{columns}": width for journal, known in JOURNAL_WIDTHS.items() for columns, width in known.items()
}
"""Millimetres by "journal_columns"."""


def chosen_style() -> FigureStyle:
    """The style that this session's figures are drawn in."""
    style: FigureStyle = st.session_state.get(_STYLE, PAPER)
    return style


def choose_style(style: FigureStyle) -> None:
    """Draw this session's figures so."""
    st.session_state[_STYLE] = style


def style_words(style: FigureStyle) -> str:
    """Such as "183 mm wide, 7 pt, 300 dpi, grey"."""
    extras = ("grey" if style.is_greyscale else "", "marks blurred" if style.hides_marks else "")
    told = (f"{style.width_mm:g} mm wide", f"{style.font_size:g} pt", f"{style.dpi} dpi", *extras)
    return ", ".join(filter(None, told))


def style_controls(key: str, *, is_in_menu: bool = True) -> FigureStyle:
    """Draw the controls of the style; what they say is what the session has chosen, wherever that was.

    Args:
        key: names them on the page.
        is_in_menu: whether it is a figure's menu, which offers a panel letter; else the page is drawn anew by a choice.
    """
    style = chosen_style()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    widths = [*WIDTHS, _OTHER]
    width = st.session_state.get(_WIDTH, "nature_double")
    if width != _OTHER and WIDTHS.get(width) != style.width_mm:  # chosen elsewhere: a session that was restored
        width = next((name for name, known in WIDTHS.items() if known == style.width_mm), _OTHER)
    row.selectbox(
        "Width", widths, format_func=_width_words, width=230, help="What the journal asks for; text keeps its size.",
        **_follow(key, is_in_menu, "width", width),
    )  # fmt: skip
    if width == _OTHER:
        row.number_input(
            "mm wide",
            40.0,
            400.0,
            step=1.0,
            format="%g",
            width=110,
            **_follow(key, is_in_menu, "width_mm", style.width_mm),
        )
    row.number_input(
        "Text, pt", SMALLEST_POINTS, 14.0, step=0.5, format="%g", width=110,
        help="Size of ordinary text at the final width; axes are a little smaller, and nothing is below 5 pt.",
        **_follow(key, is_in_menu, "font_size", style.font_size),
    )  # fmt: skip
    row.selectbox(
        "PNG, dpi", sorted({*_DPI, style.dpi}), width=100,
        help="Dots per inch of a PNG, and of dense points inside SVG and PDF. Journals ask for 300, for line art 600.",
        **_follow(key, is_in_menu, "dpi", style.dpi),
    )  # fmt: skip
    if is_in_menu:
        row.text_input(
            "Letter", max_chars=1, width=70, help="Of the panel: a, b, c …; empty for none.",
            **_follow(key, is_in_menu, "letter", style.letter),
        )  # fmt: skip
    row = st.container(horizontal=True, gap="medium")
    row.checkbox(
        "Greyscale", help="For print without colour: what colours told apart is told by shapes, lines and levels.",
        **_follow(key, is_in_menu, "is_greyscale", style.is_greyscale),
    )  # fmt: skip
    row.checkbox(
        "Blur burned-in text",
        help="Letters burned into a case may name a patient; those near its borders are looked for and hidden in "
        "what is saved. Most are found, not all, and none where a case is small: look before you publish it.",
        **_follow(key, is_in_menu, "hides_marks", style.hides_marks),
    )  # fmt: skip
    row.checkbox(
        "Words inside maps",
        help="How a map was made and how far to trust it, written inside the figure. Journals want it below instead: "
        "without it the words are in the caption alone.",
        **_follow(key, is_in_menu, "has_words", style.has_words),
    )  # fmt: skip
    return style


def _follow(key: str, is_in_menu: bool, name: str, value: Any) -> dict[str, Any]:
    """Let a control say what the session has chosen, and the session follow it."""
    widget = f"{key}_{name}"
    st.session_state[widget] = value
    return {"key": widget, "on_change": _take, "args": (widget, name, is_in_menu)}


def _take(widget: str, name: str, is_in_menu: bool) -> None:
    value = st.session_state[widget]
    if name == "width":
        st.session_state[_WIDTH] = value
        name, value = "width_mm", WIDTHS.get(value, chosen_style().width_mm)
    changed: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value}
    choose_style(replace(chosen_style(), **changed))
    if is_in_menu:
        st.rerun(MENUS)


def _width_words(name: str) -> str:
    if name == _OTHER:
        return "Other width …"
    journal, _, columns = name.partition("_")
    return f"{WIDTHS[name]:g} mm · {_COLUMNS[columns]}, {_JOURNALS[journal]}"
