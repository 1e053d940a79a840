"""The one bar at the top of every page: model, data, case; each opens what changes it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import cached, state
from app.failures import explained
from app.settings import read_settings
from app.uploads import keep_upload
from app.words import count, verdict
from app.workspace import Case, Workspace
from xaae_core.checkpoints import is_checkpoint_name
from xaae_core.errors import XaaeError

PICTURES = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp"]


def top_bar(workspace: Workspace, case: Case | None) -> None:
    """Draw the bar."""
    model, data, picture = st.columns([4, 3, 3], gap="small")
    card = workspace.checkpoint.card
    with model, st.popover(f"**{card.name}** · {verdict(card)}", width="stretch", help="The model. Open to change it."):
        choose_model()
    with data, st.popover(_data_words(workspace), width="stretch", help="The cases. Open to change the folder."):
        choose_data()
    with picture, st.popover(_case_words(case), width="stretch", help="The case. Open to give a picture of your own."):
        choose_upload()


def choose_model() -> None:
    """Pick a checkpoint from the folder, or upload one."""
    settings = read_settings()
    offered = offered_checkpoints(settings.models, state.checkpoint_path())
    current = str(state.checkpoint_path())
    chosen = st.selectbox(
        "Model",
        list(offered),
        index=list(offered).index(current),
        format_func=offered.__getitem__,
        help=f'Checkpoints (.safetensors, .pth) in the folder "{settings.models}", and the demo.',
    )
    if chosen != current:
        state.open_checkpoint_at(Path(chosen))
        st.rerun()
    upload = st.file_uploader("… or open a checkpoint from your computer", type=["safetensors", "pth"])
    if upload is not None and st.button("Open this checkpoint", type="primary"):
        with explained("Opening this checkpoint"):
            path = keep_upload(upload.name, upload.getbuffer(), settings.cache)
            cached.checkpoint_at(cached.stamp(path))
            state.open_checkpoint_at(path)
            st.rerun()
    if not _is_demo():
        st.button("Back to the demo", on_click=state.open_demo)


def choose_data() -> None:
    """Name a folder of pictures."""
    folder = state.data_folder()
    typed = st.text_input(
        "Data folder",
        value=str(folder) if folder else "",
        placeholder="/path/to/pictures",
        help="A folder with one subfolder per class, or with a labels.csv (columns file and label).",
    )
    if st.button("Open this folder", type="primary", disabled=not typed or typed == str(folder or "")):
        with explained("Opening this folder"):
            cached.open_dataset(Path(typed).expanduser())
            state.open_data_at(Path(typed).expanduser())
            st.rerun()


def choose_upload() -> None:
    """Give a picture of one's own."""
    upload = st.file_uploader(
        "Look at a picture of your own",
        type=PICTURES,
        help="It stays on this computer and is forgotten with the session.",
    )
    if upload is not None and st.button("Open this picture", type="primary"):
        state.open_upload(state.UploadedPicture(upload.name, upload.getvalue()))
        st.rerun()
    if state.uploaded() is not None and st.button("Back to the cases of the data folder"):
        state.open_case(state.case_id())
        st.rerun()


def offered_checkpoints(folder: Path, current: Path) -> dict[str, str]:
    """Path → what is shown, of the demo, the open checkpoint and those in the folder."""
    from xaae_core.demo import demo_checkpoint

    found = sorted(path for path in folder.rglob("*") if is_checkpoint_name(path)) if folder.is_dir() else []
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
    if workspace.dataset is None:
        return "**No data** · choose a folder"
    skipped = len(workspace.dataset.broken) + (len(workspace.latents.skipped) if workspace.latents else 0)
    text = f"**{workspace.dataset.name}** · {count(len(workspace.dataset) - _unread(workspace), 'case')}"
    return text + (f", {skipped} skipped" if skipped else "")


def _unread(workspace: Workspace) -> int:
    return len(workspace.latents.skipped) if workspace.latents else 0


def _case_words(case: Case | None) -> str:
    if case is None:
        return "**No case** · give a picture"
    name = case.id if len(case.id) <= 28 else f"{case.id[:12]}…{case.id[-14:]}"
    return f"**{name}** · {case.label or 'label not known'}"
