"""What a training would need, its name, and the button that starts it."""

from __future__ import annotations

import re

import streamlit as st

from app import state
from app.background import Background
from app.failures import explained
from app.plain_text import plain
from app.settings import read_settings
from app.train_page.check import CheckedData, checked_data, may_train
from app.train_page.model import choose_model_settings
from app.train_page.words import duration, memory, phase_name
from app.training.estimate import Estimate, estimate_training
from app.training.job import free_name, start_job
from app.training.request import TrainingRequest
from app.words import count, facts_table
from xaae_core.models.catalogue import DEFAULT_MODEL

_NAME = re.compile(r"[\w][\w .+-]{0,79}")


def choose_and_start() -> None:
    """The second step: settings to the left, what they cost and the start to the right."""
    checked = checked_data()
    if checked is None or not may_train(checked):
        st.info("Choose and check the data first.")
        if st.button("Choose data", type="primary", key="train_to_data"):
            state.go_to_train_step("data")
            st.rerun()
        return
    settings, cost = st.columns([7, 4], gap="large")
    request = None
    with settings, explained("These settings"):
        request = choose_model_settings(checked)
    with cost:
        with explained("The estimate"):
            _show_cost(checked, request)
        with explained("Starting the training"):
            _offer_start(checked, request)


def _show_cost(checked: CheckedData, request: TrainingRequest | None) -> None:
    """Time and memory, measured anew whenever a setting changes."""
    st.header("What it takes on this computer")
    if request is None:
        state.keep_train_task("estimate", None)
        st.markdown("Answer the question about left and right, and a few steps are tried out here.")
        return
    key = (str(checked.path), repr(request))
    task = state.train_task("estimate")
    if task is None or task.key != key:
        task = Background(
            lambda report: estimate_training(checked.path, request, report=lambda s: report(int(s), 0)), key
        )
        state.keep_train_task("estimate", task)
    if task.is_done:
        _show_estimate(task)
    else:
        _await_estimate(task)


@st.fragment(run_every=1.0)
def _await_estimate(task: Background[Estimate]) -> None:
    if task.is_done:
        st.rerun()
    st.markdown(
        f"Trying out a few steps to measure time and memory … {task.seconds:.0f} s  \nYou need not wait for it."
    )


def _show_estimate(task: Background[Estimate]) -> None:
    estimate = task.result()
    time, space = st.columns(2)
    time.metric(
        "Time, about",
        duration(estimate.seconds),
        help="Measured on a few steps of each phase. Phases that no longer get better end early, which is shorter; "
        "other work on this computer makes it longer.",
    )
    space.metric(
        "Memory at its peak",
        memory(estimate.memory),
        help=f"{memory(estimate.memory_free)} are free now. The model learns {estimate.n_parameters:,} numbers.",
    )
    if not estimate.fits:
        st.error(_shortage_words(estimate))
    elif estimate.is_tight:
        st.warning(f"Nearly all of the {memory(estimate.memory_free)} of free memory are needed: close other programs.")
    rows = {
        phase_name(phase): f"{count(n, 'epoch')}, {duration(estimate.per_epoch[phase])} each"
        for phase, n in estimate.phases.items()
    }
    with st.expander("Phase by phase"):
        st.html(facts_table(rows))


def _shortage_words(estimate: Estimate) -> str:
    if estimate.memory > estimate.memory_free:
        return (
            f"This needs {memory(estimate.memory)} and {memory(estimate.memory_free)} are free: close other programs, "
            "or choose smaller batches, smaller pictures, shorter signals or a smaller encoder."
        )
    return (
        f"This needs {memory(estimate.device_memory)} of the graphics processor, which has "
        f"{memory(estimate.device_memory_all)}: choose smaller batches or cases."
    )


def _offer_start(checked: CheckedData, request: TrainingRequest | None) -> None:
    runs = read_settings().runs
    kind = _kind(request)
    wish = free_name(runs, re.sub(r"[^\w.+-]+", "-", f"{checked.report.dataset.name}-{kind}").strip("-")[:60])
    name = st.text_input(
        "Name of the training",
        value=wish,
        key=f"train_name_{wish}",
        help=f"A folder of this name is made in {plain(str(runs))}; everything of the training goes there.",
    ).strip()
    trouble = _trouble(name, request)
    if st.button("Start the training", type="primary", disabled=bool(trouble), key="train_start", width="stretch"):
        assert request is not None  # else there is trouble
        estimate = _known_estimate()
        job = start_job(
            checked.path,
            runs / name,
            request,
            fingerprint=checked.fingerprint,
            expected=estimate.per_epoch if estimate else None,
            rival=checked.report.rival,
        )
        state.keep_train_task("estimate", None)
        state.watch_run(job.name)
        state.go_to_train_step("run")
        st.rerun()
    st.caption(trouble or "It runs by itself: you may close this page and come back.")


def _kind(request: TrainingRequest | None) -> str:
    """What is trained, as a part of the folder's name: the model, or the preset of xAAEnet."""
    if request is not None:
        return request.preset if request.is_xaaenet else request.model
    model = str(st.session_state.get("train_model", DEFAULT_MODEL))  # chosen, while a question is still open
    return str(st.session_state.get("train_preset", "standard")) if model == DEFAULT_MODEL else model


def _trouble(name: str, request: TrainingRequest | None) -> str:
    """Why the training cannot be started; "" where it can."""
    if request is None:
        return "Say first whether left and right matter."
    if not _NAME.fullmatch(name):
        return "The name may hold letters, digits, spaces, and . + - _ (up to 80)."
    task = state.train_task("estimate")
    if task is not None and task.has_failed:
        return "With these settings it cannot be trained; above is why."
    return ""


def _known_estimate() -> Estimate | None:
    task = state.train_task("estimate")
    is_known = task is not None and task.is_done and not task.has_failed and not task.is_cancelled
    return task.result() if task is not None and is_known else None
