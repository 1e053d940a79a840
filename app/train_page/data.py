"""The first step of a training: which pictures or signals; chosen by path, by looking around, or drawn for a try."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import state
from app.failures import explained
from app.folder_listing import FolderContent, list_folder
from app.plain_text import plain
from app.settings import read_settings
from app.words import count
from xaae_core.errors import DatasetError

PHANTOMS_NAME, BEATS_NAME = "drawn-phantoms", "drawn-heartbeats"
_DRAWN = {"n_train": 240, "n_valid": 60, "n_test": 100}
_ROWS = """
<style>
.st-key-train_folders button { min-height: 1.9rem; padding: 0 .2rem; }
.stMain .st-key-train_folders [data-testid="stVerticalBlock"], .stMain .st-key-train_folders { gap: .1rem; }
</style>
"""
_LAYOUTS = """
<style>
.xaae-layouts { display: flex; flex-wrap: wrap; gap: .6rem 2rem; }
.xaae-layouts figure { margin: 0; }
.xaae-layouts figcaption { font-size: .875rem; padding-bottom: .3rem; }
.xaae-layouts pre { margin: 0; padding: .6rem .9rem; font-size: .8rem; line-height: 1.45; border-radius: .5rem;
  border: 1px solid color-mix(in srgb, currentColor 20%, transparent); background: transparent; color: inherit; }
</style>
<div class="xaae-layouts">
<figure><figcaption><b>One folder for each class</b></figcaption>
<pre>my_pictures/
├ benign/
│ ├ 001.png
│ └ 002.png
└ malignant/
  ├ 003.png
  └ 004.png</pre></figure>
<figure><figcaption><b>or a table with a line for each case</b></figcaption>
<pre>my_pictures/
├ labels.csv
│   file,label,patient
│   scans/001.png,benign,A
│   scans/002.png,malignant,B
└ scans/
  ├ 001.png
  └ 002.png</pre></figure>
<figure><figcaption><b>Signals: a file for each, or many in one file</b></figcaption>
<pre>my_signals/
├ labels.csv
│   file,label,patient
│   beats.npz#0,normal,A
│   night1.edf#12,stage N2,B
├ beats.npz
└ night1.edf</pre></figure>
</div>
"""


def choose_train_data() -> None:
    """Offer the ways to name a data folder; a choice begins the check."""
    left, right = st.columns([6, 5], gap="large")
    with left, explained("Choosing a folder"):
        st.header("Where are your pictures or signals?")
        _name_path()
        _look_around()
    with right:
        st.header("What the folder should look like")
        show_layouts()
        st.header("No data at hand?")
        with explained("Drawing the cases"):
            _offer_drawn()


def show_layouts() -> None:
    """The two layouts of a data folder, drawn."""
    st.html(_LAYOUTS)
    st.caption(
        "Pictures: PNG, JPEG, TIFF, DICOM or NIfTI. Signals: CSV, NumPy (.npy, .npz), EDF or BDF. Folders train, valid "
        "and test above the classes, or a column split, are used where you have them; otherwise a part is set aside "
        "for judging the model, whole patients at a time."
    )


def _name_path() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Folder or table",
            placeholder="/path/to/my_data",
            key="train_path",
            help="The path of a folder of pictures or signals, or of a table (CSV, Parquet, Excel) that names them.",
        ).strip()
        if st.button(
            "Use this path", type="primary" if typed else "secondary", disabled=not typed, key="train_path_use"
        ):
            use_data(Path(typed).expanduser())


def use_data(path: Path) -> None:
    """Choose a folder or table; what is wrong with it, the check says."""
    state.choose_train_data(path.absolute())
    st.rerun()


def _look_around() -> None:
    """A folder's subfolders as buttons, never above the folder that the settings name."""
    root = read_settings().browse.absolute()
    folder = state.browsed_folder() or root
    try:
        listing = list_folder(folder)
    except DatasetError as error:
        st.warning(plain(str(error)))
        folder, listing = root, list_folder(root)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            is_top = folder == root or root not in folder.parents
            if st.button("Up", disabled=is_top, key="train_up", help="To the folder above this one."):
                state.browse_to(folder.parent)
                st.rerun()
            st.markdown(f"**{plain(_shown(folder, root))}**", width="stretch")
            if st.button(
                "Use this folder",
                type="primary" if folder != root or listing.here.has_cases else "secondary",
                key="train_use",
                help="Check what is in the folder that is open here.",
            ):
                use_data(folder)
        st.caption(content_words(listing.here))
        st.html(_ROWS)
        with st.container(height=250, border=False, gap=None, key="train_folders"):
            for content in listing.folders:
                label = f"{plain(content.path.name)}/ · {content_words(content)}"
                if st.button(
                    label,
                    key=f"train_into_{content.path}",
                    type="tertiary",
                    icon=":material/folder:",
                    disabled=not content.is_readable,
                ):
                    state.browse_to(content.path)
                    st.rerun()
            for table in listing.here.tables:
                if st.button(
                    f"{plain(table)} · table", key=f"train_table_{table}", type="tertiary", icon=":material/table:"
                ):
                    use_data(folder / table)
        if listing.n_hidden:
            st.caption(f"{listing.n_hidden:,} more folders are not listed: type the path above.")


def content_words(content: FolderContent) -> str:
    """What a folder holds, in words."""
    if not content.is_readable:
        return "cannot be opened"
    parts = [count(content.n_pictures, "picture")] if content.n_pictures else []
    parts += [count(content.n_signals, "signal file")] if content.n_signals else []
    parts += [count(content.n_folders, "folder")] if content.n_folders else []
    parts += [count(len(content.tables), "table")] if content.tables else []
    return (", ".join(parts) or "no pictures or signals") + ("" if content.is_all else ", and more")


def _shown(folder: Path, root: Path) -> str:
    """A folder's path below the root's name."""
    return str(Path(root.name or str(root)) / folder.relative_to(root)) if folder.is_relative_to(root) else str(folder)


def _offer_drawn() -> None:
    """Draw cases for a try; those of an earlier time are taken again."""
    n_cases = sum(_DRAWN.values())
    st.caption(
        f"{n_cases} drawn chest films, half of them with an effusion, or {n_cases} drawn heartbeats, half of them with "
        "a raised ST segment: everything works as with your own data, and a quick look takes some minutes."
    )
    with st.container(horizontal=True):
        films = st.button("Try it with drawn phantoms", key="train_phantoms")
        beats = st.button("Try it with drawn heartbeats", key="train_beats")
    if films or beats:
        folder = read_settings().runs.absolute() / (PHANTOMS_NAME if films else BEATS_NAME)
        if not (folder / "labels.csv").is_file():
            with st.spinner(f"Drawing {n_cases} cases …"):
                _draw(folder, is_pictures=films)
        use_data(folder)


def _draw(folder: Path, *, is_pictures: bool) -> None:
    from xaae_core.data.beats_folder import write_beats
    from xaae_core.data.phantom_folder import write_phantoms

    try:
        if is_pictures:
            write_phantoms(folder, **_DRAWN)
        else:
            write_beats(folder, **_DRAWN)
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be written ({error.strerror}): free some space, or check its rights"
        ) from error
