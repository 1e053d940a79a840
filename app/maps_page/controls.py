"""What the reader asks of the maps page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from analysis.projections import METHODS, Method
from app import maps_state, state
from app.address import write_in_address
from app.controls import targets_of
from app.maps_page.cases import Choice, MapCases, offered_cases
from app.words import target_words
from app.workspace import Workspace
from xaae_core.latents import LatentTable

METHOD_WORDS: dict[Method, str] = {"tsne": "t-SNE", "umap": "UMAP", "pls": "PLS", "pca": "PCA"}
"""As the controls and the address name them."""
NEIGHBOURS_KEPT = "neighbours kept: {}"


@dataclass(frozen=True)
class LayoutSettings:
    """How t-SNE and UMAP lay the cases out.

    Attributes:
        perplexity: of t-SNE, the effective number of neighbours.
        n_neighbors: of UMAP, neighbours that are kept near.
        min_dist: of UMAP, how near points may lie.
        seed: of both.
    """

    perplexity: float = 30.0
    n_neighbors: int = 15
    min_dist: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class MapsChoice:
    """Everything the page is asked for.

    Attributes:
        cases: which cases.
        methods: of the left and the right map.
        target: what arrows and scores lead towards.
        colour: column that the points are coloured by.
        is_doubt_shown: whether points that must not be read are marked.
        settings: of the layouts.
    """

    cases: Choice
    methods: tuple[Method, Method]
    target: str
    colour: str
    is_doubt_shown: bool
    settings: LayoutSettings


def choose_cases(workspace: Workspace) -> Choice:
    """Which cases; asked only where there is a choice."""
    offered = offered_cases(workspace)
    return offered[0] if len(offered) == 1 else (_stored(maps_state.CASES, offered) or offered[0])


def maps_controls(cases: MapCases) -> MapsChoice:
    """Draw the row of controls above the maps."""
    offered = offered_cases(cases.workspace)
    left, right, colour, towards, doubt, more = st.columns(
        [2.6, 2.6, 2.8, 2.6, 3.2, 1.8], gap="small", vertical_alignment="bottom"
    )
    methods = (_method(left, 0), _method(right, 1))
    target = _target(towards, cases)
    with more, st.popover("Settings", width="stretch", help="Which cases, and how t-SNE and UMAP lay them out."):
        if len(offered) > 1:
            _cases_box(cases.workspace, offered)
        settings = _layout_settings()
    chosen_colour = colour.selectbox(
        "Colour", colours_offered(cases, target, methods), key=maps_state.COLOUR, bind="query-params",
        help="What the colour of a point says. “neighbours kept”: how far each point's place can be believed.",
    )  # fmt: skip
    is_doubt_shown = doubt.toggle(
        "Where not to read", key=maps_state.DOUBT, bind="query-params",
        help="Marks the points whose neighbours on the map are not their neighbours in z, and the points that another "
        "seed puts elsewhere. Draw no conclusion from where these lie.",
    )  # fmt: skip
    write_in_address({maps_state.CASES: cases.choice if cases.choice != offered[0] else ""})
    return MapsChoice(cases.choice, methods, target, str(chosen_colour), bool(is_doubt_shown), settings)


def colours_offered(cases: MapCases, target: str, methods: Sequence[Method]) -> list[str]:
    """Names of what the points can be coloured by."""
    kept = [NEIGHBOURS_KEPT.format(METHOD_WORDS[method]) for method in dict.fromkeys(methods)]
    columns = list(cases.columns)
    return [*columns[:5], f"score: {target}", *kept, *columns[5:]]


def _method(place: st.delta_generator.DeltaGenerator, index: int) -> Method:
    key, title = ((maps_state.LEFT, "Left map"), (maps_state.RIGHT, "Right map"))[index]
    chosen: Method = place.selectbox(
        title, list(METHOD_WORDS), index=index, format_func=METHOD_WORDS.__getitem__, key=key, bind="query-params",
        help="t-SNE and UMAP keep neighbours together; sizes of groups and the gaps between them mean little. PLS "
        "(the target to the right) and PCA (the largest variance) are straight views: distances mean what they mean in "
        "z, but much of z is not seen.",
    )  # fmt: skip
    return chosen if chosen in METHODS else "pca"


def _target(place: st.delta_generator.DeltaGenerator, cases: MapCases) -> str:
    training = cases.workspace.training
    targets = targets_of(training if training is not None else cases.table)
    default = cases.workspace.checkpoint.card.target
    if st.session_state.get(state.TARGET) not in targets:
        st.session_state.pop(state.TARGET, None)
    return str(
        place.selectbox(
            "Towards",
            targets,
            index=targets.index(default) if default in targets else 0,
            format_func=target_words,  # as on the traverse page: the address holds these words
            key=state.TARGET,
            bind="query-params",
            help="The class or the measured quantity that the arrows lead to.",
        )
    )


def _cases_box(workspace: Workspace, offered: Sequence[Choice]) -> None:
    counts = {name: len(table) if table else 0 for name, table in _tables(workspace).items()}
    words: dict[Choice, str] = {
        "folder": f"the open folder ({counts['folder']:,} cases)",
        "training": f"what the model was trained with ({counts['training']:,} cases)",
        "placed": "what it was trained with, and the folder's new cases placed between",
    }
    st.selectbox(
        "Cases on the maps", offered, key=maps_state.CASES,
        format_func=words.__getitem__,
        help="The cases of the open data folder, or those of the training, if their latents lie beside the model. "
        "Cases that are placed do not change the map; they are drawn as open rings.",
    )  # fmt: skip


def _tables(workspace: Workspace) -> dict[str, LatentTable | None]:
    return {"folder": workspace.latents, "training": workspace.training}


def _layout_settings() -> LayoutSettings:
    default = LayoutSettings()
    perplexity = st.slider("t-SNE: perplexity", 5, 100, int(default.perplexity), 5, key=maps_state.PERPLEXITY,
        bind="query-params",
        help="How many neighbours each case is held near to, roughly. More: broader groups.")  # fmt: skip
    n_neighbors = st.slider("UMAP: neighbours", 5, 100, default.n_neighbors, 5, key=maps_state.NEIGHBOURS,
        bind="query-params",
        help="How many neighbours each case is held near to. More: coarser structure.")  # fmt: skip
    min_dist = st.slider("UMAP: least distance", 0.0, 1.0, default.min_dist, 0.05, key=maps_state.MIN_DIST,
        bind="query-params",
        help="How near points may lie. It changes the look of groups, not which cases are neighbours.")  # fmt: skip
    seed = st.number_input("Seed", 0, 9999, default.seed, key=maps_state.SEED, bind="query-params",
        help="Of everything random. The same seed gives the same map on this computer.")  # fmt: skip
    return LayoutSettings(float(perplexity), int(n_neighbors), float(min_dist), int(seed))


def _stored(key: str, offered: Sequence[Choice]) -> Choice | None:
    value = st.session_state.get(key)
    return value if value in offered else None
