"""Lists the pictures of a data folder that has one subfolder per class."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from xaae_core.data.listings import ListedImage, Listing
from xaae_core.data.splits import split_name
from xaae_core.data.table_files import TABLE_NAME
from xaae_core.errors import DatasetError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"})
_NO_CLASS = frozenset({"masks", "__macosx"})


def list_class_folders(root: Path) -> Listing:
    """The pictures below root/<class>/, or below root/<split>/<class>/ where there is a folder train.

    Files whose names do not end like a picture's are counted in a note.

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
        if path.suffix.lower() in PICTURE_SUFFIXES:
            name = path.relative_to(root).as_posix()
            yield ListedImage(name, folder.name, "", split, "", {})
        else:
            ignored[path.suffix.lower()] += 1


def _nothing_found(root: Path, folders: list[Path]) -> str:
    n_loose = sum(child.suffix.lower() in PICTURE_SUFFIXES for child in root.iterdir())
    if n_loose:
        found = f"{n_loose} pictures without a class"
    elif folders:
        found = f"the subfolders {', '.join(folder.name for folder in folders[:5])}, without a picture in them"
    else:
        found = "no picture"
    return (
        f"{root.name} holds {found}; expected {TABLE_NAME} (columns file, label) or one subfolder of pictures per class"
    )
