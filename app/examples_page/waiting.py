"""Long work on this page: how long it will take, how far it is, and a button that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cached_examples, examples_state
from app.background import Report
from app.examples_state import AskedWork
from app.failures import explained
from app.plain_text import plain
from app.remaining_time import duration
from app.shared_work import Asked, SharedWork

FIRST_ANSWER_SECONDS = 0.4
LOOK_AGAIN_SECONDS = 1.0
_LONG = 180.0


class Work(Protocol):
    """What can be waited for: `GradientWork` and `SelfInfluenceWork`."""

    stage: str

    @property
    def key(self) -> Any:
        """Names what is asked."""
        ...

    @property
    def estimate_key(self) -> Any:
        """Names what the time depends on."""
        ...

    def __call__(self, report: Report) -> Any:
        """Do it."""
        ...

    def estimate(self, report: Report) -> Any:
        """How long it will take: has `seconds` and a `sentence()`."""
        ...


def offer_work(kind: str, work: Work, store: SharedWork[Any], *, place: DeltaGenerator, label: str, about: str) -> None:
    """What stands in the place of a result that is not there: a button with the time it takes, or the progress.

    Args:
        kind: of work; a session waits for one of a kind at a time.
        work: what would be done.
        store: keeps results by `work.key`.
        place: where the button stands.
        label: of the button.
        about: whom the work is about, for who meets its progress from another case.
    """
    mine = examples_state.asked(kind)
    is_mine = mine is not None and mine.key == work.key
    if mine is not None and not mine.asked.is_done and not mine.asked.is_cancelled:
        st.fragment(_show_progress, run_every=LOOK_AGAIN_SECONDS)(kind, mine)
        if is_mine:
            return
    elif mine is not None and is_mine:
        _show_end(mine)
    estimate = cached_examples.estimates().ask((kind, work.estimate_key), work.estimate)
    if estimate.wait(FIRST_ANSWER_SECONDS):
        with explained("Estimating how long this takes"):
            _offer(_Offer(kind, work, store, label, about), place, estimate.result())
    else:
        st.fragment(_wait_for, run_every=LOOK_AGAIN_SECONDS)(estimate)


@dataclass(frozen=True)
class _Offer:
    """Work that can be begun."""

    kind: str
    work: Work
    store: SharedWork[Any]
    label: str
    about: str

    def begin(self, seconds: float) -> None:
        """Begin it for this session; what it waited for before is given up."""
        asked = self.store.ask(self.work.key, self.work)
        examples_state.keep_asked(self.kind, AskedWork(self.work.key, self.about, asked, self.work, seconds))


def _offer(offer: _Offer, place: DeltaGenerator, estimate: Any) -> None:
    seconds = float(estimate.seconds)
    place.button(
        offer.label, key=f"{offer.kind}_begin", type="primary", width="stretch", on_click=offer.begin, args=(seconds,),
        help="You can go on meanwhile, and end it.",
    )  # fmt: skip
    slow = " Fewer training cases, or another way (How), may take less time." if seconds > _LONG else ""
    st.caption(f"It takes {plain(estimate.sentence())}.{slow}")


def _wait_for(estimate: Asked[Any]) -> None:
    st.caption("Estimating how long this takes …")
    if estimate.is_done:
        st.rerun()


def _show_progress(kind: str, mine: AskedWork) -> None:
    """Looks again by itself; when the work has ended, the page is drawn anew."""
    if mine.asked.is_done or mine.asked.is_cancelled:
        st.rerun()
    done, everything = mine.asked.progress
    bar, button = st.columns([6, 1.3], vertical_alignment="center")
    share = done / max(everything, 1)
    bar.progress(
        min(max(share, 0.0), 1.0), text=f"For {plain(mine.about)}: {mine.work.stage}, {share:.0%}{_left(mine)}"
    )
    if button.button("Cancel", key=f"{kind}_cancel", width="stretch"):
        mine.asked.cancel()
        st.rerun()


def _left(mine: AskedWork) -> str:
    """Time left by the estimate; the share alone while that has run out."""
    seconds = mine.seconds - mine.asked.seconds
    return f" · {duration(seconds)} left" if seconds > 1 else " · longer than expected" if seconds < -10 else ""


def _show_end(mine: AskedWork) -> None:
    if mine.asked.is_cancelled:
        st.info("It was cancelled. Nothing half-done is kept.")
        return
    with explained("The computation"):
        mine.asked.result()
