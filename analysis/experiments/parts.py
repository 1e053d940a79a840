"""An experiment in parts, each kept as soon as it is done: Ctrl-C loses the one that runs, a second call goes on."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.examples.steps import Progress
from xaae_core.atomic_files import atomic_path, remove_abandoned

Arrays = Mapping[str, NDArray[Any]]
_SECONDS = "seconds_"


class PartStore:
    """Finished parts as .npz files in a folder that belongs to one choice of settings.

    Args:
        folder: of all settings; parts of others lie in other folders below it and are never read.
        settings: what the parts depend on, as JSON values.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
        self.folder = folder / hashlib.sha256(text.encode()).hexdigest()[:12]
        self._settings = text

    def has(self, key: str) -> bool:
        """Whether a part is finished; a damaged file counts as not there."""
        try:
            with np.load(self._path(key), allow_pickle=False) as file:
                return _SECONDS in file.files
        except (OSError, ValueError, zipfile.BadZipFile):
            return False

    def read(self, key: str, name: str) -> NDArray[Any]:
        """One array of a finished part; only it is read."""
        with np.load(self._path(key), allow_pickle=False) as file:
            return np.asarray(file[name])

    def seconds(self, key: str) -> float:
        """How long a finished part took."""
        return float(self.read(key, _SECONDS))

    def write(self, key: str, arrays: Arrays, seconds: float) -> None:
        """Keep a finished part, whole or not at all."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True)
            with atomic_path(self.folder / "settings.json") as temporary:
                temporary.write_text(self._settings, encoding="utf-8")
        with atomic_path(self._path(key)) as temporary:
            np.savez(temporary, allow_pickle=False, **dict(arrays), **{_SECONDS: np.array(seconds)})

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"


@dataclass(frozen=True, eq=False)
class Part:
    """One piece of work.

    Attributes:
        key: its name, also of its file.
        words: what it is, for whoever waits.
        work: makes its arrays from those of parts before it, telling of its steps.
    """

    key: str
    words: str
    work: Callable[[PartStore, Progress], Arrays]


Watch = Callable[[Part, int, int], AbstractContextManager[Progress]]
"""Called before a part with its number from 1 and the number of all; gives what is told of its steps."""


def run_parts(parts: Sequence[Part], store: PartStore, watch: Watch | None = None) -> int:
    """Do what is not yet done, in order; returns how many parts had been done before.

    An exception, Ctrl-C too, leaves all finished parts in the store.

    Raises:
        ValueError: two parts of one name.
    """
    if len({part.key for part in parts}) < len(parts):
        raise ValueError("two parts have the same name; expected each once")
    remove_abandoned(store.folder)
    before = 0
    for number, part in enumerate(parts, start=1):
        if store.has(part.key):
            before += 1
            continue
        with watch(part, number, len(parts)) if watch is not None else nullcontext(_silent) as progress:
            began = time.monotonic()
            store.write(part.key, part.work(store, progress), time.monotonic() - began)
    return before


def _silent(done: int, n_all: int) -> None:
    return None
