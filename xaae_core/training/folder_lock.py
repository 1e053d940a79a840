"""One training per folder at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xaae_core.errors import TrainingError

try:
    import fcntl
except ImportError:  # Windows: only trainings of this process are told apart
    fcntl = None  # type: ignore[assignment]

LOCK_NAME = ".training.lock"
_PATIENCE_SECONDS = 1.0
_held: set[Path] = set()


@contextmanager
def folder_locked(folder: Path, *, name: str = LOCK_NAME) -> Iterator[None]:
    """Hold a folder for one training.

    The lock is the operating system's, on a file that names the process: it ends with the process, even
    if that was killed, and is not handed to the workers of a data loader.

    Args:
        folder: the folder; made if it is not there.
        name: of the lock's file: holders of different names do not exclude each other.

    Raises:
        TrainingError: another training holds it, or it cannot be written to.
    """
    path = (folder / name).resolve()
    if path in _held:  # locks of one process do not exclude each other, and reading the file would end ours
        raise _refusal(folder, str(os.getpid()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise TrainingError(
            f"the folder {folder} cannot be written to ({error.strerror}); expected one of yours: give another"
        ) from error
    try:
        if fcntl is not None:
            _take(handle, folder)
        with suppress(OSError):  # on a full disk it holds all the same, without saying for whom
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    """Take the lock of an open file; a holder that was just killed may need a moment to let go of it."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= end:
                raise _refusal(folder, os.read(handle, 32).decode(errors="replace").strip()) from error
            time.sleep(0.02)
        else:
            return


def _refusal(folder: Path, process: str) -> TrainingError:
    who = f"process {process}" if process else "another process"
    return TrainingError(
        f"{folder} is in use by a training of {who}; expected a folder of its own for each training: "
        "wait for it, end it, or give another models_dir"
    )
