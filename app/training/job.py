"""A training as a folder with a process of its own, which outlives the page and the server that started it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from app.training.drawings import LatentFigure, Sample, latent_figures
from app.training.files import (
    ACTIVE,
    CONTROL_NAME,
    FOLDER_NAME,
    JOB_NAME,
    LOG_NAME,
    PROCESS_NAME,
    PROGRESS_NAME,
    SAMPLES_NAME,
    STATUS_NAME,
    EpochRecord,
    ProcessRecord,
    Request,
    StatusRecord,
    read_json,
    read_record,
    read_records,
    write_json,
)
from app.training.launch import is_alive, launch_worker
from app.training.request import TrainingRequest
from app.training.run import LATENTS_NAME, MODEL_NAME
from xaae_core.errors import TrainingError, XaaeError

_START_SECONDS = 120.0
_LOST = (
    "It stopped unexpectedly: its process is gone (ended from outside, out of memory, or the computer was restarted). "
    "Finished epochs are kept; Resume goes on after the last of them."
)


@dataclass(frozen=True)
class TrainingJob:
    """A training that was started; its folder is all there is of it.

    Attributes:
        folder: where everything of it lies; its name is the run's.
        data: the folder or table of pictures.
        request: what is trained, and how.
        started: when, ISO 8601 in UTC.
        fingerprint: of the data when they were checked; "" where they were not.
        expected: phase → seconds an epoch, as estimated before; may be empty.
        rival: what the check of the data could tell without any model, to compare with; "" where nothing.
    """

    folder: Path
    data: Path
    request: TrainingRequest
    started: str
    fingerprint: str = ""
    expected: Mapping[str, float] = field(default_factory=dict)
    rival: str = ""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def checkpoint(self) -> Path:
        """The finished model's file."""
        return self.folder / MODEL_NAME

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.folder / FOLDER_NAME / LOG_NAME

    def status(self) -> StatusRecord:
        """How far it is; "lost" where a process should be and is not."""
        record = read_record(self.folder / FOLDER_NAME / STATUS_NAME, StatusRecord)
        if record is None:
            return StatusRecord(state="lost", message=_LOST)
        if record.state not in ACTIVE:
            return record
        if not self._has_process(record):
            # It may have ended between the two looks.
            again = read_record(self.folder / FOLDER_NAME / STATUS_NAME, StatusRecord) or record
            return replace(again, state="lost", message=_LOST) if again.state in ACTIVE else again
        asked = self._asked()
        if asked == "stop":
            return replace(record, state="stopping")
        return replace(record, state="pausing") if asked == "pause" and record.state != "paused" else record

    def pause(self) -> None:
        """Wait after the batch that is being computed, without using the processor."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on at once after a pause."""
        self._ask("run")

    def stop(self) -> None:
        """End after the batch that is being computed; `restart` goes on after the last finished epoch."""
        self._ask("stop")

    def restart(self) -> None:
        """Go on with a training that was stopped, failed or was killed.

        Raises:
            TrainingError: it is running, or finished.
        """
        state = self.status().state
        if state in ACTIVE:
            raise TrainingError(f"{self.name} is running already: watch it, or stop it first")
        if state == "finished":
            raise TrainingError(f"{self.name} is finished: explore its model, or train another under a new name")
        launch_worker(self.folder)

    def epochs(self) -> tuple[EpochRecord, ...]:
        """What was measured after each epoch so far."""
        return read_records(self.folder / FOLDER_NAME / PROGRESS_NAME, EpochRecord)

    def samples(self) -> tuple[Sample, ...]:
        """The pictures drawn after each epoch so far, in the order of training."""
        folder = self.folder / FOLDER_NAME / SAMPLES_NAME
        found = (Sample(row.phase, row.epoch, folder / f"{row.phase}-{row.epoch:03d}.png") for row in self.epochs())
        return tuple(sample for sample in found if sample.path.is_file())

    def figures(self) -> tuple[LatentFigure, ...]:
        """The pictures of the codes that are there so far, in the order of training."""
        return latent_figures(self.folder / FOLDER_NAME, self.request)

    def _has_process(self, record: StatusRecord) -> bool:
        process = read_record(self.folder / FOLDER_NAME / PROCESS_NAME, ProcessRecord)
        if process is None:
            return record.state == "waiting" and time.time() - record.updated < _START_SECONDS
        return is_alive(process)

    def _asked(self) -> str:
        found = read_json(self.folder / FOLDER_NAME / CONTROL_NAME)
        return str(found.get("request", "run")) if isinstance(found, dict) else "run"

    def _ask(self, request: Request) -> None:
        path = self.folder / FOLDER_NAME / CONTROL_NAME
        try:
            try:
                write_json(path, {"request": request})
            except FileNotFoundError:  # a training that begins clears away temporary files
                write_json(path, {"request": request})
        except OSError as error:
            raise TrainingError(
                f"{self.folder} cannot be written to ({error.strerror}): free some space, or check its rights"
            ) from error


