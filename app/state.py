"""Every key of the session and of the address, typed; nothing else touches `st.session_state` by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from app.address import write_in_address
from app.background import Background
from app.cohort_state import clear_cohort as clear_cohort
from app.cohort_state import cohort as cohort
from app.cohort_state import follow_cohort as follow_cohort
from app.cohort_state import is_selection_looked_at as is_selection_looked_at
from app.cohort_state import look_at_selection as look_at_selection
from app.cohort_state import selection as selection
from app.cohort_state import selection_id as selection_id
from app.cohort_state import set_cohort as set_cohort
from app.cohort_state import set_selection as set_selection
from app.latest_option import follow_latest as follow_latest
from app.link_state import forget_notes
from app.settings import read_settings
from xaae_core.case_tokens import case_token, is_case_token

CHECKPOINT = "checkpoint_path"
DATA = "data_folder"
PICTURES = "pictures_folder"
CASE = "case"
UPLOADED = "uploaded_picture"
TARGET = "target"
AXIS = "axis"
SPAN = "range"
N_STEPS = "steps"
SKIP_DROPOUT = "skips"
SEED = "seed"
VIEWER = "path_viewer"
SHOWN = "shown_cases"
TRAIN_STEP = "train_step"
TRAIN_DATA = "train_data"
TRAIN_BROWSED = "train_browsed"
TRAIN_READ = "train_read"
TRAIN_TASKS = "train_tasks"
TRAIN_LOSS = "train_loss_of"
TRAIN_SAMPLE = "train_sample"
RUN = "run"

TrainStep = Literal["data", "model", "run"]


@dataclass(frozen=True)
class UploadedPicture:
    """A picture the user gave, kept while the session lasts.

    Attributes:
        name: the file's name, for the user's eyes only.
        content: the file's bytes.
    """

    name: str
    content: bytes


def prepare_state() -> None:
    """Give a new session the checkpoint and data it starts with."""
    settings = read_settings()
    st.session_state.setdefault(CHECKPOINT, str(settings.checkpoint))
    st.session_state.setdefault(DATA, str(settings.data) if settings.data else "")
    st.session_state.setdefault(PICTURES, str(settings.pictures) if settings.pictures else "")
    st.session_state.setdefault(CASE, "")
    st.session_state.setdefault(UPLOADED, None)


def forget_view() -> None:
    """What is looked at, as in a new session; the model and the data stay open."""
    clear_cohort()
    st.session_state.update({CASE: "", UPLOADED: None})


def is_prepared() -> bool:
    """Whether `prepare_state` has run in this session."""
    return CHECKPOINT in st.session_state


def checkpoint_path() -> Path:
    """The checkpoint that is open."""
    return Path(st.session_state[CHECKPOINT])


def data_folder() -> Path | None:
    """The data folder that is open; None without one."""
    return Path(st.session_state[DATA]) if st.session_state[DATA] else None


def pictures_folder() -> Path | None:
    """Where the pictures of an open table of latents lie; None: where the table says."""
    return Path(st.session_state[PICTURES]) if st.session_state[PICTURES] else None


def look_for_pictures_in(folder: Path | None) -> None:
    """Say where the pictures of the open table lie; the case and the cohort stay."""
    st.session_state[PICTURES] = str(folder) if folder else ""


def open_checkpoint_at(path: Path) -> None:
    """Switch to another checkpoint; its case and its target are chosen anew, the demo's images go with the demo."""
    settings = read_settings()
    st.session_state[CHECKPOINT] = str(path)
    if st.session_state[DATA] == str(settings.data or "") and path != settings.checkpoint:
        st.session_state[DATA] = ""
    _forget_cases()


def open_data_at(folder: Path | None, pictures: Path | None = None) -> None:
    """Switch to another data folder or table; the case and the cohort are chosen anew.

    Args:
        folder: the data; None: none.
        pictures: of a table of latents, where its pictures lie; None: where the table says.
    """
    st.session_state[DATA] = str(folder) if folder else ""
    st.session_state[PICTURES] = str(pictures) if pictures else ""
    _forget_cases()


def is_demo_data() -> bool:
    """Whether the open pictures are the demo's own."""
    from xaae_core.demo import demo_images

    return data_folder() == demo_images()


def open_demo() -> None:
    """Back to the bundled demo, model and images."""
    from xaae_core.demo import demo_checkpoint, demo_images

    st.session_state[CHECKPOINT] = str(demo_checkpoint())
    open_data_at(demo_images())


def case_id() -> str:
    """The case that is open; "" before one was chosen."""
    return str(st.session_state[CASE])


