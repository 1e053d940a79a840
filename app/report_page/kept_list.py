"""The figures in the basket: chosen, put in order, annotated and taken out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from analysis.figures.panels import LETTERS, MOST_PANELS
from analysis.provenance.wording import caption_of
from app import basket
from app.basket import Kept
from app.components.kept_focus import keep_focus
from app.failures import explained
from app.plain_text import plain
from app.report_page.thumbnails import SIZE, forget_others, thumbnails
from app.words import count

ON_A_PAGE = 8
_DRAW_SECONDS = 0.8
MOST_LETTERS = 5000
_PAGE = "report_list_page"
_CHANGED = "report_changed"
_FOCUS = "report_focused"


def show_kept() -> None:
    """The list; pictures that are not drawn yet follow by themselves."""
    forget_others(basket.kept())
    st.session_state[_CHANGED] = False
    _show_actions()
    shown = _on_this_page()
    is_whole = len(thumbnails(shown, _DRAW_SECONDS)) == len(shown)
    draw = _show_rows if is_whole else st.fragment(_show_rows, run_every=0.2)
    draw(is_whole)
    turn, wanted = st.session_state.get(_FOCUS, (0, ()))
    keep_focus(wanted, turn=turn, key="report_focus")


def _show_actions() -> None:
    everything, chosen = basket.kept(), basket.chosen_figures()
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.markdown(f"**{count(len(everything), 'figure')}**, {len(chosen):,} chosen", width="content")
    for label, is_chosen in (("All", True), ("None", False)):
        row.button(
            label, key=f"report_{label}", type="tertiary", on_click=basket.choose_all, args=(is_chosen,),
            disabled=len(chosen) == (len(everything) if is_chosen else 0), help=f"Choose {label.lower()}",
        )  # fmt: skip
    with row.popover("Remove all", type="tertiary"):
        st.markdown(f"Take {count(len(everything), 'figure')} out of the report? Their notes and captions go too.")
        st.button("Yes, remove all", key="report_clear", on_click=basket.clear)


def _on_this_page() -> Sequence[Kept]:
    everything = basket.kept()
    n_pages = -(-len(everything) // ON_A_PAGE)
    if n_pages < 2:
        return everything
    if int(st.session_state.get(_PAGE, 1)) > n_pages:
        st.session_state[_PAGE] = n_pages
    page = st.pagination(n_pages, key=_PAGE)
    return everything[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]


def _show_rows(is_whole: bool) -> None:
    """The figures of this page; drawn anew with the page when the last picture has come, or something was changed."""
    if st.session_state.get(_CHANGED):
        st.rerun()
    page = int(st.session_state.get(_PAGE, 1)) if len(basket.kept()) > ON_A_PAGE else 1
    shown = basket.kept()[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    drawn = thumbnails(shown, _DRAW_SECONDS)
    letters = _letters()
    for each in shown:
        with explained("This figure"):
            _show_row(each, drawn.get(each.key), letters.get(each.key, ""))
    if not is_whole and len(drawn) == len(shown):
        st.rerun()


def _letters() -> dict[str, str]:
    """Which letter each chosen figure has as a panel, while there are letters."""
    chosen = [each.key for each in basket.kept() if each.is_chosen]
    return dict(zip(chosen, LETTERS, strict=False)) if len(chosen) <= MOST_PANELS else {}


def _show_row(each: Kept, picture: bytes | None, letter: str) -> None:
    title = each.figure.title or each.figure.drawing.kind
    left, right = st.columns([1, 2.3], gap="small")
    if picture:
        left.image(picture, width=SIZE[0] // 2, alt=title)
    else:
        left.caption("drawing …" if picture is None else "This figure cannot be drawn.")
    with right:
        words = f"**{letter}** · {plain(title)}" if letter else plain(title)
        st.checkbox(words, wrap=True, **_follow(each, "is_chosen", each.is_chosen))
        if each.figure.note:
            st.caption(plain(each.figure.note))
        _show_buttons(each, plain(title))


def _show_buttons(each: Kept, title: str) -> None:
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    names = [other.key for other in basket.kept()]
    ends = {-1: each.key == names[0], 1: each.key == names[-1]}
    for label, by in (("Up", -1), ("Down", 1)):
        row.button(
            label, key=f"report_{label}_{each.key}", type="tertiary", disabled=ends[by],
            on_click=_move, args=(each.key, by), help=f"Move “{title}” {label.lower()}",
        )  # fmt: skip
    with row.popover("Words", type="tertiary", help="Its note and its caption"):
        _show_words(each)
    row.button(
        "Remove", key=f"report_remove_{each.key}", type="tertiary",
        on_click=_do, args=(partial(basket.remove, each.key),), help=f"Take “{title}” out of the report",
    )  # fmt: skip


def _show_words(each: Kept) -> None:
    st.text_area("Note", max_chars=MOST_LETTERS, height=80, **_follow(each, "note", each.figure.note))
    st.text_area(
        "Caption", max_chars=MOST_LETTERS, height=190,
        help="Written from what is drawn and how it was made; change it as you like. Empty it, and it is written anew.",
        **_follow(each, "caption", caption_of(each.figure)),
    )  # fmt: skip


def _follow(each: Kept, name: str, value: object) -> dict[str, Any]:
    """Let a control say what the basket holds, and the basket follow it."""
    widget = f"report_{name}_{each.key}"
    st.session_state[widget] = value
    return {"key": widget, "on_change": _take, "args": (each.key, name, widget)}


def _take(key: str, name: str, widget: str) -> None:
    value = st.session_state[widget]
    changed: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value}
    _do(partial(basket.change, key, **changed))


def _move(key: str, by: int) -> None:
    _do(partial(basket.move, key, by))
    pressed, other = ("Up", "Down") if by < 0 else ("Down", "Up")
    turn = st.session_state.get(_FOCUS, (0, ()))[0] + 1
    st.session_state[_FOCUS] = (turn, (f"report_{pressed}_{key}", f"report_{other}_{key}"))


def _do(change: Callable[[], None]) -> None:
    """Change the basket; what is made of it, beside the list, follows."""
    change()
    st.session_state[_CHANGED] = True
