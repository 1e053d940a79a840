"""The rows of examples: a title, a sentence, and the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from analysis.examples import ExampleImportance
from app.case_pictures import tile_aspect
from app.components.example_tiles import Bar, ExampleTile, example_tiles
from app.example_methods import left_over
from app.examples_page.opening import open_example
from app.examples_page.scene import ExampleScene
from app.plain_text import plain
from app.without_decoder import name_of_page

_WIDEST = 6
"""Pictures side by side at most: smaller ones show nothing."""


def show_row(
    scene: ExampleScene, tiles: Sequence[ExampleTile], *, name: str, title: str, words: str, told: str
) -> None:
    """A row of examples below its title and its sentence; `told` is the title's help."""
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}** · :small[{words}]", help=told)
        draw_tiles(scene, tiles, name=name, title=title)


def draw_tiles(scene: ExampleScene, tiles: Sequence[ExampleTile], *, name: str, title: str) -> None:
    """The cases of a row; a click opens one."""
    opened = example_tiles(
        tiles,
        key=f"examples_{name}",
        cases_url=scene.served().url,
        columns=min(max(len(tiles), 4), _WIDEST),
        name=title,
        aspect=tile_aspect(scene.workspace.signal_form),
        other_page=name_of_page(scene.workspace.checkpoint.model),
    )
    open_example(opened, scene.searched.cases, scene.pictures)


def show_nearest(scene: ExampleScene, count: int) -> None:
    """The cases that lie nearest in z."""
    columns = nearest_columns(scene, count)
    reach = max(2.0, float(scene.spacings[columns].max(initial=0.0)))
    tiles = [
        scene.tile(column, Bar(far / reach, f"{far:.2f} ×", "distance", 1 / reach))
        for column in columns
        for far in [float(scene.spacings[column])]
    ]
    show_row(
        scene,
        tiles,
        name="nearest",
        title="Most similar",
        words=f"{label_words(scene, tiles)}Bars: distance in z; the mark is the usual spacing (1 ×).",
        told="The searched cases that lie nearest to this one in the model's latent code z. 1 × is the usual spacing: "
        "half of the training cases lie nearer than that to their five nearest others. = has the case's label, ≠ has "
        "another. Near in z means alike to the model, not alike to a reader.",
    )


def nearest_columns(scene: ExampleScene, count: int) -> list[int]:
    """The nearest searched cases, this case itself and its copies left out."""
    left_out = set(scene.copies.tolist())
    wanted = scene.nearest.most_important(0, count + len(left_out)).tolist()
    return [column for column in wanted if column not in left_out][:count]


def likeness_words(scene: ExampleScene) -> str:
    """How near the five nearest lie, and what that says of the model."""
    near = float(scene.spacings[nearest_columns(scene, 5)].mean()) if len(scene.others) else float("nan")
    if near <= 1.0:
        return f"Its nearest training cases lie {near:.2f} × the usual spacing away: the model knows cases like this."
    if near <= 1.5:
        return f"Its nearest training cases lie {near:.2f} × the usual spacing away: somewhat apart from them."
    return (
        f"Its nearest training cases lie {near:.2f} × the usual spacing away: the model has seen little like it, so "
        "trust what it says of this case less."
    )


def show_mixture(scene: ExampleScene, count: int, method: str) -> None:
    """The cases that the case's z is a mixture of."""
    mixture = scene.mixture(method)
    found = mixture.most_important(0, count).tolist()
    weights = mixture.scores[0]
    largest = max(float(weights[found].max(initial=0.0)), 1e-12)
    tiles = [
        scene.tile(int(scene.others[place]), Bar(float(weights[place]) / largest, _share(weights[place]), "weight"))
        for place in found
    ]
    show_row(
        scene,
        tiles,
        name="mixture",
        title="What it is a mixture of",
        words=f"These make up {_share(float(weights[found].sum()))}; the whole mixture leaves "
        f"{_share(leftover(scene, mixture))} of the case over.",
        told=f"SimplEx: the case's z as a weighted mean of the searched cases' z; weights are from 0 to 1, together 1. "
        f"By {plain(mixture.method)}. What is left over: how far the mixture stays from the case, in parts of the "
        "case's distance from the mean of the searched cases. Where much is left over, the weights say little.",
    )


def leftover(scene: ExampleScene, mixture: ExampleImportance) -> float:
    """Share of the case's distance from the mean that its mixture leaves."""
    table = scene.searched.table.rows(scene.others)
    return left_over(mixture.scores, scene.subject.z, table)


def label_words(scene: ExampleScene, tiles: Sequence[ExampleTile]) -> str:
    """How many of the cases share the label, or which labels they have."""
    known = [tile.label for tile in tiles if tile.label]
    if not known:
        return ""
    if scene.subject.label and any(tile.agrees is not None for tile in tiles):
        same = sum(tile.agrees is True for tile in tiles)
        return f"{same} of {len(tiles)} have its label (=). "
    named = ", ".join(f"{n} {plain(name)}" for name, n in Counter(known).most_common(3))
    return f"{named}. "


def _share(value: float) -> str:
    """A share in percent, small ones with a decimal."""
    return f"{value:.0%}" if value >= 0.095 else f"{value:.1%}"