def open_case(case: str) -> None:
    """Switch to a case of the data set; the address follows."""
    ask_for_case(case)
    forget_notes()
    write_in_address({CASE: case_token(case)})


def ask_for_case(name: str) -> None:
    """Open a case by its id or its token, as soon as the data are there to find it in."""
    if name not in (case_id(), case_token(case_id())):
        st.session_state[CASE] = name
    st.session_state[UPLOADED] = None


def name_case(case: str) -> None:
    """The case that is open was found by its token: this is its id."""
    st.session_state[CASE] = case


def case_in_address() -> str:
    """What the address calls the case that was asked for; "" before one was."""
    return case_id() if is_case_token(case_id()) else case_token(case_id())


def forget_widgets(keys: Sequence[str]) -> None:
    """Let controls that are not on the page say what they say at first."""
    for key in keys:
        st.session_state.pop(key, None)


def remember_shown(cases: tuple[str, ...]) -> None:
    """Keep the ids that the search and the filter leave, in order; "next case" goes through these."""
    st.session_state[SHOWN] = cases


def shown() -> tuple[str, ...]:
    """The ids that the search and the filter leave; () before any were drawn."""
    cases: tuple[str, ...] = st.session_state.get(SHOWN, ())
    return cases


def uploaded() -> UploadedPicture | None:
    """The picture the user gave, if it is the one that is open."""
    picture: UploadedPicture | None = st.session_state[UPLOADED]
    return picture


def open_upload(picture: UploadedPicture) -> None:
    """Switch to a picture of the user's own."""
    st.session_state[UPLOADED] = picture


def close_upload() -> None:
    """Back from a picture of the user's own to the case that was open before."""
    st.session_state[UPLOADED] = None


def train_step() -> TrainStep | None:
    """The step of the train page; None where the session has not been there."""
    step: TrainStep | None = st.session_state.get(TRAIN_STEP)
    return step


def go_to_train_step(step: TrainStep) -> None:
    """Show another step of the train page."""
    st.session_state[TRAIN_STEP] = step


def train_data() -> Path | None:
    """The pictures that a training is prepared for; None before any were chosen."""
    chosen = st.session_state.get(TRAIN_DATA, "")
    return Path(chosen) if chosen else None


def choose_train_data(path: Path | None) -> None:
    """Choose the pictures that a training is prepared for; None: choose anew."""
    st.session_state[TRAIN_DATA] = str(path) if path else ""


def browsed_folder() -> Path | None:
    """The folder that is looked into while data are chosen; None before any was."""
    folder: Path | None = st.session_state.get(TRAIN_BROWSED)
    return folder


def browse_to(folder: Path) -> None:
    """Look into another folder while data are chosen."""
    st.session_state[TRAIN_BROWSED] = folder


def is_acknowledged(fingerprint: str) -> bool:
    """Whether the user wants to train on these data although the check advises against it."""
    return bool(fingerprint) and st.session_state.get(TRAIN_READ) == fingerprint


def acknowledge(fingerprint: str) -> None:
    """The user wants to train on these data all the same; "": no longer."""
    st.session_state[TRAIN_READ] = fingerprint


def train_task(name: str) -> Background[Any] | None:
    """Work that the train page has begun under this name: "check", "estimate", "phantoms"; None before."""
    task: Background[Any] | None = st.session_state.get(TRAIN_TASKS, {}).get(name)
    return task


def keep_train_task(name: str, task: Background[Any] | None) -> None:
    """Remember work under a name; what was there is cancelled."""
    tasks: dict[str, Background[Any] | None] = st.session_state.setdefault(TRAIN_TASKS, {})
    before = tasks.get(name)
    if before is not None:
        before.cancel()
    tasks[name] = task


def watched_run() -> str:
    """Name of the training that is watched, by the address or an earlier choice; "" for none."""
    asked = st.query_params.get(RUN, "")
    if asked:
        st.session_state[RUN] = asked
    return str(st.session_state.get(RUN, ""))


def watch_run(name: str) -> None:
    """Watch a training; the address follows. "": none."""
    st.session_state[RUN] = name
    if name:
        st.query_params[RUN] = name
    else:
        st.query_params.pop(RUN, None)


def _forget_cases() -> None:
    """What is about the cases of the data, or of the model, that were open until now."""
    clear_cohort()
    set_selection(())
    st.session_state[CASE] = ""
    st.session_state[UPLOADED] = None
    forget_notes()
    write_in_address({CASE: ""})
    for key in (TARGET, AXIS):
        st.session_state.pop(key, None)
