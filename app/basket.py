"""The figures that a session has collected for its report, in order, with their user's notes and captions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from analysis.figures.figure import Figure
from xaae_core.errors import FigureError

MOST_FIGURES = 100
_KEPT = "basket"


@dataclass(frozen=True, eq=False)
class Kept:
    """A figure in the basket.

    Attributes:
        figure: with its note and caption.
        is_chosen: whether it goes into what is made of the basket.
        key: names it while the session lasts; the same drawing has the same key.
    """

    figure: Figure
    is_chosen: bool = True
    key: str = field(default_factory=lambda: secrets.token_hex(6))


def kept() -> tuple[Kept, ...]:
    """Everything in the basket, in order."""
    found: tuple[Kept, ...] = st.session_state.get(_KEPT, ())
    return found


def kept_figures() -> tuple[Figure, ...]:
    """The figures in the basket, in order."""
    return tuple(each.figure for each in kept())


def chosen_figures() -> tuple[Figure, ...]:
    """Those that go into what is made of the basket, in order."""
    return tuple(each.figure for each in kept() if each.is_chosen)


def set_figures(figures: Sequence[Figure]) -> None:
    """Put these into the basket in place of what is there.

    Raises:
        FigureError: more than 100.
    """
    if len(figures) > MOST_FIGURES:
        raise FigureError(f"{len(figures):,} figures; the report holds at most {MOST_FIGURES}: keep fewer of them")
    st.session_state[_KEPT] = tuple(Kept(figure) for figure in figures)


def add(figure: Figure, note: str = "") -> bool:
    """Put a figure at the end of the basket.

    Args:
        figure: any.
        note: its user's words; "" leaves the figure's own.

    Returns:
        Whether it is new; False where the same is there already, which then has this note.

    Raises:
        FigureError: the basket is full.
    """
    stamped = replace(figure, provenance=figure.provenance.stamped(), note=note or figure.note)
    same = next((each for each in kept() if is_same(each.figure, stamped)), None)
    if same is not None:
        change(same.key, note=note or same.figure.note)
        return False
    if len(kept()) >= MOST_FIGURES:
        raise FigureError(
            f"the report holds {MOST_FIGURES} figures, which is all that it can: remove one on the Report page first"
        )
    st.session_state[_KEPT] = (*kept(), Kept(stamped))
    return True


def is_same(one: Figure, other: Figure) -> bool:
    """Whether two figures show the same, made in the same way, whenever that was."""
    first, second = (replace(each.provenance, created="", versions={}) for each in (one, other))
    return first == second and one.drawing.numbers() == other.drawing.numbers()


def change(key: str, *, note: str | None = None, caption: str | None = None, is_chosen: bool | None = None) -> None:
    """Change what is not None of a figure; nothing where it is not there any more."""

    def changed(each: Kept) -> Kept:
        figure = replace(
            each.figure,
            note=each.figure.note if note is None else note,
            caption=each.figure.caption if caption is None else caption,
        )
        return replace(each, figure=figure, is_chosen=each.is_chosen if is_chosen is None else is_chosen)

    st.session_state[_KEPT] = tuple(changed(each) if each.key == key else each for each in kept())


def move(key: str, by: int) -> None:
    """Move a figure so many places on (back where negative), as far as the ends."""
    names = [each.key for each in kept()]
    if key not in names:
        return
    others = [each for each in kept() if each.key != key]
    place = min(max(names.index(key) + by, 0), len(others))
    st.session_state[_KEPT] = (*others[:place], kept()[names.index(key)], *others[place:])


def remove(key: str) -> None:
    """Take a figure out."""
    st.session_state[_KEPT] = tuple(each for each in kept() if each.key != key)


def choose_all(is_chosen: bool) -> None:
    """Choose every figure, or none."""
    st.session_state[_KEPT] = tuple(replace(each, is_chosen=is_chosen) for each in kept())


def clear() -> None:
    """Take every figure out."""
    st.session_state[_KEPT] = ()
