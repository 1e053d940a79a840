"""The menu of a figure: its files, its numbers, its words, and the way into the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st
from numpy.typing import NDArray
from streamlit.errors import StreamlitPageNotFoundError

from analysis.figures.bundle import bundle_figure
from analysis.figures.export import MIME, FileForm
from analysis.figures.figure import Figure
from analysis.figures.marks import marks_note
from analysis.figures.style import FigureStyle
from analysis.provenance.citations import bibliography
from analysis.provenance.wording import caption_of, methods_paragraph
from app import basket
from app.components.copy_button import copy_button
from app.failures import explained
from app.figure_files import Offer as Offer
from app.figure_files import exported, file_button, show_failures
from app.figure_style import MENUS, chosen_style, style_controls, style_words
from app.words import count

_TOLD: dict[FileForm, str] = {
    "png": "For slides, Word and the web.",
    "svg": "A drawing whose text can be edited, in Inkscape or Illustrator.",
    "pdf": "A drawing for LaTeX and for print; its text can be selected.",
    "gif": "The path in motion, for slides.",
    "mp4": "The path as a video: smaller and finer than a GIF.",
}


@dataclass(frozen=True)
class _Menu:
    make: Callable[[], Figure]
    key: str
    name: str
    is_moving: bool
    offers: tuple[Offer, ...]
    label: str
    has_basket: bool
    has_style: bool
    looked_through: NDArray[Any] | None = field(default=None, compare=False)

    def files(self) -> Iterator[Offer]:
        """The figure's own files in the chosen style, each made when it is asked for."""
        style = chosen_style()
        forms: tuple[FileForm, ...] = ("png", "svg", "pdf", *(("gif", "mp4") if self.is_moving else ()))
        for form in forms:
            make = partial(_export, self.make, form, style)
            yield Offer(form.upper(), f"{self.name}.{form}", MIME[form], make, f"{_TOLD[form]} {style_words(style)}.")
        yield Offer(
            "Numbers (CSV)", f"{self.name}.csv", "text/csv", lambda: self.make().drawing.numbers(),
            "What is drawn, as a table.",
        )  # fmt: skip
        yield Offer(
            "Everything (ZIP)", f"{self.name}.zip", "application/zip",
            lambda: bundle_figure(self.make(), self.name, style),
            "All formats, the numbers, the caption, the methods and the references.",
        )  # fmt: skip


def figure_menu(
    make: Callable[[], Figure],
    *,
    key: str,
    name: str,
    is_moving: bool = False,
    offers: Sequence[Offer] = (),
    label: str = "Take this figure",
    has_basket: bool = True,
    has_style: bool = True,
    looked_through: NDArray[Any] | None = None,
) -> None:
    """Draw the menu; a fragment, so that a choice in it costs no more than itself.

    Args:
        make: the figure; called when a file, its words, or the figure for the report is asked for. It may be called
            from a thread without a session.
        key: unique on the page.
        name: of its files, without ending; nothing of a patient.
        is_moving: whether it can be a GIF and an MP4.
        offers: further files.
        label: on the button that opens the menu.
        has_basket: whether it can be put into the report.
        has_style: whether its style is chosen in it; False where the page has the controls.
        looked_through: picture [C, H, W] in [0, 1] in which burned-in letters are looked for, where it is of one.
    """
    _draw(_Menu(make, key, name, is_moving, tuple(offers), label, has_basket, has_style, looked_through))


@st.fragment(key=MENUS)
def _draw(menu: _Menu) -> None:
    with st.popover(menu.label, key=f"{menu.key}_menu"):
        row, keys = st.container(horizontal=True, gap="small"), []
        for offer in (*menu.files(), *menu.offers):
            keys.append(f"{menu.key}_{_key_of(offer, offer.file_name.rpartition('.')[2])}")
            with row:
                file_button(offer, keys[-1])
        copy_button(partial(_copied, menu.make), key=f"{menu.key}_copy")
        with st.container():
            show_failures(keys)
        if menu.has_style:
            with explained("This style"):
                style_controls(menu.key)
                if chosen_style().hides_marks and menu.looked_through is not None:
                    st.caption(marks_note(menu.looked_through))
        if menu.has_basket:
            _offer_report(menu)
        _offer_words(menu)


def _key_of(offer: Offer, ending: str) -> str:
    return ending if offer.label in ("Numbers (CSV)", "Everything (ZIP)", ending.upper()) else offer.file_name


def _offer_report(menu: _Menu) -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    note = row.text_input(
        "Note", key=f"{menu.key}_note", placeholder="for yourself and your readers; optional", max_chars=2000, width=330
    )
    is_asked = row.button("Add to report", key=f"{menu.key}_add", type="primary")
    with st.container(horizontal=True, vertical_alignment="center"), explained("Adding this figure to the report"):
        if is_asked:
            with st.spinner("Making the figure …"):
                is_new = basket.add(menu.make(), note.strip())
            st.caption("Added." if is_new else "It is in the report already, with this note now.", width="content")
        if basket.kept():
            _link_report(count(len(basket.kept()), "figure"))


def _link_report(number: str) -> None:
    try:
        st.page_link("pages/report.py", label=f"Open the report: {number}", icon=":material/arrow_forward:")
    except StreamlitPageNotFoundError:  # one page that is run by itself
        st.caption(f"The report has {number}.")


def _offer_words(menu: _Menu) -> None:
    is_asked = st.toggle("Caption, methods, references", key=f"{menu.key}_words", help="Texts to copy into a paper.")
    with st.container(), explained("Writing about this figure"):
        if is_asked:
            with st.spinner("Making the figure …"):
                show_words(menu.make())


def show_words(figure: Figure) -> None:
    """A figure's caption, methods paragraph and references, each with a button that copies it."""
    made = [figure.provenance.stamped()]
    for title, text in (
        ("Caption", caption_of(figure)),
        ("Methods", methods_paragraph(made)),
        ("References (BibTeX)", bibliography(made)),
    ):
        if text:
            st.caption(title)
            st.code(
                text, language=None, wrap_lines=True, height=min(160, 40 + 22 * (len(text) // 60 + text.count("\n")))
            )


def _export(make: Callable[[], Figure], form: FileForm, style: FigureStyle) -> bytes:
    return exported(make(), form, style)


def _copied(make: Callable[[], Figure]) -> bytes | None:
    """The PNG to copy; None after having said why there is none."""
    with explained("Copying this figure"), st.spinner("Making the figure …"):
        return exported(make(), "png", chosen_style())
    return None
