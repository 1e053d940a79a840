"""The process that trains: `python -m app.training.worker FOLDER`, started by `app.training.job.start_job`."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import traceback
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from app.training.clock import MEASURING, TrainingClock
from app.training.files import (
    CONTROL_NAME,
    FOLDER_NAME,
    LOG_NAME,
    PROCESS_NAME,
    PROGRESS_NAME,
    SAMPLES_NAME,
    STATUS_NAME,
    EpochRecord,
    ProcessRecord,
    StatusRecord,
    read_json,
    read_record,
    write_json,
    write_record,
)
from app.training.job import TrainingJob, read_job
from app.training.launch import REFUSED
from app.training.samples import SampleWriter
from xaae_core.errors import TrainingError, XaaeError
from xaae_core.training.folder_lock import folder_locked

if TYPE_CHECKING:
    from types import FrameType

    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training.progress import BatchProgress, TrainingProgress

_LOOK_SECONDS = 0.25
_TELL_SECONDS = 1.0
_RESERVE_NAME = ".reserve"
_RESERVE_BYTES = 64 * 1024
"""Kept free, so that a full disk leaves room to say so."""


class StopRequested(Exception):  # noqa: N818  (no error)
    """Somebody asked the training to end."""


class Worker:
    """Runs one training and keeps its books.

    Args:
        job: what to train.
    """

    def __init__(self, job: TrainingJob) -> None:
        self.job, self.files = job, job.folder / FOLDER_NAME
        before = read_record(self.files / STATUS_NAME, StatusRecord)
        self.spent = before.seconds if before else 0.0
        self.status = StatusRecord(state="checking", seconds=self.spent)
        self.epochs = {(row.phase, row.epoch): row for row in job.epochs()}
        self.clock = TrainingClock({}, {}, spent=self.spent)
        self.samples: SampleWriter | None = None
        self.is_ended = False
        self._looked = self._told = 0.0

    def run(self) -> int:
        """Train; returns the exit code."""
        signal.signal(signal.SIGTERM, self._end)
        self._reserve()
        try:
            self._train()
            self.say(state="finished", message="", left=0.0)
        except (StopRequested, KeyboardInterrupt):
            self.say(state="stopped", message="Stopped. Resume goes on after the last finished epoch.", left=None)
        except Exception as error:
            traceback.print_exc()
            self._make_room()
            self.say(state="failed", message=failure_words(error, self.files / LOG_NAME), left=None)
            return 1
        finally:
            self._make_room()
        return 0

    def say(self, **changes: Any) -> None:
        """Write the status with these changes."""
        self.status = replace(self.status, **changes, seconds=self.clock.seconds, updated=time.time())
        self._told = time.monotonic()
        write_record(self.files / STATUS_NAME, self.status)

    def look(self, *, may_wait: bool) -> None:
        """Do what the page asked for: wait where that is possible, or end by raising `StopRequested`."""
        now = time.monotonic()
        if self.is_ended:
            raise StopRequested("stopped on request")
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        if may_wait and self._asked() == "pause":
            self._wait(now)
        if self._asked() == "stop":
            raise StopRequested("stopped on request")

    def _wait(self, since: float) -> None:
        """Until somebody asks for something else; the pause is not counted."""
        before = self.status.state
        self.say(state="paused")
        while self._asked() == "pause" and not self.is_ended:
            time.sleep(_LOOK_SECONDS)
        self.clock.leave_out(time.monotonic() - since)
        if self.is_ended:
            raise StopRequested("stopped on request")
        self.say(state=before)

    def _asked(self) -> str:
        found = read_json(self.files / CONTROL_NAME)
        return str(found.get("request", "run")) if isinstance(found, dict) else "run"

    def _train(self) -> None:
        from app.training.phases import planned_phases
        from app.training.run import run_training

        dataset = self._read_data()
        self.clock = TrainingClock(
            planned := planned_phases(self.job.request), self.job.expected, spent=self.clock.seconds
        )
        self.say(state="training", phases=planned, batch=0, n_batches=0)
        run_training(
            dataset,
            self.job.folder,
            self.job.request,
            on_progress=self._end_epoch,
            on_batch=self._end_batch,
            on_built=lambda model, _: self._begin_samples(model, dataset),
        )

    def _read_data(self) -> ImageDataset:
        """The data, each picture decoded once; raises TrainingError where they are not those that were checked."""
        from xaae_core.data.dataset import check_images

        self.say(state="checking", phase="", epoch=0)
        request = self.job.request
        dataset = check_images(request.read_data(self.job.data), self._checked, window=request.window)
        if self.job.fingerprint and dataset.fingerprint != self.job.fingerprint:
            raise TrainingError(
                f"the pictures or labels in {self.job.data} are not those that were checked: put them back and resume, "
                "or check them again and start a new training"
            )
        request.target_in(dataset)  # `run_training` would refuse it, too, after some seconds of imports
        return dataset

    def _checked(self, done: int, n_pictures: int) -> None:
        self.look(may_wait=False)  # other threads read pictures ahead
        if time.monotonic() - self._told > _TELL_SECONDS:
            self.say(batch=done, n_batches=n_pictures)

    def _begin_samples(self, model: Any, dataset: ImageDataset) -> None:
        self.samples = SampleWriter(model, dataset, self.job.request, self.files / SAMPLES_NAME)

    def _end_batch(self, batch: BatchProgress) -> None:
        self.clock.tell_batch(batch)
        if time.monotonic() - self._told > _TELL_SECONDS or batch.phase != self.status.phase:
            self.say(**vars(batch), state="training", left=self.clock.left())
        self.look(may_wait=True)

    def _end_epoch(self, epoch: TrainingProgress) -> None:
        self.clock.tell_epoch(epoch.epoch)
        balance = self.samples.write(epoch.phase, epoch.epoch) if self.samples else None
        row = EpochRecord(
            phase=epoch.phase,
            epoch=epoch.epoch,
            n_epochs=epoch.n_epochs,
            seconds=epoch.seconds,
            is_best=epoch.is_best,
            score_encoded=balance.score_encoded if balance else None,
            score_drawn=balance.score_drawn if balance else None,
            losses=epoch.losses,
        )
        self.epochs[row.phase, row.epoch] = row
        write_json(self.files / PROGRESS_NAME, [vars(row) for row in self.epochs.values()])
        is_last = epoch.phase == list(self.status.phases or {"": 0})[-1] and epoch.epoch == epoch.n_epochs
        self.say(
            state="measuring" if is_last else "training",
            phase=MEASURING if is_last else epoch.phase,
            epoch=epoch.epoch,
            left=self.clock.left(),
        )

    def _end(self, number: int, frame: FrameType | None) -> None:
        """The computer shuts down, or somebody ends the process kindly."""
        self.is_ended = True

    def _reserve(self) -> None:
        (self.files / _RESERVE_NAME).write_bytes(bytes(_RESERVE_BYTES))

    def _make_room(self) -> None:
        (self.files / _RESERVE_NAME).unlink(missing_ok=True)


def failure_words(error: BaseException, log: Path) -> str:
    """What went wrong, for people: errors they can mend as they are, others in one line."""
    if isinstance(error, XaaeError):
        return str(error)
    if _is_full_disk(error):
        return "The disk is full. Free some space, then resume: what was finished before is kept."
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "It needs more memory than is free: choose smaller batches, smaller pictures or a smaller encoder."
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}. The log says more: {log}"


def _is_full_disk(error: BaseException) -> bool:
    """Whether writing failed for want of room; torch does not hand on what the system said."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return isinstance(error, RuntimeError) and "inline_container" in str(error)


def main(folder: Path) -> int:
    """Train what a folder describes; the exit code is 3 where another process does so already."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")  # fastai's use of torch, not the user's
    try:
        with folder_locked(folder):
            process = psutil.Process()
            write_record(
                folder / FOLDER_NAME / PROCESS_NAME, ProcessRecord(pid=process.pid, created=process.create_time())
            )
            return Worker(read_job(folder)).run()
    except TrainingError as refusal:
        print(refusal, file=sys.stderr, flush=True)  # noqa: T201  (into the log)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main(Path(os.fsdecode(sys.argv[1]))))