def start_job(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    request: TrainingRequest,
    *,
    fingerprint: str = "",
    expected: Mapping[str, float] | None = None,
    rival: str = "",
) -> TrainingJob:
    """Start a training in a process of its own and come back at once.

    The process belongs to nobody: it goes on when the caller ends, and `find_jobs` finds it again.

    Args:
        data: a folder or table of pictures, see `read_dataset`.
        out: folder of the results; made if absent, one training each.
        request: what is trained, and how.
        fingerprint: of the data as they were checked; the training refuses others. "": whatever is there.
        expected: phase → seconds an epoch, for the time that is left.
        rival: what the check could tell without any model, kept for the reader of the result.

    Raises:
        TrainingError: the folder holds a training or a finished model, or cannot be written to.
    """
    folder = Path(out).expanduser().absolute()
    if (folder / JOB_NAME).exists() or ((folder / MODEL_NAME).exists() and (folder / LATENTS_NAME).exists()):
        raise _taken(folder)
    job = TrainingJob(
        folder,
        Path(data).expanduser().absolute(),
        request,
        datetime.now(UTC).isoformat(timespec="seconds"),
        fingerprint,
        dict(expected or {}),
        rival,
    )
    try:
        (folder / FOLDER_NAME).mkdir(parents=True, exist_ok=True)
        os.close(os.open(folder / JOB_NAME, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # one of two callers
        write_json(folder / JOB_NAME, _to_json(job))
    except FileExistsError as error:
        raise _taken(folder) from error
    except OSError as error:
        raise TrainingError(
            f"{folder} cannot be written to ({error.strerror}): choose another folder for the runs, or check its rights"
        ) from error
    launch_worker(folder)
    return job


def read_job(folder: Path) -> TrainingJob:
    """The training of a folder.

    Raises:
        TrainingError: there is none, or its description is damaged.
    """
    values = read_json(folder / JOB_NAME)
    try:
        return TrainingJob(
            folder.absolute(),
            Path(values["data"]),
            TrainingRequest.from_mapping(values["request"]),
            str(values["started"]),
            str(values.get("fingerprint", "")),
            dict(values.get("expected", {})),
            str(values.get("rival", "")),
        )
    except (TypeError, KeyError, AttributeError, XaaeError) as error:
        raise TrainingError(f"{folder} holds no training that can be read ({JOB_NAME}: {error})") from error


def find_jobs(folder: str | os.PathLike[str]) -> tuple[TrainingJob, ...]:
    """The trainings in a folder of runs, the latest first; what cannot be read is left out."""
    jobs = []
    for path in Path(folder).expanduser().glob(f"*/{JOB_NAME}"):
        try:
            jobs.append(read_job(path.parent))
        except TrainingError:
            continue
    return tuple(sorted(jobs, key=lambda job: (job.started, job.name), reverse=True))


def _to_json(job: TrainingJob) -> dict[str, object]:
    plain = {name: getattr(job, name) for name in ("started", "fingerprint", "rival")}
    request, expected = job.request.to_mapping(), dict(job.expected)
    return {"format": 1, "data": str(job.data), "request": request, "expected": expected, **plain}


def _taken(folder: Path) -> TrainingError:
    return TrainingError(
        f"{folder} holds a training already: resume it, or give the new one another name, for instance "
        f"{free_name(folder.parent, folder.name)}"
    )


def free_name(runs: Path, wish: str) -> str:
    """The wish, or the wish with the first number behind it that no run has."""
    number = 2
    name = wish
    while (runs / name).exists():
        name, number = f"{wish}-{number}", number + 1
    return name
