"""The row of controls of the attributions page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from analysis.attributions import available_methods
from analysis.nouns import said_of, signal_words
from app import attributions_state
from app.attribution_baselines import BASELINE_WORDS, BaselineName, baselines_of
from app.attributions_page.choice import (
    METHOD_HELP,
    METHOD_WORDS,
    AttributionChoice,
    MethodChoice,
    explained_words,
)
from app.controls import targets_of
from app.workspace import Workspace
from xaae_core.models.model_abilities import has_decoder
from xaae_core.signal_form import SignalForm

USUAL_METHODS = ("integrated_gradients", "latent_shift", "grad_cam")
_MOST_STEPS = 1000
_EXPLAINED_HELP = (
    "Which number of the model the pixels are to account for: its answer for a class; the score along the direction "
    "towards one, which asks what puts this picture where it lies between the two ends of the traverse page; one "
    "number of the code z, or all of it; or how badly the picture is redrawn from z."
)
_BASELINE_HELP = (
    "Most methods say what this picture has that another one has not. Black is also the colour of borders; the blurred "
    "picture keeps the brightness and asks for the detail."
)
_SIGNAL_BASELINE_HELP = (
    "Most methods say what this signal has that another one has not. Level at each channel's mean has no event at all; "
    "zero is no voltage, no flow; blurred in time keeps the slow and asks for the quick."
)


def attribution_controls(workspace: Workspace, *, is_cohort: bool) -> AttributionChoice:
    """Draw the controls.

    Args:
        workspace: model and data.
        is_cohort: whether one map of many pictures is asked for: then of one method.
    """
    explain, by, more = st.columns([4, 5.6, 1.9], gap="small", vertical_alignment="bottom")
    explained = _explained(explain, workspace)
    usable, refused = _methods_for(workspace, explained)
    model = workspace.checkpoint.model
    helps = {name: f"**{METHOD_WORDS[name]}** {said_of(model, METHOD_HELP[name])}." for name in usable}
    methods = _one_method(by, helps) if is_cohort else _several_methods(by, helps)
    with more, st.popover("Settings", width="stretch", help="What cases are compared with, and each method's own."):
        baseline = _baseline(workspace.signal_form)
        is_checked = st.toggle(
            "Put each map to the checks", value=True, key=attributions_state.CHECKED, bind="query-params",
            disabled=is_cohort,
            help="The same method on a destroyed model and on a direction of shuffled labels, and deletion against "
            "random maps. It takes several times as long as the map.",
        )  # fmt: skip
        told = _method_settings(workspace)
        for name, why in refused.items():
            st.caption(f"{METHOD_WORDS[name]} cannot work here: {why}.")
    return AttributionChoice(explained, methods, baseline, is_checked and not is_cohort, told)


def offered_targets(workspace: Workspace) -> list[str]:
    """What can be explained, as `AttributionChoice.explained`; the direction first: no other tool offers it."""
    card = workspace.checkpoint.card
    directions = targets_of(workspace.training) if workspace.training is not None else []
    if card.target in directions:
        directions.sort(key=lambda name: name != card.target)
    classes = [f"class:{name}" for name in sorted(workspace.classes, key=lambda name: name != card.target)]
    if card.task != "classes":
        classes = ["class"]
    found = [*(f"direction:{name}" for name in directions[:1]), *classes[:1]]
    found += [f"direction:{name}" for name in directions[1:]] + classes[1:]
    drawn = ["error"] if has_decoder(workspace.checkpoint.model) else []
    return [*found, "representation", "dimension", *drawn]


def _explained(place: st.delta_generator.DeltaGenerator, workspace: Workspace) -> str:
    offered, card = offered_targets(workspace), workspace.checkpoint.card
    if st.session_state.get(attributions_state.EXPLAINED) not in offered:
        st.session_state.pop(attributions_state.EXPLAINED, None)
    chosen = str(
        place.selectbox(
            "Explain", offered, format_func=lambda name: explained_words(name, card.target),
            key=attributions_state.EXPLAINED, bind="query-params",
            help=said_of(workspace.checkpoint.model, _EXPLAINED_HELP),
        )
    )  # fmt: skip
    if chosen != "dimension":
        return chosen
    n_dims = workspace.checkpoint.model.encoding_dims
    if not 0 <= st.session_state.get(attributions_state.DIMENSION, 0) < n_dims:
        st.session_state.pop(attributions_state.DIMENSION, None)
    dim = place.number_input(
        f"Dimension (0 to {n_dims - 1})", 0, n_dims - 1, 0, key=attributions_state.DIMENSION, bind="query-params"
    )
    return f"dimension:{dim}"


def _methods_for(workspace: Workspace, explained: str) -> tuple[list[str], dict[str, str]]:
    """Names of the methods that can work, and why the others cannot."""
    target = AttributionChoice(explained, (), "black", False, MethodChoice()).target(workspace)
    available = available_methods(workspace.checkpoint.model, target)
    return [name for name in METHOD_WORDS if name in available.usable], dict(available.refused)


def _several_methods(place: st.delta_generator.DeltaGenerator, helps: Mapping[str, str]) -> tuple[str, ...]:
    usable = list(helps)
    usual: list[str] | None = [name for name in USUAL_METHODS if name in usable]
    before = st.session_state.get(attributions_state.METHODS, ())
    if any(name not in usable for name in before):  # set, not forgotten: the browser would go on showing the old ones
        st.session_state[attributions_state.METHODS] = [name for name in before if name in usable] or usual
        usual = None
    chosen = place.multiselect(
        "By", usable, default=usual, format_func=METHOD_WORDS.__getitem__,
        key=attributions_state.METHODS, bind="query-params", placeholder="Choose one method or more",
        help="Methods disagree; what several of them show is worth more. "
        + " ".join(helps.values()),
    )  # fmt: skip
    return tuple(chosen)


def _one_method(place: st.delta_generator.DeltaGenerator, helps: Mapping[str, str]) -> tuple[str, ...]:
    usable = list(helps)
    if st.session_state.get(attributions_state.METHOD) not in usable:
        st.session_state.pop(attributions_state.METHOD, None)
    chosen = place.selectbox(
        "By", usable, format_func=METHOD_WORDS.__getitem__, key=attributions_state.METHOD, bind="query-params",
        help=" ".join(helps.values()),
    )  # fmt: skip
    return (str(chosen),)


def _baseline(form: SignalForm | None) -> BaselineName:
    offered = baselines_of(form)
    if st.session_state.get(attributions_state.BASELINE) not in offered:
        st.session_state.pop(attributions_state.BASELINE, None)
    return st.selectbox(
        "Compared with", offered, key=attributions_state.BASELINE, bind="query-params",
        format_func=lambda name: BASELINE_WORDS[name] if form is None else signal_words(BASELINE_WORDS[name]),
        help=_BASELINE_HELP if form is None else _SIGNAL_BASELINE_HELP,
    )  # fmt: skip


def _keep_below(key: str, most: int) -> None:
    """Forget a number that was chosen for larger pictures."""
    if st.session_state.get(key, 0) > most:
        st.session_state.pop(key)


def _method_settings(workspace: Workspace) -> MethodChoice:
    usual = MethodChoice()
    form = workspace.signal_form
    side = min(workspace.checkpoint.model.input_size) if form is None else form.length
    window_words = "side of the square (px)" if form is None else "stretch of a channel (samples)"
    n_steps = st.number_input("Integrated gradients: steps", 8, _MOST_STEPS, usual.n_steps, 8,
        key=attributions_state.STEPS, bind="query-params",
        help="Points on the way. More share out the number more exactly.")  # fmt: skip
    n_samples = st.number_input("SmoothGrad, GradientShap: copies", 1, _MOST_STEPS, usual.n_samples, 5,
        key=attributions_state.SAMPLES, bind="query-params",
        help="Noisy copies that are averaged.")  # fmt: skip
    _keep_below(attributions_state.WINDOW, side)
    window = st.number_input(f"Occlusion, ablation: {window_words}", 0, side, 0, 1,
        key=attributions_state.WINDOW, bind="query-params",
        help="0: a twelfth. Smaller ones take longer.")  # fmt: skip
    span = st.number_input("Latent shift: how far", 0.1, 6.0, usual.span, 0.1,
        key=attributions_state.SPAN, bind="query-params",
        help="Each way along the target, in its own unit: standard deviations for a direction.")  # fmt: skip
    seed = st.number_input("Seed", 0, 9999, usual.seed,
        key=attributions_state.SEED, bind="query-params",
        help="Of everything random: the noise, the destroyed models, the shuffled labels.")  # fmt: skip
    return MethodChoice(int(n_steps), int(n_samples), int(window), float(span), int(seed))
