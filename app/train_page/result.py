"""A finished training: how good the model is, the way to explore it, and the figures of a training to take along."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analysis.evaluation.verdict import judge_metrics
from app import cached, state
from app.figure_menu import figure_menu
from app.plain_text import plain
from app.training.figures import quality_of_run, training_figure
from app.training.job import TrainingJob
from app.views import View, view_now
from app.without_decoder import page_of_cases
from app.words import METRICS, figure

_SHOWN = (
    *("test_auroc", "valid_auroc", "test_spearman", "valid_spearman", "test_accuracy", "test_sensitivity"),
    *("test_drawn_share", "test_probe_auroc", "test_probe_accuracy", "test_probe_spearman"),
)
_JUDGED = ("test_auroc", "valid_auroc", "test_spearman", "valid_spearman")
_KINDS = {"good": "success", "caution": "warning", "poor": "error", "unknown": "info"}


def show_result(job: TrainingJob) -> None:
    """The verdict with its reasons, the main held-out figures, and one click to the other pages."""
    card = cached.card_at(cached.stamp(job.checkpoint))
    verdict = judge_metrics(card.metrics)
    words, button = st.columns([8, 3], vertical_alignment="center")
    reasons = "; ".join(verdict.reasons)
    text = f"**{verdict.sentence}**" + (f" On cases it was not trained on, {plain(reasons)}." if reasons else "")
    getattr(words, _KINDS[verdict.level])(text)
    if button.button("Explore this model", type="primary", key="train_explore", width="stretch"):
        state.open_checkpoint_at(job.checkpoint)
        state.open_data_at(job.data)
        st.switch_page(page_of_cases(cached.checkpoint_at(cached.stamp(job.checkpoint)).model))
    if job.rival:
        st.caption(f"Compare with what needs no model, as the check found: {plain(job.rival)}.")
    shown = [name for name in (*_SHOWN, "test_specificity") if name in METRICS and name in card.metrics][:4]
    for column, name in zip(st.columns(4), shown, strict=False):
        label, about = METRICS[name]
        column.metric(label, figure(card.metrics[name]), help=about)


def offer_figures(job: TrainingJob, *, is_finished: bool) -> None:
    """The menus of the training's curves, and of the finished model's held-out quality where it predicts something.

    Args:
        job: with an epoch or more; what is taken has all epochs that are there by then.
        is_finished: whether there is a model.
    """
    view = View("train", {**view_now("train").query, state.RUN: (job.name,)})
    line = st.container(horizontal=True)
    curves, quality = line.container(width="content"), line.container(width="content")
    with curves:
        figure_menu(
            partial(training_figure, job.folder, view=view), key="train_curves", name=f"training-{job.name}",
            label="Take the curves",
        )  # fmt: skip
    if is_finished and any(name in cached.card_at(cached.stamp(job.checkpoint)).metrics for name in _JUDGED):
        with quality:
            figure_menu(
                partial(quality_of_run, job.folder), key="train_quality", name=f"quality-{job.name}",
                label="Take the held-out quality",
            )  # fmt: skip
