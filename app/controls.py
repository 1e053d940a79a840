"""Groups of widgets that return frozen settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.latent_axes import LatentAxis, name_of
from app import state
from app.address import write_in_address
from app.cached import PathRequest
from app.words import target_words
from xaae_core.latents import LatentTable

SKIP_LEVELS = tuple(round(1 - step / 20, 2) for step in range(21))
SPANS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
STEPS = (11, 21, 31, 41, 61)
ONE_DIMENSION = "z: one dimension"
"""In the place of a target."""


@dataclass(frozen=True)
class TraverseChoice:
    """What the controls under the viewer say.

    Attributes:
        target: class or column that "+" means, or the name of the dimension.
        request: range, steps, skip dropout and seed.
        dimension: the dimension of z to move along; None: towards the target.
    """

    target: str
    request: PathRequest
    dimension: int | None = None


def traverse_controls(
    table: LatentTable,
    default_target: str,
    *,
    axes: Sequence[LatentAxis],
    has_skips: bool,
    noun: str = "picture",
    is_variational: bool = False,
) -> TraverseChoice:
    """Draw the row of controls below the viewer.

    Args:
        table: the cases that directions are fitted to.
        default_target: chosen at first, if the table knows it.
        axes: the dimensions of z, in the order in which they are offered.
        has_skips: whether there are skip connections to drop.
        noun: what a case is called, "picture" or "signal".
        is_variational: whether the model may have left dimensions of z unused, which are marked then.
    """
    targets = [*targets_of(table), ONE_DIMENSION]
    if st.session_state.get(state.TARGET) not in targets:
        st.session_state.pop(state.TARGET, None)
    skips, target, span, steps, seed = st.columns([5, 3, 2, 2, 1.5], gap="medium")
    skip_dropout = skips.select_slider(
        "Skip dropout: what may bypass z",
        SKIP_LEVELS,
        value=1.0,
        format_func=skip_words,
        key=state.SKIP_DROPOUT,
        bind="query-params",
        disabled=not has_skips,
        help=f"At 1 nothing but the latent code z reaches the {noun}: you see what the model has understood. Towards 0 "
        "the decoder may copy detail straight from the original: sharper, but that detail does not move with z."
        + ("" if has_skips else " This model has no skip connections, so there is nothing to choose."),
    )
    chosen = target.selectbox(
        "Move towards",
        targets,
        index=targets.index(default_target) if default_target in targets else 0,
        format_func=lambda name: "one dimension of z" if name == ONE_DIMENSION else target_words(name),
        key=state.TARGET,
        bind="query-params",
        help="The class, or the measured quantity, that + on the slider means. The direction is the first PLS "
        "component of the latent vectors on it. One dimension of z needs no labels: of a disentangled model each may "
        "be a factor of its own.",
    )
    if chosen != ONE_DIMENSION:
        write_in_address({state.AXIS: ""})
    dimension = _choose_axis(target, axes, marks_unused=is_variational) if chosen == ONE_DIMENSION else None
    chosen_span = span.selectbox(
        "Range",
        SPANS,
        index=2,
        format_func=lambda value: f"± {value:g} SD",
        key=state.SPAN,
        bind="query-params",
        help="How far to go. 1 SD is the spread of the training cases along this direction.",
    )
    n_steps = steps.selectbox(
        "Steps",
        STEPS,
        index=1,
        key=state.N_STEPS,
        bind="query-params",
        help=f"How many {noun}s the path has, both ends included.",
    )
    chosen_seed = seed.number_input(
        "Seed",
        0,
        9999,
        value=0,
        key=state.SEED,
        bind="query-params",
        disabled=skip_dropout in (0.0, 1.0),
        help=f"Which detail is dropped, for skip dropout between 0 and 1. The same seed gives the same {noun}.",
    )
    return TraverseChoice(
        str(chosen) if dimension is None else name_of(dimension),
        PathRequest(float(chosen_span), int(n_steps), float(skip_dropout), int(chosen_seed)),
        dimension,
    )


def _choose_axis(place: DeltaGenerator, axes: Sequence[LatentAxis], *, marks_unused: bool) -> int:
    """Draw the choice of a dimension of z, that of the largest spread first."""
    words = {
        axis.dimension: f"{axis.dimension} · "
        + ("hardly used" if marks_unused and not axis.is_active else f"spread {axis.spread:.2g}")
        for axis in axes
    }
    if st.session_state.get(state.AXIS) not in words:
        st.session_state.pop(state.AXIS, None)
    chosen = place.selectbox(
        "Dimension",
        list(words),
        format_func=words.__getitem__,
        key=state.AXIS,
        help="Counted from 0; those in which the cases differ most come first. A dimension that hardly differs is one "
        "that the model does not use.",
    )
    write_in_address({state.AXIS: str(chosen)})  # the number alone: its words change with the data
    return chosen


def targets_of(table: LatentTable) -> list[str]:
    """Classes and columns of numbers that a direction can be fitted to."""
    columns = [
        name
        for name, values in table.columns.items()
        if np.issubdtype(values.dtype, np.number) and np.isfinite(values).sum() > 2 and np.nanstd(values) > 0
    ]
    return [*table.classes, *columns]


def skip_words(value: float) -> str:
    """What a skip dropout means."""
    if value == 1.0:
        return "1 · z only"
    return "0 · everything" if value == 0.0 else f"{value:.2f}"
