"""Labels worth a second look: a ranked list of questions, a page at a time."""

from __future__ import annotations

import math

import streamlit as st

from analysis.examples.wrong_labels import LabelSuspects
from analysis.figures.latent_map import prediction_of
from app import cached_examples, examples_state, maps_state, state
from app.case_pictures import tile_aspect
from app.components.example_tiles import Bar, ExampleTile, example_tiles
from app.examples_page.doubts import (
    DoubtedCases,
    SelfInfluenceWork,
    doubted_cases,
    doubted_choices,
    judged_words,
)
from app.examples_page.label_files import show_menu
from app.examples_page.opening import open_example
from app.examples_page.waiting import offer_work
from app.failures import explained
from app.maps_page.cases import Choice
from app.page_entry import go_to
from app.plain_text import plain
from app.without_decoder import name_of_page
from app.words import count
from app.workspace import Workspace

A_PAGE = 12
COLUMNS = 6
_WORDS: dict[Choice, str] = {"folder": "the open folder", "training": "what the model was trained with"}


def show_labels(workspace: Workspace) -> None:
    """Draw the tab."""
    line, cases = st.columns([6, 2.6], vertical_alignment="center")
    line.markdown(
        "**A doubtful label is a question, not an answer.** :small[Rare and borderline cases look just like wrong "
        "labels: ask who set the label, and change nothing by this list alone.]"
    )
    choices = doubted_choices(workspace)
    examples_state.offer(examples_state.DOUBTED, list(choices))
    chosen = cases.selectbox(
        "Cases", choices, format_func=_WORDS.__getitem__, key=examples_state.DOUBTED, bind="query-params",
        label_visibility="collapsed",
        help="Whose labels are judged; the cohort at the top of the page narrows them.",
    )  # fmt: skip
    with explained("Ranking the labels"):
        doubted = doubted_cases(workspace, chosen)
        _show_ranking(workspace, doubted)


def _show_ranking(workspace: Workspace, doubted: DoubtedCases) -> None:
    work = SelfInfluenceWork(doubted)
    known = cached_examples.self_influences().finished(work.key)
    suspects = doubted.suspects(known)
    with st.container():
        if doubted.note:
            st.info(plain(doubted.note))
    page = _page_controls(doubted, suspects)
    shown = range((page - 1) * A_PAGE, min(page * A_PAGE, len(suspects)))
    tiles = [suspect_tile(doubted, suspects, place) for place in shown]
    opened = example_tiles(
        tiles,
        key="examples_doubts",
        cases_url=doubted.served().url,
        columns=COLUMNS,
        name="Labels worth a second look",
        aspect=tile_aspect(workspace.signal_form),
        other_page=name_of_page(workspace.checkpoint.model),
    )
    open_example(opened, doubted.cases, doubted.pictures)
    st.caption(plain(judged_words(doubted, suspects)))
    if known is None and workspace.classes and _has_known_labels(workspace, suspects):
        _offer_self_influence(work, count(len(suspects), "case"))


def suspect_tile(doubted: DoubtedCases, suspects: LabelSuspects, place: int) -> ExampleTile:
    """A case of the ranking as a tile."""
    row = int(doubted.cases.table.row_of(str(suspects.ids[place])))
    own, other = suspects.classes[suspects.labels[place]], suspects.classes[suspects.suggested[place]]
    sentence = f"{suspects.sentence(place)}{_pull_words(suspects, place)}"
    return ExampleTile(
        row=row,
        id=str(suspects.ids[place]),
        name=doubted.cases.name(row),
        label=f"{place + 1}. {own} → {other}?" if own != other else f"{place + 1}. {own}?",
        agrees=None,
        prediction=prediction_of(doubted.cases.table, row),
        bar=Bar(float(suspects.disagreement[place]), f"{suspects.disagreement[place]:.0%}", "doubt"),
        lines=(f"doubt {suspects.suspicion[place]:.2f} of 1", *doubted.cases.lines(row)),
        missing=doubted.pictures.missing(row),
        sentence=f"{sentence[:1].upper()}{sentence[1:]}.",
    )


def _pull_words(suspects: LabelSuspects, place: int) -> str:
    """How strongly the case pulls at the model, beside the others; "" where that was not measured."""
    own = float(suspects.self_influence[place])
    if math.isnan(own):
        return ""
    return f"; it pulls harder at the model than {float((suspects.self_influence < own).mean()):.0%} of the cases"


def _page_controls(doubted: DoubtedCases, suspects: LabelSuspects) -> int:
    """Which page, its figure and the list, and the way to the maps."""
    n_pages = max(1, -(-len(suspects) // A_PAGE))
    before, where, after, choose, maps, file = st.columns([1, 2.6, 1, 2, 2.3, 1.4], vertical_alignment="center")
    page = min(examples_state.doubt_page(), n_pages)
    before.button(
        "Before",
        on_click=examples_state.turn_doubts,
        args=(page - 1,),
        disabled=page == 1,
        key="doubts_before",
        width="stretch",
    )
    after.button(
        "Next",
        on_click=examples_state.turn_doubts,
        args=(page + 1,),
        disabled=page == n_pages,
        key="doubts_next",
        width="stretch",
    )
    where.caption(f"Page {page} of {n_pages:,}, the most doubtful first")
    ids = suspects.ids[(page - 1) * A_PAGE : page * A_PAGE].tolist()
    choose.button(
        f"Choose these {len(ids)}", on_click=state.set_selection, args=(ids,), key="doubts_choose", width="stretch",
        help="They become the session's chosen cases: the Maps page lights them up, and the lists can show them alone.",
    )  # fmt: skip
    is_chosen = bool(ids) and set(ids) <= set(state.selection())
    if maps.button("See them on the maps", disabled=not is_chosen, key="doubts_maps", width="stretch"):
        maps_state.look_at_cases(doubted.cases.choice)
        go_to("pages/maps.py")
    with file:
        show_menu(doubted, suspects, range((page - 1) * A_PAGE, min(page * A_PAGE, len(suspects))))
    return page


def _offer_self_influence(work: SelfInfluenceWork, about: str) -> None:
    with explained("Measuring self-influence"):
        words, begin = st.columns([6, 2.2], vertical_alignment="center")
        words.markdown(
            "**Ask the model too** · :small[not computed yet]",
            help="Self-influence: how strongly a case pulls at the model for its own label. It is large for labels "
            "that the model could only learn by heart. It then counts as much as the neighbours.",
        )
        store = cached_examples.self_influences()
        offer_work("self_influence", work, store, place=begin, label="Measure self-influence", about=about)


def _has_known_labels(workspace: Workspace, suspects: LabelSuspects) -> bool:
    """Whether the labels are the model's classes, so that it has a loss of them."""
    n = workspace.checkpoint.model.classes
    return tuple(suspects.classes[:n]) == tuple(workspace.classes) and int(suspects.labels.max()) < n
