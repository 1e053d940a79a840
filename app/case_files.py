"""Where the pictures of a table of latents lie now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaae_core.latents import LatentTable


class CaseFiles:
    """Finds the picture of a row of a table, also where the data folder was moved since.

    Args:
        table: the latents.
        latents: the table's file; paths may be relative to its folder.
        data: the data folder (or its table of labels) as it lies now; None: the recorded paths alone.
    """

    def __init__(self, table: LatentTable, *, latents: Path, data: Path | None = None) -> None:
        self._table = table
        self._beside = latents.absolute().parent
        self._folder = None if data is None else (data if data.is_dir() else data.parent).absolute()

    def find(self, row: int) -> Path | None:
        """The picture file of a row, perhaps with `#n` for a frame; None where it is not there."""
        found = next((path for path in self._candidates(row) if _is_file(path)), None)
        name = str(self._table.ids[row])
        if found is not None or PurePosixPath(name).suffix:  # only names without ending need the folder's list
            return found
        return self._by_stem.get(name)

    @cached_property
    def _names(self) -> Counter[str]:
        """How often each file's name occurs; asked for only where a folder is given, for the table may be long."""
        return Counter(_name(path) for path in self._table.paths.tolist() if path)

    @cached_property
    def _by_stem(self) -> dict[str, Path]:
        """The folder's pictures by name without ending, where no two share it: how the demo's table names them."""
        from xaae_core.data.dataset import read_dataset
        from xaae_core.errors import DatasetError

        if self._folder is None:
            return {}
        try:
            paths = read_dataset(self._folder, min_classes=1).paths
        except DatasetError:
            return {}
        counts = Counter(path.stem for path in paths)
        return {path.stem: path for path in paths if counts[path.stem] == 1}

    def _candidates(self, row: int) -> Iterator[Path]:
        recorded, name = str(self._table.paths[row]), str(self._table.ids[row])
        if self._folder is not None:
            yield from _inside(self._folder, name)
            parts = _parts(recorded) if recorded else ()
            # Two pictures of one name must never be taken for each other.
            if parts and self._names[_name(recorded)] == 1:
                for start in range(len(parts)):
                    yield from _inside(self._folder, "/".join(parts[start:]))
        if recorded:
            yield self._beside / recorded  # an absolute path stays what it is


def _inside(folder: Path, name: str) -> Iterator[Path]:
    """The path of a name below a folder; nothing where the name leads out of it."""
    path = folder / name
    if path.resolve().is_relative_to(folder.resolve()):
        yield path


def _is_file(path: Path) -> bool:
    """Whether a file is there that one may see; a table may name anything."""
    from xaae_core.data.frames import split_frame

    try:
        return split_frame(path).file.is_file()
    except OSError:  # a name too long, a folder one may not look into
        return False


def _name(path: str) -> str:
    """The last part of a path, as `_parts` has it; a million of them take a moment."""
    is_plain = path[1:2] != ":" and not path.startswith("\\\\") and not path.endswith(("/", "."))
    return path.rpartition("/")[2] if is_plain else (_parts(path) or ("",))[-1]


def _parts(path: str) -> tuple[str, ...]:
    windows = PureWindowsPath(path)
    return windows.parts if windows.drive else PurePosixPath(path).parts
