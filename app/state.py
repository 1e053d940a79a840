"""Every key of the session and of the address, typed; nothing else touches `st.session_state` by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.settings import read_settings

CHECKPOINT = "checkpoint_path"
DATA = "data_folder"
CASE = "case"
UPLOADED = "uploaded_picture"
TARGET = "target"
SPAN = "range"
N_STEPS = "steps"
SKIP_DROPOUT = "skips"
SEED = "seed"
VIEWER = "path_viewer"
SHOWN = "shown_cases"


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
    """Give a new session the checkpoint and data it starts with, and the case that the address names."""
    settings = read_settings()
    st.session_state.setdefault(CHECKPOINT, str(settings.checkpoint))
    st.session_state.setdefault(DATA, str(settings.data) if settings.data else "")
    st.session_state.setdefault(CASE, "")
    st.session_state.setdefault(UPLOADED, None)
    _follow_address()


def _follow_address() -> None:
    """Open the case that the address names; a page switch empties the address, and then it gets the case again."""
    asked = st.query_params.get(CASE, "")
    if not asked and case_id():
        st.query_params[CASE] = case_id()
    elif asked and asked != case_id():
        st.session_state[CASE] = asked
        st.session_state[UPLOADED] = None


def is_prepared() -> bool:
    """Whether `prepare_state` has run in this session."""
    return CHECKPOINT in st.session_state


def checkpoint_path() -> Path:
    """The checkpoint that is open."""
    return Path(st.session_state[CHECKPOINT])


def data_folder() -> Path | None:
    """The data folder that is open; None without one."""
    return Path(st.session_state[DATA]) if st.session_state[DATA] else None


def open_checkpoint_at(path: Path) -> None:
    """Switch to another checkpoint; its case and its target are chosen anew, the demo's images go with the demo."""
    settings = read_settings()
    st.session_state[CHECKPOINT] = str(path)
    if st.session_state[DATA] == str(settings.data or "") and path != settings.checkpoint:
        st.session_state[DATA] = ""
    _forget_case()


def open_data_at(folder: Path | None) -> None:
    """Switch to another data folder; the case is chosen anew."""
    st.session_state[DATA] = str(folder) if folder else ""
    _forget_case()


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
    st.session_state[CASE] = case
    st.session_state[UPLOADED] = None
    st.query_params[CASE] = case


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


def _forget_case() -> None:
    st.session_state[CASE] = ""
    st.session_state[UPLOADED] = None
    st.query_params.pop(CASE, None)
    for key in (TARGET,):
        st.session_state.pop(key, None)
