"""Mounts the maps on a Streamlit page; hovering, zooming and selecting happen in the browser."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2.types import ComponentRenderer

from app.components.linked_maps.colours import MapColours
from app.components.linked_maps.header import make_header
from app.components.linked_maps.panels import LinkedMapsError, MapPanel, checked_mask
from app.components.linked_maps.selection import Choice, Gesture, pack_mask, read_choice
from app.served import Served

# One module in the browser: the parts share its scope and are joined in this order.
_SCRIPTS = (
    "elements.js", "transport.js", "bits.js", "polygon.js", "grid.js", "theme.js", "stamps.js", "points.js",
    "density.js", "view.js", "overlay.js", "arrows.js", "panel.js", "gestures.js", "keys.js", "selection.js",
    "legend.js", "scale.js", "card.js", "toolbar.js", "data.js", "pointing.js", "choosing.js", "maps.js",
)  # fmt: skip
_STYLES = ("maps.css", "controls.css")


@dataclass(frozen=True)
class LinkedMapsState:
    """What the reader did.

    Attributes:
        selected: bool [N], exactly what is highlighted; read-only; None: nothing is selected.
        is_new: whether the reader selected it since the last run; true in one run only.
        gesture: how it was drawn, for a link; None where a polygon alone does not give it.
        opened: row to open, in the one run after a double click, Enter, or the button on the card.
    """

    selected: NDArray[np.bool_] | None
    is_new: bool
    gesture: Gesture | None
    opened: int | None


@dataclass(frozen=True, eq=False)
class Memory:
    """What was shown last, under one key of a session.

    Attributes:
        cases_url: names the cases; of others nothing is remembered.
        ticket: of the browser's last selection that was taken.
        source: names where `selected` is from: a ticket, or the page.
        selected: bool [N] or None.
        passed: what the page passed in.
        gesture: how `selected` was drawn.
        served: keeps what the browser fetches.
    """

    cases_url: str
    ticket: str = ""
    source: str = "page"
    selected: NDArray[np.bool_] | None = None
    passed: NDArray[np.bool_] | None = None
    gesture: Gesture | None = None
    served: tuple[Served, ...] = field(default=(), repr=False)


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.linked_maps")
    script, style = ("\n".join((folder / name).read_text("utf-8") for name in names) for names in (_SCRIPTS, _STYLES))
    return st.components.v2.component("xaae_linked_maps", html='<div class="lm-root"></div>', css=style, js=script)


def linked_maps(
    panels: Sequence[MapPanel],
    colours: MapColours,
    *,
    key: str,
    cases_url: str,
    in_cohort: NDArray[np.bool_] | None = None,
    selected: NDArray[np.bool_] | None = None,
    show_doubtful: bool = False,
    n_label: str = "cases",
    height: int | Literal["content"] = "content",
) -> LinkedMapsState:
    """Show one or two maps of the same cases, linked: what is selected in one is highlighted in both.

    Points and colours are fetched by the browser once and kept there; a rerun sends a few kilobytes. Call this inside
    ``st.fragment``: a selection reruns whatever surrounds it. The latest of two counts: what the reader selected, or
    another ``selected`` than in the last run.

    Args:
        panels: one or two maps of the same cases.
        colours: what the points are coloured by.
        key: names the maps on the page.
        cases_url: of `app.served.serve_cases`; names the cases. With another one an earlier selection is forgotten,
            so keep it as long as the rows are the same cases.
        in_cohort: bool [N]; the others are faint, and can be neither pointed at nor selected. None: all are.
        selected: bool [N] chosen elsewhere or restored; None: nothing.
        show_doubtful: mark the points that must not be read.
        n_label: what the rows are, in the plural.
        height: in pixels, or as high as its content.

    Returns:
        What is selected, and which case is to be opened.

    Raises:
        LinkedMapsError: naming the number, shape or value that does not fit.
    """
    n = _checked_n(panels, colours)
    cohort = None if in_cohort is None else checked_mask("in_cohort", in_cohort, n)
    passed = None if selected is None else checked_mask("selected", selected, n)
    store = f"_linked_maps_{key}"
    choice = read_choice(_state_of(key).get("selection"), n=n, cases=cases_url, panels=[p.key for p in panels])
    before: Memory | None = st.session_state.get(store)
    memory, is_new = settle(before, choice, passed, cases_url)
    header, served = make_header(
        panels, colours, key=key, cases_url=cases_url, cohort=cohort, selected=memory.selected, source=memory.source,
        show_doubtful=show_doubtful, n_label=n_label,
    )  # fmt: skip
    # What the browser may still be fetching is kept together with what it is to fetch now.
    kept = served if before is None else (*served, *before.served[: 2 * len(served)])
    st.session_state[store] = _with_served(memory if not is_new or before is None else before, kept)
    result = _component()(
        key=key, data=header, height=height, on_selection_change=lambda: None, on_open_change=lambda: None
    )
    st.session_state[store] = _with_served(memory, kept)  # only now: an interrupted run has not told the page
    return LinkedMapsState(
        selected=_highlighted(memory.selected, cohort),
        is_new=is_new,
        gesture=memory.gesture,
        opened=_opened(result.get("open"), cases_url, n, cohort),
    )


def settle(
    memory: Memory | None, choice: Choice | None, passed: NDArray[np.bool_] | None, cases_url: str
) -> tuple[Memory, bool]:
    """What is selected now: the reader's latest choice, or what the page passed in if that is news.

    Args:
        memory: of the last run; None in the first.
        choice: what the browser sent last.
        passed: what the page passes in now.
        cases_url: names the cases now.

    Returns:
        The memory of this run, and whether the reader selected something since the last.
    """
    if memory is None or memory.cases_url != cases_url:
        ticket = "" if choice is None else choice.ticket  # of an earlier session of this page: the page knows better
        return Memory(cases_url, ticket, _source_of(passed), passed, passed), False
    if choice is not None and choice.ticket != memory.ticket:
        chosen = choice.mask if choice.mask.any() else None
        return Memory(cases_url, choice.ticket, choice.ticket, chosen, passed, choice.gesture), True
    if _is_same(passed, memory.passed) or _is_same(passed, memory.selected):
        return Memory(cases_url, memory.ticket, memory.source, memory.selected, passed, memory.gesture), False
    return Memory(cases_url, memory.ticket, _source_of(passed), passed, passed), False


def _source_of(passed: NDArray[np.bool_] | None) -> str:
    return "page" if passed is None else f"page:{hashlib.blake2b(pack_mask(passed), digest_size=8).hexdigest()}"


def _is_same(first: NDArray[np.bool_] | None, second: NDArray[np.bool_] | None) -> bool:
    if first is None or second is None:
        return not (first is not None and first.any()) and not (second is not None and second.any())
    return np.array_equal(first, second)


def _with_served(memory: Memory, served: tuple[Served, ...]) -> Memory:
    return Memory(
        memory.cases_url, memory.ticket, memory.source, memory.selected, memory.passed, memory.gesture, served
    )


def _checked_n(panels: Sequence[MapPanel], colours: MapColours) -> int:
    if len(panels) not in (1, 2):
        raise LinkedMapsError(f"{len(panels)} maps were passed; expected one or two")
    sizes = [len(panel) for panel in panels]
    if {*sizes, len(colours)} != {sizes[0]}:
        raise LinkedMapsError(
            f"the maps have {sizes} points and the colours {len(colours)} values; expected the same cases in all"
        )
    return sizes[0]


def _highlighted(selected: NDArray[np.bool_] | None, cohort: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """What is lit in the browser: the selection within the cohort."""
    if selected is None:
        return None
    lit = selected if cohort is None else selected & cohort
    lit.flags.writeable = False
    return lit if lit.any() else None


def _opened(value: object, cases_url: str, n: int, cohort: NDArray[np.bool_] | None) -> int | None:
    if not isinstance(value, dict) or value.get("cases") != cases_url:
        return None
    row = value.get("row")
    if type(row) is not int or not 0 <= row < n:  # True is no row
        return None
    return row if cohort is None or cohort[row] else None


def _state_of(key: str) -> dict[str, object]:
    state = st.session_state.get(key)
    return dict(state) if state else {}
