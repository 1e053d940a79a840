"""Start: what is open, how good it is, and how to open something else."""

from __future__ import annotations

import re

import streamlit as st

from analysis.evaluation.verdict import judge_metrics
from analysis.nouns import said_of
from app import state
from app.case_choice import choose_case
from app.failures import explained
from app.page_entry import open_page
from app.plain_text import plain
from app.quality_section import show_evidence
from app.reopen_section import offer_reopening
from app.top_bar import choose_data, top_bar
from app.without_decoder import offer_what_works, page_of_cases
from app.words import METRICS, count, facts_table, figure, target_words
from app.workspace import Case, Workspace
from app.workspace_progress import open_with_progress
from xaae_core.models.catalogue import entry_of
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.model_abilities import has_decoder
from xaae_core.signal_form import SignalForm, signal_form_of

TRAVERSE = "pages/traverse.py"
TRAIN = "pages/train.py"
_MOST_SKIPPED = 1000
_MOST_CHANNELS = 6


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    model, case = workspace.checkpoint.model, None
    with explained(said_of(model, "Opening this picture")):
        case = workspace.case()
    top_bar(workspace, case)
    st.title("What did the model learn, and may I believe it?")
    if has_decoder(model):
        goal = "the direction in which the model sees the target grow"
        if not workspace.checkpoint.card.target:
            goal = "one dimension of z, or towards a class of the open cases,"
        words = f"Move a case along {goal} and watch the picture change."
        st.markdown(f"{said_of(model, words)} Every step says how far it can be trusted.")
    else:
        offer_what_works("start")
    card, data = st.columns([3, 2], gap="large")
    with card, explained("The model card"):
        show_model(workspace)
    with data, explained("The data"):
        show_data(workspace)
        target = workspace.checkpoint.card.target
        if has_decoder(model) and st.button(
            f"Move a case towards {target_words(target)}" if target else "Move a case", type="primary"
        ):
            st.switch_page(TRAVERSE)
        if workspace.data is None or state.is_demo_data():
            offer_training(model)
        with explained("Reopening a figure"):
            offer_reopening()
    show_cases(workspace, case)


def show_model(workspace: Workspace) -> None:
    """The model card in plain words."""
    card, checkpoint = workspace.checkpoint.card, workspace.checkpoint
    st.header(card.name)
    if card.note:
        st.markdown(plain(re.sub("`([^`]*)`", r"“\1”", card.note)))
    shown = [name for name in METRICS if name in card.metrics][:4]
    if shown:
        for column, name in zip(st.columns(len(shown)), shown, strict=True):
            label, help_text = METRICS[name]
            column.metric(label, figure(card.metrics[name]), help=help_text)
    entry = entry_of(checkpoint.model)
    facts = {
        **({"model": entry.title} if entry is not None else {}),
        "has learned": learned_words(workspace),
        **({"“+” means": f"more {card.target}"} if card.target else {}),
        **taken_words(checkpoint.model),
        "latent code z": said_of(checkpoint.model, f"{checkpoint.model.encoding_dims} numbers a picture"),
        "trained on": card.data_name or "not recorded",
        "written": f"{card.created[:10] or 'not recorded'}, fingerprint {checkpoint.sha256[:12]}",
    }
    st.html(facts_table(facts))
    answer = judge_metrics(card.metrics).sentence
    with st.expander(f"Is it good enough to explain? **{answer}**"), explained("The held-out figures"):
        show_evidence(workspace)


def taken_words(model: LatentModel) -> dict[str, str]:
    """What the model takes."""
    form = signal_form_of(model)
    if form is None:
        height, width = model.input_size
        return {"pictures": f"{width} × {height} pixels, {'grey' if model.input_channels == 1 else 'colour'}"}
    samples = f"{form.length:,} samples at {form.sampling_rate:g} Hz ({form.seconds:.3g} s)"
    return {"signals": f"{count(form.n_channels, 'channel')} × {samples}", "channels": channel_words(form)}


def channel_words(form: SignalForm) -> str:
    """The first channels by name, with the units that they are measured in."""
    named = [f"{name} ({unit})" if unit else name for name, unit in zip(form.channel_names, form.units, strict=True)]
    rest = len(named) - _MOST_CHANNELS
    return ", ".join(named) if rest <= 1 else f"{', '.join(named[:_MOST_CHANNELS])} and {rest} more"


def learned_words(workspace: Workspace) -> str:
    """What the model has learned to tell or to do."""
    card, model = workspace.checkpoint.card, workspace.checkpoint.model
    if card.task != "classes":
        return f"{card.target}, a number"
    if card.classes:
        return ", ".join(card.classes)
    entry = entry_of(model)
    if entry is not None and entry.feed == "pairs":
        return "to draw its cases again from z, from pairs of cases that have something in common"
    return f"{'to draw its cases again from z' if has_decoder(model) else 'what makes cases alike'}, without labels"


def show_data(workspace: Workspace) -> None:
    """The open data in plain words."""
    data = workspace.data
    if data is None:
        st.header("No data open")
        st.markdown("Open the folder the model was trained on, or one like it, to find the direction of the target.")
        choose_data()
        return
    st.header(f"Data: {plain(data.name)}")
    st.markdown(f"{plain(data.words)}.")
    if data.left_out:
        with st.expander(f"{count(len(data.left_out), 'case' if data.is_table else 'file')} skipped"):
            skipped = [{"file": name, "why": reason} for name, reason in data.left_out[:_MOST_SKIPPED]]
            st.dataframe(skipped, hide_index=True)
    if state.is_demo_data():
        st.caption("In these drawings, “effusion” means fluid above about half the lung's height; less counts as none.")
    for note in data.notes:
        st.caption(plain(note[:1].upper() + note[1:]))


def offer_training(model: LatentModel) -> None:
    """The way to a model of one's own, for who has not opened data of their own."""
    if st.button(said_of(model, "Train a model on your own pictures"), key="start_train"):
        st.switch_page(TRAIN)


@st.fragment
def show_cases(workspace: Workspace, case: Case | None) -> None:
    """The cases; one click opens the page on which it is moved or explained."""
    if workspace.latents is None:
        return
    st.header(f"Cases: {plain(workspace.cohort.words)}" if workspace.cohort else "Cases")
    with explained("The list of cases"):
        picked = choose_case(workspace, case, layout="grid")
        if picked is not None and picked.is_new and picked.selected is not None:
            state.open_case(picked.selected)
            st.switch_page(page_of_cases(workspace.checkpoint.model))


open_page(render)
