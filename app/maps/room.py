"""Keeps the cache of maps below a size: what was not used for longest is dropped."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 4 * 1024**3
_IN_USE_SECONDS = 15 * 60
"""A file that was used in this time may be needed by what is being computed, here or in another server."""
_ABANDONED_SECONDS = 24 * 3600
"""A temporary file of this age was left behind by a process that was killed."""


@dataclass(frozen=True)
class _Kept:
    path: Path
    n_bytes: int
    used: float

    @property
    def is_copy(self) -> bool:
        """Whether it is the latents, which are at hand wherever a map of them is asked for."""
        return self.path.suffix == ".npy"


def make_room(folder: Path, most_bytes: int = MOST_BYTES, *, now: float | None = None) -> None:
    """Drop files below a folder until it holds at most this many bytes, and what killed processes left there.

    The latents go first, then what was not used for longest.

    Args:
        folder: whose folders hold the files.
        most_bytes: what may stay; files in use stay in any case.
        now: seconds since 1970; the clock's if None.
    """
    now = time.time() if now is None else now
    kept = sorted(_kept_files(folder), key=lambda file: (not file.is_copy, file.used))
    too_much = sum(file.n_bytes for file in kept) - most_bytes
    for file in kept:
        is_left_behind = file.path.name.startswith(".") and now - file.used > _ABANDONED_SECONDS
        if is_left_behind or (too_much > 0 and now - file.used > _IN_USE_SECONDS):
            with suppress(OSError):
                file.path.unlink()
                too_much -= file.n_bytes
    for subfolder in folder.glob("*/"):
        with suppress(OSError):
            if now - subfolder.stat().st_mtime > _IN_USE_SECONDS:
                subfolder.rmdir()  # only empty ones can be


def _kept_files(folder: Path) -> list[_Kept]:
    found = []
    for path in folder.glob("*/*"):
        with suppress(OSError):  # another server has dropped it
            status = path.stat()
            found.append(_Kept(path, status.st_size, status.st_mtime))
    return found
