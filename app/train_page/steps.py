"""The three steps of the train page: where one is, and how to get to the others."""

from __future__ import annotations

import streamlit as st

from app import state
from app.plain_text import plain
from app.settings import read_settings
from app.state import TrainStep
from app.train_page.check import CheckedData, checked_data, may_train
from app.train_page.words import case_word
from app.training.files import ACTIVE
from app.training.job import find_jobs
from app.words import count


def current_step() -> TrainStep:
    """The step that is shown; a session begins with a training that runs or is asked for, else with the data."""
    step = state.train_step()
    if step is None:
        is_running = any(job.status().state in ACTIVE for job in find_jobs(read_settings().runs))
        step = "run" if state.watched_run() or is_running else "data"
        state.go_to_train_step(step)
    return step


def show_steps(current: TrainStep) -> None:
    """The steps as a row of buttons; each says what was chosen there."""
    checked = checked_data()
    n_runs = len(find_jobs(read_settings().runs))
    data = f"{plain(checked.path.name)}, {_n_cases(checked)}" if checked else ""
    steps: tuple[tuple[TrainStep, str, str, bool, str], ...] = (
        ("data", "1 · Data", data, True, "Choose pictures or signals, and have them checked."),
        ("model", "2 · Model", "", may_train(checked), "Choose how to train. Needs checked data."),
        ("run", "3 · Training", count(n_runs, "training") if n_runs else "", n_runs > 0, "Watch trainings."),
    )
    for column, (step, label, chosen, is_open, about) in zip(st.columns(3), steps, strict=True):
        words = f"**{label}**" + (f" — {chosen}" if chosen else "")
        if column.button(
            words, type="primary" if step == current else "secondary", key=f"train_step_{step}", help=about,
            disabled=not is_open and step != current,
            width="stretch",
        ):  # fmt: skip
            state.go_to_train_step(step)
            st.rerun()


def _n_cases(checked: CheckedData) -> str:
    dataset = checked.report.dataset
    return count(len(dataset), case_word(dataset))
