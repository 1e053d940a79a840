"""The one bar at the top of every page: model, data, case; each opens what changes it."""

from __future__ import annotations

import math
from pathlib import Path

import streamlit as st

from app import cached, state
from app.cohort_controls import cohort_controls, cohort_count, cohort_notes
from app.failures import explained
from app.links import show_open
from app.opened_data import check_data
from app.plain_text import plain
from app.settings import read_settings
from app.share_menu import share_menu
from app.training.run import MODEL_NAME
from app.uploads import forget_upload, keep_upload
from app.words import verdict
from app.workspace import Case, Workspace
from xaae_core.checkpoints import is_checkpoint_name
from xaae_core.errors import DatasetError, XaaeError
from xaae_core.latent_table import is_latent_table
from xaae_core.signal_form import case_noun, signal_form_of

PICTURES = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp", "dcm", "dicom", "nii", "gz"]
SIGNALS = ["csv", "tsv", "npy", "npz", "edf", "bdf"]


def top_bar(workspace: Workspace, case: Case | None) -> None:
    """Draw the bar; the address follows what is open."""
    show_open(workspace)
    model, data, picture, share = st.columns([7, 4, 5, 1.5], gap="small")
    card = workspace.checkpoint.card
    words = f"**{plain(card.name)}** · {verdict(card)}"
    with model, st.popover(words, width="stretch", help="The model. Open to change it."):
        choose_model("bar")
    told = "The cases. Open to look at some of them only, or at other data."
    with data, st.popover(_data_words(workspace), width="stretch", help=told, key="bar_data"):
        if workspace.data is not None:
            with explained("The filter of the cases"):
                cohort_controls(workspace, case)
            st.divider()
        choose_data("bar")
    words, noun = _case_words(workspace, case), case_noun(workspace.signal_form)
    with picture, st.popover(words, width="stretch", help=f"The case. Open to give a {noun} of your own."):
        choose_upload(workspace, "bar")
    with share, explained("The link to this view"):
        share_menu(workspace)
    with explained("The cohort"):
        cohort_notes(workspace, case)


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
    """Name a folder of pictures or signals, or a table of latents; one that cannot be opened changes nothing."""
    folder = state.data_folder()
    typed = st.text_input(
        "Data folder",
        value=str(folder) if folder else "",
        placeholder="/path/to/cases, or to a table of latents",
        key=f"{place}_data_{folder}",
        help="A folder with one subfolder per class, or with a table labels.csv, .parquet or .xlsx (columns file and "
        "label); or such a table itself; or a file of signals with their labels (.npz, .edf); or a table that "
        "`xaae extract` wrote with this model, which opens at once.",
    ).strip()
    is_new = typed not in ("", str(folder or ""))
    if st.button("Open this", type="primary", disabled=not is_new, key=f"{place}_data_open"):
        with explained("Opening these data"):
            path = Path(typed).expanduser()
            check_data(path, cached.checkpoint_at(cached.stamp(state.checkpoint_path())))
            state.open_data_at(path)
            st.rerun()
    if folder is not None and is_latent_table(folder):
        choose_pictures(place)


def choose_pictures(place: str = "page") -> None:
    """Say in which folder the pictures of the open table of latents lie now."""
    known = state.pictures_folder()
    typed = st.text_input(
        "Folder of its cases",
        value=str(known) if known else "",
        placeholder="where the table says",
        key=f"{place}_pictures_{known}",
        help="The data folder that the table was made from, if it lies elsewhere now. Empty: where the table says.",
    ).strip()
    folder = Path(typed).expanduser() if typed else None
    if st.button("Look there", disabled=folder == known, key=f"{place}_pictures_open"):
        with explained("Looking for the cases"):
            if folder is not None and not folder.exists():
                raise DatasetError(f"{folder} is not there: name the folder of the cases, or its table of labels")
            state.look_for_pictures_in(folder)
            st.rerun()


def choose_upload(workspace: Workspace, place: str = "page") -> None:
    """Give a picture or a signal of one's own; one that cannot be read changes nothing."""
    form = signal_form_of(workspace.checkpoint.model)
    what = case_noun(form)
    upload = st.file_uploader(
        f"Look at a {what} of your own",
        type=PICTURES if form is None else SIGNALS,
        key=f"{place}_picture",
        help="It stays on this computer and is forgotten with the session."
        + (
            ""
            if form is None
            else f" The model takes {form.n_channels} × {form.length:,} samples at "
            f"{form.sampling_rate:g} Hz; of a longer recording the middle is shown."
        ),
    )
    if upload is not None and st.button(f"Open this {what}", type="primary", key=f"{place}_picture_open"):
        with explained(f"Opening this {what}"):
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
    if workspace.data is None:
        return "**No data** · choose a folder"
    skipped = len(workspace.data.left_out)
    text = f"**{plain(workspace.data.name)}** · {cohort_count(workspace)}"
    return text + (f", {skipped:,} skipped" if skipped and not workspace.cohort else "")


def _case_words(workspace: Workspace, case: Case | None) -> str:
    if case is None:
        return _row_words(workspace)
    words = f"**{_shortened(case.name)}** · {plain(case.label) or 'label not known'}"
    if not case.prediction:
        return words
    if math.isnan(case.probability):
        return f"{words} · predicted {plain(case.prediction)}"
    return f"{words} · called {plain(case.prediction)} {case.probability:.2f}"


def _row_words(workspace: Workspace) -> str:
    """A case of a table of latents whose picture is not there."""
    row = workspace.open_row()
    if row is None or workspace.latents is None or not workspace.missing_picture():
        return f"**No case** · give a {case_noun(workspace.signal_form)}"
    name = workspace.names[str(workspace.latents.ids[row])]
    label, noun = plain(workspace.label_of(row)) or "label not known", case_noun(workspace.signal_form)
    return f"**{_shortened(name)}** · {label} · no {noun}"


def _shortened(name: str) -> str:
    return plain(name if len(name) <= 24 else f"{name[:11]}…{name[-12:]}")
