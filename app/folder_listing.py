"""What lies in a folder: its subfolders, its tables, and how many pictures and signals each has; nothing is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xaae_core.data.class_folders import PICTURE_SUFFIXES
from xaae_core.data.signals.signal_files import SIGNAL_SUFFIXES
from xaae_core.data.table_files import TABLE_SUFFIXES
from xaae_core.errors import DatasetError

MOST_COUNTED = 5000
"""Entries of a folder that are looked at; beyond, a count is a lower bound."""
MOST_LISTED = 200
"""Subfolders that are listed."""


@dataclass(frozen=True)
class FolderContent:
    """How much a folder holds.

    Attributes:
        path: the folder.
        n_pictures: files in it that are pictures by their names; not those of its subfolders.
        n_signals: files in it that are of signals by their names (NumPy, EDF); tables are not counted.
        n_folders: subfolders.
        tables: names of its tables (CSV, Parquet, Excel).
        is_all: whether everything was counted.
        is_readable: whether it could be looked into.
    """

    path: Path
    n_pictures: int = 0
    n_signals: int = 0
    n_folders: int = 0
    tables: tuple[str, ...] = ()
    is_all: bool = True
    is_readable: bool = True

    @property
    def has_cases(self) -> bool:
        """Whether pictures, signals or a table lie in the folder itself."""
        return bool(self.n_pictures or self.n_signals or self.tables)


@dataclass(frozen=True)
class FolderListing:
    """A folder with its subfolders.

    Attributes:
        here: the folder itself.
        folders: its subfolders by name, at most `MOST_LISTED`; hidden ones are left out.
        n_hidden: subfolders that are not listed for want of room.
    """

    here: FolderContent
    folders: tuple[FolderContent, ...]
    n_hidden: int = 0


def list_folder(folder: Path) -> FolderListing:
    """Look into a folder and, one level deep, into its subfolders.

    Raises:
        DatasetError: it is not there, or cannot be read.
    """
    try:
        names = sorted((entry.name for entry in os.scandir(folder) if _is_folder(entry)), key=str.lower)
    except OSError as error:
        raise DatasetError(f"{folder} cannot be opened ({error.strerror}): choose another folder") from error
    listed = tuple(count_content(folder / name) for name in names[:MOST_LISTED])
    return FolderListing(count_content(folder), listed, len(names) - len(listed))


def count_content(folder: Path) -> FolderContent:
    """Count what a folder holds, by the names of the files."""
    n_pictures, n_signals, n_folders, tables, is_all = 0, 0, 0, [], True
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_COUNTED:
                    is_all = False
                    break
                suffix = os.path.splitext(entry.name)[1].lower()
                if _is_folder(entry):
                    n_folders += 1
                elif entry.name.startswith("."):
                    continue
                elif suffix in PICTURE_SUFFIXES:
                    n_pictures += 1
                elif suffix in TABLE_SUFFIXES:
                    tables.append(entry.name)
                elif suffix in SIGNAL_SUFFIXES:
                    n_signals += 1
    except OSError:
        return FolderContent(folder, is_readable=False)
    return FolderContent(folder, n_pictures, n_signals, n_folders, tuple(sorted(tables)), is_all)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return not entry.name.startswith(".") and entry.is_dir()
    except OSError:
        return False
