"""Mounts the cases on a Streamlit page; searching, filtering and turning pages happen in the browser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app.components.case_strip.block import (
    LARGEST_PAGE,
    Answer,
    Layout,
    Settings,
    Thumbnails,
    first_page,
    make_block,
    read_request,
)
from app.components.case_strip.entries import CaseEntry, CaseFilter, CaseStripError, Catalogue, make_catalogue

# One module in the browser: the parts share its scope and are joined in this order.
_SCRIPTS = ("catalogue.js", "pictures.js", "elements.js", "cells.js", "controls.js", "keys.js", "memory.js", "strip.js")
_STYLES = ("cells.css", "controls.css")


@dataclass(frozen=True)
class CaseStripState:
    """What the reader chose.

    Attributes:
        selected: the case chosen in this run, else the one that was passed in.
        is_new: whether it was chosen in this run; true in one run only.
        shown: ids that the search and the filter leave, in order; not only those of the page in view.
    """

    selected: str | None
    is_new: bool
    shown: tuple[str, ...]

    def neighbour(self, step: int) -> str | None:
        """The case ``step`` places on among those shown, stopping at the ends; None when nothing is shown.

        From a case that is not shown, the first one.
        """
        if not self.shown:
            return None
        if self.selected not in self.shown:
            return self.shown[0]
        place = self.shown.index(self.selected) + step
        return self.shown[min(len(self.shown) - 1, max(0, place))]


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.case_strip")
    script, style = ("\n".join((folder / name).read_text("utf-8") for name in names) for names in (_SCRIPTS, _STYLES))
    return st.components.v2.component("xaae_case_strip", html='<div class="cs-root"></div>', css=style, js=script)


def case_strip(
    entries: Sequence[CaseEntry],
    thumbnails: Thumbnails,
    *,
    selected: str | None,
    key: str,
    class_names: Sequence[str],
    source: str,
    layout: Layout = "strip",
    page_size: int = LARGEST_PAGE,
    height: int = 480,
    on_select: Callable[[str], None] | None = None,
) -> CaseStripState:
    """Show cases to choose from.

    The words of all cases are in the browser, so search and filters answer at once; thumbnails are sent for the page
    in view, each once. Call this inside ``st.fragment``: turning a page reruns whatever surrounds it. A choice then
    reaches the rest of the page by ``on_select`` or, if ``is_new``, by ``st.rerun()``.

    Args:
        entries: all cases, in the order shown. 5,000 are quick.
        thumbnails: gives uint8 [h, w] or [h, w, 3] for some ids (see ``make_thumbnail``), at most ``page_size`` at
            once. An id it leaves out is shown as "no picture".
        selected: the case in use, outlined; None: none yet.
        key: names this strip on the page.
        class_names: the model's classes in their order, for the filters.
        source: names what the pictures come from, such as the data's fingerprint. Must change whenever the picture
            of an id may have changed: the browser keeps pictures as long as this and the entries are the same.
        layout: "strip", one row some 125 px high, or "grid".
        page_size: thumbnails on a page, 1 to 60.
        height: of the grid's scrolling part, in pixels.
        on_select: called with the id chosen before the rerun.

    Returns:
        The case chosen and the cases shown.

    Raises:
        CaseStripError: naming the case, shape or value that does not fit.
    """
    if not 1 <= page_size <= LARGEST_PAGE:
        raise CaseStripError(f"page_size is {page_size}; expected 1 to {LARGEST_PAGE} thumbnails")
    store = f"_case_strip_{key}"
    last: Answer | None = st.session_state.get(store)
    catalogue = make_catalogue(
        entries, class_names=class_names, source=source, known=None if last is None else last.catalogue
    )
    ids = [entry.id for entry in entries]
    settings = Settings(key, layout, page_size, height)
    answer = _answer(entries, thumbnails, catalogue, last, selected, settings, _state_of(key).get("request"))
    st.session_state[store] = answer

    def call_on_select() -> None:
        chosen = _chosen(_state_of(key).get("pick"), catalogue, ids)
        if on_select is not None and chosen is not None:
            on_select(chosen)

    result = _component()(
        key=key,
        data=answer.blob,
        on_request_change=lambda: None,
        on_pick_change=call_on_select,
    )
    chosen = _chosen(result.get("pick"), catalogue, ids)
    return CaseStripState(
        selected=selected if chosen is None else chosen,
        is_new=chosen is not None,
        shown=tuple(entry.id for entry in entries if answer.filter.matches(entry)),
    )


def _state_of(key: str) -> dict[str, object]:
    state = st.session_state.get(key)
    return dict(state) if state else {}


def _answer(
    entries: Sequence[CaseEntry],
    thumbnails: Thumbnails,
    catalogue: Catalogue,
    last: Answer | None,
    selected: str | None,
    settings: Settings,
    asked: object,
) -> Answer:
    """The block for this run: the last one if nothing changed, without pictures if only the selection did."""
    request = read_request(asked, catalogue, len(entries), settings.page_size)
    is_known = last is not None and last.catalogue.digest == catalogue.digest
    remembered = last.filter if last is not None else CaseFilter()
    wanted = (remembered if request is None else request.filter).within(catalogue.classes)
    ticket = "" if request is None else request.ticket
    rows: tuple[int, ...] = ()
    if request is not None and not (last is not None and is_known and last.ticket == ticket):
        rows = request.rows
    elif not is_known:
        rows = first_page(entries, wanted, selected, settings.page_size)
    elif last is not None and last.selected == selected and last.settings == settings:
        return last
    return make_block(
        entries, rows, thumbnails, catalogue=catalogue, ticket=ticket, selected=selected, wanted=wanted,
        settings=settings,
    )  # fmt: skip


def _chosen(pick: object, catalogue: Catalogue, ids: Sequence[str]) -> str | None:
    """The id that was clicked; None if nothing was, or if the click was on cases that are no longer shown."""
    if not isinstance(pick, dict) or pick.get("catalogue") != catalogue.digest:
        return None
    chosen = pick.get("id")
    return chosen if isinstance(chosen, str) and chosen in ids else None
