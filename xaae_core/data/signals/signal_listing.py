"""Lists the signal files of a data folder, and tells such a folder from one of pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xaae_core.data.class_folders import PICTURE_SUFFIXES
from xaae_core.data.frames import split_frame
from xaae_core.data.labels_table import list_table
from xaae_core.data.listings import ListedImage, Listing
from xaae_core.data.signals.signal_files import SIGNAL_SUFFIXES, is_signal_name
from xaae_core.data.splits import split_name
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.table_files import TABLE_NAME, find_table, is_table, read_cells
from xaae_core.errors import DatasetError

_NO_CLASS = frozenset({"masks", "__macosx"})
_MOST_ROWS_LOOKED_AT = 200


def holds_signals(given: Path, columns: TableColumns | None = None) -> bool:
    """Whether a data folder, a table or a single file is of signals.

    A table is where most of the first files that it names are. A folder without one is where signals lie in it and
    no picture does.

    Raises:
        DatasetError: a table that cannot be read.
    """
    table = _table_of(given, columns)
    if table is not None:
        return _names_signals(table, columns)
    if given.is_file():
        return is_signal_name(given)
    if not given.is_dir():
        return False
    has_signals = False
    for path in _files_below(given):
        suffix = path.suffix.lower()
        if suffix in PICTURE_SUFFIXES or path.name.lower().endswith(".nii.gz"):
            return False
        has_signals = has_signals or suffix in SIGNAL_SUFFIXES
    return has_signals


def list_signals(given: Path, columns: TableColumns | None = None) -> tuple[Path, Listing]:
    """The folder that ids are relative to, and the files or cases (`file#n`) that are listed.

    A label that is "" is to be taken from the file itself.

    Raises:
        DatasetError: no signal file, or a table that cannot be understood.
    """
    table = _table_of(given, columns)
    if table is not None:
        return table.parent, list_table(table, columns, needs_label=False)
    if given.is_file():
        return given.parent, Listing((ListedImage(given.name, "", "", None, "", {}),), (), ())
    return given, _list_folder(given)


def _table_of(given: Path, columns: TableColumns | None) -> Path | None:
    """The table of labels; a CSV is one if it has a column for files and is no signal itself."""
    if given.is_dir():
        return find_table(given)
    if not is_table(given):
        return None
    if given.suffix.lower() != ".csv":
        return given
    with given.open("rb") as file:
        header = file.readline(10_000).decode("utf-8-sig", "replace")
    cells = [cell.strip().strip('"') for cell in header.replace(";", ",").replace("\t", ",").split(",")]
    return given if not (columns or TableColumns()).missing(cells, given.name) else None


def _names_signals(table: Path, columns: TableColumns | None) -> bool:
    cells = read_cells(table)
    name = (columns or TableColumns()).column("file", cells.header, table.name)
    if name is None:
        return False
    place = cells.header.index(name)
    named = [split_frame(table.parent / row[place]).file for _, row in cells.rows[:_MOST_ROWS_LOOKED_AT]]
    return sum(map(is_signal_name, named)) * 2 > len(named)


def _files_below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in sorted(names) if not name.startswith("."))


def _list_folder(root: Path) -> Listing:
    """The files below root/<class>/, root/<split>/<class>/, or root itself."""
    listed = tuple(_listed(root))
    if not listed:
        raise DatasetError(
            f"{root.name} holds no file of signals; expected {TABLE_NAME} (columns file, label), one subfolder of "
            f"signals per class, or files that hold their labels ({', '.join(sorted(SIGNAL_SUFFIXES))})"
        )
    loose = [image for image in listed if "/" not in image.id]
    if 0 < len(loose) < len(listed):
        note = f"{len(loose)} signal files beside the folders of classes have no class and were ignored"
        return Listing(tuple(image for image in listed if "/" in image.id), (), (note,))
    return Listing(listed, (), ())


def _listed(root: Path) -> Iterator[ListedImage]:
    has_splits = any(split_name(path.name) == "train" for path in root.iterdir() if path.is_dir())
    for path in _files_below(root):
        parts = path.relative_to(root).parts
        if not is_signal_name(path) or parts[0].lower() in _NO_CLASS:
            continue
        image = ListedImage(path.relative_to(root).as_posix(), "", "", None, "", {})
        split = split_name(parts[0]) if has_splits and len(parts) > 1 else None
        if has_splits and len(parts) > 1 and split is None:
            continue
        folders = parts[1:-1] if split else parts[:-1]
        yield replace(image, split=split, label=folders[0] if folders else "")
