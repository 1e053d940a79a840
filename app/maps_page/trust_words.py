"""Below the maps, in plain words: how far they agree, which gaps are real, and whether the direction is noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from analysis.directions import Direction
from app import cached_maps
from app.background import Background
from app.failures import explained
from app.maps_page.cases import MapCases
from app.maps_page.panels import panel_key
from app.maps_page.results import ShownMap
from app.plain_text import plain
from app.words import direction_words

FIRST_ANSWER_SECONDS = 0.3
LOOK_AGAIN_SECONDS = 1.0

_Task = tuple[str, Background[Any]]
"""What comes before the sentence, and what finds the result that has a `sentence()`."""


def show_trust(cases: MapCases, shown: Sequence[ShownMap], direction: Direction | None) -> None:
    """What may be concluded from the maps, and what not; what takes longer follows by itself."""
    tasks = [*_agreement(cases, shown), *_gaps(cases, shown)]
    is_whole = all(task.wait(FIRST_ANSWER_SECONDS) for _, task in tasks)
    draw = st.fragment(_draw, run_every=None if is_whole else LOOK_AGAIN_SECONDS)
    draw(tasks, "" if direction is None else direction_words(direction), is_whole=is_whole)


def _draw(tasks: Sequence[_Task], about_direction: str, *, is_whole: bool) -> None:
    sentences = []
    for beginning, task in tasks:
        if not task.is_done:
            sentences.append("Agreement and gaps are being measured …")
            continue
        with explained("Comparing the maps"):
            sentence = task.result().sentence()
            sentences += [f"{beginning}{sentence}"] if sentence else []
    st.caption(" ".join(plain(sentence) for sentence in (*dict.fromkeys(sentences), about_direction) if sentence))
    if not is_whole and all(task.is_done for _, task in tasks):
        st.rerun()  # nothing need look again


def _agreement(cases: MapCases, shown: Sequence[ShownMap]) -> list[_Task]:
    """How much two finished maps of different methods agree."""
    if len(shown) < 2 or any(one.result.neighbours is None or one.is_standing_in for one in shown):
        return []
    first, second = shown[0].result, shown[1].result
    key = (*cases.key, panel_key(first), panel_key(second))
    return [("", cached_maps.agreement_of(first, second, cases.table.z, key))]


def _gaps(cases: MapCases, shown: Sequence[ShownMap]) -> list[_Task]:
    """Whether the gaps that t-SNE and UMAP show are there in z too."""
    return [
        (f"{one.title}: ", cached_maps.gaps_of(one.result, cases.table, (*cases.key, panel_key(one.result))))
        for one in shown
        if one.result.neighbours is not None and not one.is_standing_in and one.method in ("tsne", "umap")
    ]
