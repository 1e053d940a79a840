"""Starts the process of a training and tells whether it is still there."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from app.training.files import (
    CONTROL_NAME,
    FOLDER_NAME,
    LOG_NAME,
    PROCESS_NAME,
    STATUS_NAME,
    ProcessRecord,
    StatusRecord,
    read_record,
    write_json,
    write_record,
)
from xaae_core.errors import TrainingError
from xaae_core.training.folder_lock import folder_locked

REFUSED = 3
"""Exit code of a worker that found another one in its folder."""
_CLOCK_SECONDS = 2.0


def launch_worker(folder: Path) -> None:
    """Start the process that trains what a folder describes, in a session of its own.

    Raises:
        TrainingError: another process trains there, or it cannot be started.
    """
    files = folder / FOLDER_NAME
    try:
        with folder_locked(folder):
            before = read_record(files / STATUS_NAME, StatusRecord) or StatusRecord(state="waiting")
            (files / PROCESS_NAME).unlink(missing_ok=True)
            write_json(files / CONTROL_NAME, {"request": "run"})
            write_record(files / STATUS_NAME, replace(before, state="waiting", message="", updated=time.time()))
        with (files / LOG_NAME).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "app.training.worker", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise TrainingError(f"the training in {folder} cannot be started ({error.strerror})") from error
    threading.Thread(target=_await, args=(folder, process), name="training", daemon=True).start()


def _await(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Take note of a worker's end, so that none stays a zombie, and say so where it could not even begin."""
    code = process.wait()
    path = folder / FOLDER_NAME / STATUS_NAME
    record = read_record(path, StatusRecord)
    has_begun = (folder / FOLDER_NAME / PROCESS_NAME).exists()
    if code != REFUSED and not has_begun and record is not None and record.state == "waiting":
        message = f"It could not be started (exit code {code}); {path.with_name(LOG_NAME)} says more."
        write_record(path, replace(record, state="failed", message=message, updated=time.time()))


def is_alive(process: ProcessRecord) -> bool:
    """Whether that very process runs: neither ended, nor its number given to another."""
    try:
        found = psutil.Process(process.pid)
        return found.status() != psutil.STATUS_ZOMBIE and abs(found.create_time() - process.created) < _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
