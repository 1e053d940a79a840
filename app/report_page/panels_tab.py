"""The chosen figures as the panels of one, shown as the very file that is saved."""

from __future__ import annotations

import base64
from collections.abc import Hashable

import streamlit as st

from analysis.figures.figure import Figure
from analysis.figures.panels import MOST_PANELS, Panels, combine_figures
from analysis.figures.style import FigureStyle
from app import basket
from app.background import Report
from app.failures import explained
from app.figure_files import exported
from app.figure_menu import figure_menu
from app.figure_style import style_controls, style_words
from app.report_page.jobs import begin, show_result
from app.words import count

PREVIEW = "report_panels"
_SENT_BYTES = 12_000_000
_COMBINED = "report_combined"
_COLUMNS = "report_columns"
_PAPER = """<style>
.st-key-report_preview [data-testid="stImage"] img { background: white; border-radius: 0; padding: .6rem; }
</style>"""


def show_panels() -> None:
    """Columns and style, the menu, and the picture."""
    chosen = basket.chosen_figures()
    if not chosen:
        first = "Choose" if basket.kept() else "Collect"
        st.info(f"{first} figures, as the left side says: they become the panels of one figure, each with its letter.")
        return
    if len(chosen) > MOST_PANELS:
        _ask_for_fewer(len(chosen))
        return
    left, right = st.columns([1, 1], vertical_alignment="bottom", gap="small")
    columns = left.segmented_control(
        "Panels beside each other", [1, 2, 3, 4], default=1 if len(chosen) == 1 else 2, key=_COLUMNS, required=True
    )
    style = style_controls(PREVIEW, is_in_menu=False)
    with st.container(key="report_preview"), explained("This figure"):
        figure = _combined(int(columns or 1))
        with right:
            figure_menu(lambda: figure, key="report_figure", name="figure", label="Save this figure", has_style=False)
        _show_preview(figure, style, panels_key(int(columns or 1)))


def _ask_for_fewer(n_chosen: int) -> None:
    st.info(
        f"{n_chosen} figures are chosen. A figure has a letter for each panel, at most {MOST_PANELS}: choose fewer, or "
        "make the report, which takes them all."
    )
    st.button(f"Choose the first {MOST_PANELS}", key="report_first", on_click=_choose_first)


def _choose_first() -> None:
    chosen = [each.key for each in basket.kept() if each.is_chosen]
    for key in chosen[MOST_PANELS:]:
        basket.change(key, is_chosen=False)


def _combined(columns: int) -> Figure:
    """The figure of panels; the same one, with the time of its making, until something of it changes."""
    key = panels_key(columns)
    kept: tuple[Hashable, Figure] | None = st.session_state.get(_COMBINED)
    if kept is None or kept[0] != key:
        made = combined_figure(basket.chosen_figures(), columns)
        kept = st.session_state[_COMBINED] = (key, made)
    return kept[1]


def panels_key(columns: int) -> Hashable:
    """Changes with whatever the figure shows and says."""
    return columns, tuple((each.key, each.figure.caption) for each in basket.kept() if each.is_chosen)


def combined_figure(figures: tuple[Figure, ...], columns: int) -> Figure:
    """One figure of all, stamped with the time of now: saved twice, it is the same file. One figure stays itself.

    Raises:
        FigureError: figures that cannot be panels.
    """
    if len(figures) == 1 and figures[0].drawing.kind == Panels.kind:
        return figures[0]
    made = combine_figures(figures, columns=min(columns, len(figures)))
    return Figure(made.drawing, made.provenance.stamped(), made.title, caption=made.caption)


def _show_preview(figure: Figure, style: FigureStyle, key: Hashable) -> None:
    def work(report: Report) -> bytes:
        report(0, 1)
        return exported(figure, "png", style)

    panels = figure.drawing.drawings if isinstance(figure.drawing, Panels) else (figure.drawing,)
    begin(PREVIEW, (key, style), work, lambda: f"Drawing {count(len(panels), 'panel')}")
    png = show_result(PREVIEW, "Drawing this figure")
    if png is not None:
        st.html(_PAPER)
        is_small = len(png) <= _SENT_BYTES
        # Streamlit makes bytes that it is given smaller; an address it leaves as it is.
        shown = f"data:image/png;base64,{base64.b64encode(png).decode()}" if is_small else png
        st.image(shown, width="stretch", alt="The figure as it is saved")
        what = "This is the PNG that is saved" if is_small else "A smaller copy of the PNG that is saved"
        st.caption(f"{what}: {style_words(style)}. SVG and PDF show the same.")
