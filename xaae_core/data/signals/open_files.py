"""Keeps signal files open, so that the many cases of one file are not read by opening it for each."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from xaae_core.data.signals.reading_plan import ReadingPlan, plan_reading
from xaae_core.data.signals.signal_file import SignalFile
from xaae_core.data.signals.signal_files import open_signal_file
from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

MOST_BYTES = 1024**3
"""Memory that open files may take together; at least one stays open, however large."""
_MOST_FILES = 256
_UNCLEAR = (".npy", ".npz")  # of which the number of channels tells the layout
_MOST_PLANS = 4

_Key = tuple[str, int, int, int | None]


@dataclass(eq=False)
class OpenFile:
    """A file that is open, and how it is read for the forms it was asked for.

    Attributes:
        file: the file.
        plans: at most the last four.
    """

    file: SignalFile
    plans: OrderedDict[SignalForm, ReadingPlan] = field(default_factory=OrderedDict)

    def plan(self, form: SignalForm) -> ReadingPlan:
        """How its cases become signals of a form; raises as `plan_reading`."""
        found = self.plans.get(form)
        if found is None:
            found = self.plans[form] = plan_reading(self.file, form)
            while len(self.plans) > _MOST_PLANS:
                self.plans.popitem(last=False)
        return found


class OpenFiles:
    """Open files, those that were asked for longest ago closed first.

    Args:
        most_bytes: see `MOST_BYTES`.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[_Key, OpenFile] = OrderedDict()
        self._lock = Lock()

    def open(self, path: Path, *, n_channels: int | None = None) -> OpenFile:
        """A file, opened anew only if it has changed since or was closed for want of memory.

        Raises:
            SignalError: it cannot be opened, see `open_signal_file`.
        """
        try:
            status = os.stat(path)
        except OSError as error:
            raise SignalError(f"{path.name}: there is no such file at {path.parent}: check the path") from error
        if path.suffix.lower() not in _UNCLEAR:
            n_channels = None
        key = (str(path), status.st_mtime_ns, status.st_size, n_channels)
        with self._lock:  # held while opening, so that two threads do not open one file
            kept = self._kept.get(key)
            if kept is None:
                self._forget_older(key)
                kept = self._kept[key] = OpenFile(open_signal_file(path, path.name, n_channels=n_channels))
                self._make_room()
            self._kept.move_to_end(key)
            return kept

    def _forget_older(self, key: _Key) -> None:
        """Close what a file was before it changed."""
        for old in [old for old in self._kept if old[0] == key[0] and old[1:3] != key[1:3]]:
            del self._kept[old]

    def _make_room(self) -> None:
        while len(self._kept) > 1 and (
            len(self._kept) > _MOST_FILES or sum(open_.file.n_bytes for open_ in self._kept.values()) > self._most_bytes
        ):
            self._kept.popitem(last=False)


OPEN_FILES = OpenFiles()
"""The files that this process keeps open."""
