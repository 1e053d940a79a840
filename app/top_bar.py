"""The one bar at the top of every page: model, data, case; each opens what changes it."""

from __future__ import annotations

import math
from pathlib import Path

import streamlit as st

from app import cached, state
from app.failures import explained
from app.plain_text import plain
from app.settings import read_settings
from app.training.run import MODEL_NAME
from app.uploads import forget_upload, keep_upload
from app.words import count, verdict
from app.workspace import Case, Workspace
from xaae_core.checkpoints import is_checkpoint_name
from xaae_core.errors import XaaeError

PICTURES = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp", "dcm", "dicom", "nii", "gz"]


def top_bar(workspace: Workspace, case: Case | None) -> None:
    """Draw the bar."""
    model, data, picture = st.columns([6, 3, 5], gap="small")
    card = workspace.checkpoint.card
    words = f"**{plain(card.name)}** · {verdict(card)}"
    with model, st.popover(words, width="stretch", help="The model. Open to change it."):
        choose_model("bar")
    with data, st.popover(_data_words(workspace), width="stretch", help="The cases. Open to change the folder."):
        choose_data("bar")
    with picture, st.popover(_case_words(case), width="stretch", help="The case. Open to give a picture of your own."):
        choose_upload(workspace, "bar")


def choose_model(place: str = "page") -> None:
    """Pick a checkpoint from the folder, or upload one; one that cannot be opened changes nothing.

    Args:
        place: names the widgets, where the same choice is offered twice on a page.
    """
    settings = read_settings()
    current = str(state.checkpoint_path())
    offered = offered_checkpoints(settings.models, Path(current), settings.runs)
    chosen = st.selectbox(
        "Model",
        list(offered),
        index=list(offered).index(current),
        format_func=offered.__getitem__,
        key=f"{place}_model_{current}",  # a fresh choice whenever another model is open
        help=f'Checkpoints (.safetensors, .pth) in the folder "{settings.models}", and the demo.',
    )
    if chosen != current:
        with explained("Opening this model"):
            _switch_to(Path(chosen))
    upload = st.file_uploader(
        "… or open a checkpoint from your computer", type=["safetensors", "pth"], key=f"{place}_model_upload"
    )
    if upload is not None and st.button("Open this checkpoint", type="primary", key=f"{place}_model_open"):
        with explained("Opening this checkpoint"):
            _open_upload(upload.name, upload.getbuffer())
    if not _is_demo():
        st.button("Back to the demo", on_click=state.open_demo, key=f"{place}_model_demo")


def _open_upload(name: str, content: memoryview) -> None:
    path = keep_upload(name, content, read_settings().cache)
    try:
        _switch_to(path)
    except XaaeError:
        forget_upload(path)
        raise


def _switch_to(path: Path) -> None:
    cached.checkpoint_at(cached.stamp(path))  # raises before anything changes
    state.open_checkpoint_at(path)
    st.rerun()


def choose_data(place: str = "page") -> None:
    """Name a folder of pictures; one that cannot be opened changes nothing."""
    folder = state.data_folder()
    typed = st.text_input(
        "Data folder",
        value=str(folder) if folder else "",
        placeholder="/path/to/pictures",
        key=f"{place}_data_{folder}",
        help="A folder with one subfolder per class, or with a table labels.csv, .parquet or .xlsx (columns file and "
        "label); or such a table itself.",
    ).strip()
    is_new = typed not in ("", str(folder or ""))
    if st.button("Open this folder", type="primary", disabled=not is_new, key=f"{place}_data_open"):
        with explained("Opening this folder"):
            cached.open_dataset(Path(typed).expanduser(), cached.card_at(cached.stamp(state.checkpoint_path())))
            state.open_data_at(Path(typed).expanduser())
            st.rerun()


def choose_upload(workspace: Workspace, place: str = "page") -> None:
    """Give a picture of one's own; one that cannot be read changes nothing."""
    upload = st.file_uploader(
        "Look at a picture of your own",
        type=PICTURES,
        key=f"{place}_picture",
        help="It stays on this computer and is forgotten with the session.",
    )
    if upload is not None and st.button("Open this picture", type="primary", key=f"{place}_picture_open"):
        with explained("Opening this picture"):
            workspace.read_upload(upload.name, upload.getvalue())
            state.open_upload(state.UploadedPicture(upload.name, upload.getvalue()))
            st.rerun()
    if state.uploaded() is not None and st.button("Back to the cases of the data folder", key=f"{place}_picture_back"):
        state.close_upload()
        st.rerun()


def offered_checkpoints(folder: Path, current: Path, runs: Path | None = None) -> dict[str, str]:
    """Path → what is shown, of the demo, the open checkpoint, those in the folder and finished trainings."""
    from xaae_core.demo import demo_checkpoint

    found = sorted(path for path in folder.rglob("*") if is_checkpoint_name(path)) if folder.is_dir() else []
    found += sorted(runs.glob(f"*/{MODEL_NAME}"), reverse=True) if runs is not None else []
    offered = {}
    for path in dict.fromkeys([demo_checkpoint(), current, *found]):
        try:
            card = cached.card_at(cached.stamp(path))
        except XaaeError:
            continue  # not a model of this tool: weights of something else may lie in the same folder
        offered[str(path)] = f"{card.name} ({path.name})"
    offered.setdefault(str(current), current.name)
    return offered


def _is_demo() -> bool:
    from xaae_core.demo import demo_checkpoint

    return state.checkpoint_path() == demo_checkpoint()


def _data_words(workspace: Workspace) -> str:
    if workspace.dataset is None or workspace.latents is None:
        return "**No data** · choose a folder"
    skipped = len(workspace.dataset.broken) + len(workspace.latents.skipped)
    text = f"**{plain(workspace.dataset.name)}** · {count(len(workspace.latents), 'case')}"
    return text + (f", {skipped} skipped" if skipped else "")


def _case_words(case: Case | None) -> str:
    if case is None:
        return "**No case** · give a picture"
    name = case.name if len(case.name) <= 24 else f"{case.name[:11]}…{case.name[-12:]}"
    words = f"**{plain(name)}** · {plain(case.label) or 'label not known'}"
    if not case.prediction:
        return words
    if math.isnan(case.probability):
        return f"{words} · predicted {plain(case.prediction)}"
    return f"{words} · called {plain(case.prediction)} {case.probability:.2f}"
