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
        self._names = Counter(_parts(str(path))[-1] for path in table.paths.tolist() if path)

    def find(self, row: int) -> Path | None:
        """The picture file of a row, perhaps with `#n` for a frame; None where it is not there."""
        from xaae_core.data.frames import split_frame

        found = next((path for path in self._candidates(row) if split_frame(path).file.is_file()), None)
        return found or self._by_stem.get(str(self._table.ids[row]))

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
            if parts and self._names[parts[-1]] == 1:  # two pictures of one name must never be taken for each other
                for start in range(len(parts)):
                    yield from _inside(self._folder, "/".join(parts[start:]))
        if recorded:
            yield self._beside / recorded  # an absolute path stays what it is


def _inside(folder: Path, name: str) -> Iterator[Path]:
    """The path of a name below a folder; nothing where the name leads out of it."""
    path = folder / name
    if path.resolve().is_relative_to(folder.resolve()):
        yield path


def _parts(path: str) -> tuple[str, ...]:
    windows = PureWindowsPath(path)
    return windows.parts if windows.drive else PurePosixPath(path).parts
