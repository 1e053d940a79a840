"""Short trainings for the tests of the job and of its page."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from app.training.files import FOLDER_NAME, PROCESS_NAME, ProcessRecord, State, StatusRecord, read_record
from app.training.job import TrainingJob
from app.training.request import TrainingRequest

PATIENCE_SECONDS = 60


def tiny_request(*, epochs_ae: int = 2, **changes: Any) -> TrainingRequest:
    """Every phase for an epoch, at 48 pixels, without MS-SSIM."""
    settings: dict[str, Any] = {
        "preset": "quick", "encoder": "small:8-16", "size": (48, 48), "dims": 4, "batch_size": 8,
        "recons_metric": "ssim", "epochs_consistency": 1, "epochs_sharpening": 1,
        "training": {"epochs_adv": 1, "epochs_ae": epochs_ae, "epochs_classif": 1},
    }  # fmt: skip
    return TrainingRequest(**{**settings, **changes})


def await_state(job: TrainingJob, *states: State, seconds: float = PATIENCE_SECONDS) -> StatusRecord:
    """The status once it is one of these; fails after a minute, or at another end."""
    return await_status(job, lambda status: status.state in states, seconds=seconds)


def await_status(
    job: TrainingJob, is_right: Callable[[StatusRecord], bool], *, seconds: float = PATIENCE_SECONDS
) -> StatusRecord:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = job.status()
        if is_right(status):
            return status
        ended = ("failed", "lost", "stopped", "finished")
        assert status.state not in ended, f"{status}\n{job.log.read_text() if job.log.exists() else ''}"
        time.sleep(0.05)
    raise AssertionError(f"still {job.status()} after {seconds:.0f} s\n{job.log.read_text()}")


def process_of(job: TrainingJob) -> psutil.Process:
    record = read_record(job.folder / FOLDER_NAME / PROCESS_NAME, ProcessRecord)
    assert record is not None
    return psutil.Process(record.pid)


def end_all(runs: Path) -> None:
    """No test leaves a process behind."""
    for path in runs.glob(f"*/{FOLDER_NAME}/{PROCESS_NAME}"):
        record = read_record(path, ProcessRecord)
        if record is not None and psutil.pid_exists(record.pid):
            process = psutil.Process(record.pid)
            if abs(process.create_time() - record.created) < 1:
                process.kill()


def on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here and in the processes that are started: sums on several threads come in other orders."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
