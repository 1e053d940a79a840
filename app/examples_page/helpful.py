"""The training cases that helped, and those that harmed: computed when asked."""

from __future__ import annotations

import streamlit as st

from analysis.examples import ExampleImportance
from app import cached_examples, state
from app.components.example_tiles import Bar, ExampleTile
from app.examples_page.controls import GradientChoice, gradient_controls
from app.examples_page.gradients import GradientWork, label_problem, reconstruction_problem, trace_of
from app.examples_page.rows import label_words, show_row
from app.examples_page.scene import ExampleScene
from app.examples_page.waiting import offer_work
from app.plain_text import plain
from app.top_bar import choose_pictures
from xaae_core.errors import ExamplesError

_TOLD = (
    "Bars: the score in parts of the largest one shown; they grow from the left for helpful cases, from the right for "
    "harmful ones. The number is the score itself{unit}. A score says what the model's fit depends on, not why the "
    "case is as it is."
)


def show_helpful(scene: ExampleScene, count: int) -> ExampleImportance | None:
    """Two rows, if they have been computed; else a button that computes them. Returns what was computed."""
    problems = (reconstruction_problem(scene), label_problem(scene))
    if all(problems):
        st.markdown("**Most helpful and most harmful** · :small[not possible here]")
        knows_classes = bool(scene.workspace.classes)
        remedy = "cases with the model's own labels" if knows_classes else "a model that tells classes apart"
        st.caption(f"{' '.join(problems)} Open {remedy}, or a model that can draw.")
        return None
    trace = trace_of(state.checkpoint_path())
    words, begin, how = st.columns([5.6, 1.6, 1.3], vertical_alignment="center")
    with how:
        choice = gradient_controls(label_problem=problems[1], reconstruction_problem=problems[0], has_trace=bool(trace))
    work = GradientWork(scene, choice, trace)
    store = cached_examples.importances()
    found = store.finished(work.key)
    if found is not None:
        words.markdown(
            f"**What helped, and what harmed** · :small[{short_words(found)}]", help=method_words(found, choice)
        )
        show_signed(scene, found, count)
        st.caption(method_words(found, choice))
        return found
    words.markdown(
        "**Most helpful and most harmful** · :small[not computed yet]",
        help=f"What would be compared: {choice.words}. Change it under How.",
    )
    try:
        offer_work("influence", work, store, place=begin, label="Find them", about=scene.subject.name)
    finally:
        if scene.subject.pixels is not None and _lacks_pictures(scene):  # else it is asked for beside the case
            choose_pictures("examples_training")
    return None


def show_signed(scene: ExampleScene, found: ExampleImportance, count: int) -> None:
    """The most helpful and the most harmful cases, in two rows."""
    helpful, harmful = signed_places(scene, found, count)
    largest = max((abs(float(found.scores[0, place])) for place in (*helpful, *harmful)), default=1.0) or 1.0
    is_traced = found.method == "TracIn"
    told = _TOLD.format(unit="" if is_traced else ", in units of the compared loss")
    for name, title, places in (("helpful", "Most helpful", helpful), ("harmful", "Most harmful", harmful)):
        way = {"helpful": ("lower", "higher"), "harmful": ("raise", "lower")}[name]
        said = (
            f"Steps on these {way[0]} this case's loss." if is_traced else f"Without these its loss would be {way[1]}."
        )
        tiles = [_tile(scene, found, place, name, largest) for place in places]
        if tiles:
            show_row(scene, tiles, name=name, title=title, words=f"{label_words(scene, tiles)}{said}", told=told)
        else:
            st.markdown(f"**{title}** · :small[none: no training case has such a score.]")


def signed_places(scene: ExampleScene, found: ExampleImportance, count: int) -> tuple[list[int], list[int]]:
    """Places among the compared cases of the most helpful (scores above 0) and the most harmful ones (below 0)."""
    left_out = {str(scene.searched.table.ids[column]) for column in scene.copies.tolist()}
    scores = found.scores[0]
    order = [place for place in found.most_important(0, len(scores)).tolist() if found.train_ids[place] not in left_out]
    helpful = [place for place in order if scores[place] > 0][:count]
    harmful = [place for place in reversed(order) if scores[place] < 0][:count]
    return helpful, harmful


def score_text(score: float) -> str:
    """A score with its sign: +620, −0.031, +3.2e−5."""
    text = f"{score:+.3g}" if 0.01 <= abs(score) < 1e5 else f"{score:+.1e}".replace("e-0", "e-").replace("e+0", "e")
    return text.replace("-", "−")


def short_words(found: ExampleImportance) -> str:
    """What was compared, in a few words."""
    n_states = int(found.parameters.get("checkpoints", 0))
    along = f" along {n_states} states of the training" if n_states else ""
    return plain(
        f"by {found.method}{along}, {found.parameters.get('loss', '')}, {len(found.train_ids):,} training cases"
    )


def method_words(found: ExampleImportance, choice: GradientChoice) -> str:
    """What was compared, in words."""
    loss = plain(str(found.parameters.get("loss", "")))
    answer = " (the model's own answer counts as the case's label)" if choice.loss == "label" else ""
    notes = "; ".join(plain(note) for note in found.notes)
    return f"By {plain(found.method)} on the {loss}{answer}, {len(found.train_ids):,} training cases compared: {notes}."


def _tile(scene: ExampleScene, found: ExampleImportance, place: int, kind: str, largest: float) -> ExampleTile:
    score = float(found.scores[0, place])
    column = int(scene.searched.table.row_of(str(found.train_ids[place])))
    text = score_text(score)
    bar = Bar(abs(score) / largest, text, "helpful" if kind == "helpful" else "harmful")
    return scene.tile(column, bar, f"{kind}: {text}")


def _lacks_pictures(scene: ExampleScene) -> bool:
    """Whether the pictures of the nearest cases are missing, and naming a folder can help."""
    cases = scene.searched.cases
    if cases.choice == "folder" and not cases.data.is_table:
        return False
    try:
        nearest = scene.nearest.most_important(0, 5).tolist()
    except ExamplesError:
        return False
    return all(scene.pictures.missing(int(scene.searched.rows[column])) for column in nearest)
