"""Lists the pictures of a data folder that has one subfolder per class."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from xaae_core.data import dicom, nifti
from xaae_core.data.dicom_header import MARK, MARK_PLACE
from xaae_core.data.listings import ListedImage, Listing
from xaae_core.data.splits import split_name
from xaae_core.data.table_files import TABLE_NAME
from xaae_core.errors import DatasetError

PICTURE_SUFFIXES = (
    frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"}) | dicom.SUFFIXES | nifti.SUFFIXES
)
"""Endings of the files that class folders list, in small letters; files without one are listed if they are DICOM."""

_DISC_INDEX = "dicomdir"
_UID_PART = re.compile(r"\.[0-9]+")  # files are often named by a UID, whose last number is no ending
_NO_CLASS = frozenset({"masks", "__macosx"})


def list_class_folders(root: Path) -> Listing:
    """The pictures below root/<class>/, or below root/<split>/<class>/ where there is a folder train.

    Files whose names do not end like a picture's are counted in a note, except DICOM files without an ending. A file
    with several frames or slices is one picture: its middle one, see `read_image`.

    Raises:
        DatasetError: no picture in any class folder.
    """
    folders = _subfolders(root)
    by_split = {folder: split_name(folder.name) for folder in folders}
    ignored: Counter[str] = Counter()
    images: list[ListedImage] = []
    if "train" in by_split.values():
        for folder, split in by_split.items():
            for class_folder in _subfolders(folder) if split else ():
                images += _class_images(root, class_folder, split, ignored)
    else:
        for class_folder in folders:
            images += _class_images(root, class_folder, None, ignored)
    if not images:
        raise DatasetError(_nothing_found(root, folders))
    kinds = ", ".join(sorted(suffix or "no ending" for suffix in ignored))
    note = f"{ignored.total()} files are not pictures by their names and were ignored ({kinds})"
    return Listing(tuple(images), (), (note,) if ignored else ())


def _subfolders(folder: Path) -> list[Path]:
    return sorted(
        child
        for child in folder.iterdir()
        if child.is_dir() and not child.name.startswith(".") and child.name.lower() not in _NO_CLASS
    )


def _class_images(root: Path, folder: Path, split: str | None, ignored: Counter[str]) -> Iterable[ListedImage]:
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        if is_picture(path):
            name = path.relative_to(root).as_posix()
            yield ListedImage(name, folder.name, "", split, "", {})
        else:
            ignored["" if _has_no_ending(path) else path.suffix.lower()] += 1


def is_picture(path: Path) -> bool:
    """Whether a file is to be listed: by its ending or, where it has none, by the mark of a DICOM file.

    The index of a disc (DICOMDIR) has the mark, but is none.
    """
    name = path.name.lower()
    if name.endswith(tuple(PICTURE_SUFFIXES)):
        return True
    if not _has_no_ending(path) or name == _DISC_INDEX:
        return False
    try:
        with path.open("rb") as file:
            return dicom.is_dicom(file.read(MARK_PLACE + len(MARK)))
    except OSError:
        return False


def _has_no_ending(path: Path) -> bool:
    return not path.suffix or _UID_PART.fullmatch(path.suffix) is not None


def _nothing_found(root: Path, folders: list[Path]) -> str:
    n_loose = sum(child.is_file() and is_picture(child) for child in root.iterdir())
    if n_loose:
        found = f"{n_loose} pictures without a class"
    elif folders:
        named = ", ".join(folder.name for folder in folders[:5])
        found = f"the subfolders {named}, without a picture or signal in them"
    else:
        found = "no picture or signal"
    return f"{root.name} holds {found}; expected {TABLE_NAME} (columns file, label) or one subfolder of files per class"
