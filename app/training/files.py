"""The small files by which a training and the page that watches it know of each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from app.terminal import finite
from xaae_core.atomic_files import write_text_atomically

JOB_NAME = "job.json"
FOLDER_NAME = "training"
PROCESS_NAME = "process.json"
STATUS_NAME = "status.json"
CONTROL_NAME = "control.json"
PROGRESS_NAME = "progress.json"
LOG_NAME = "log"
SAMPLES_NAME = "samples"

State = Literal[
    "waiting",
    "checking",
    "training",
    "paused",
    "measuring",
    "stopped",
    "failed",
    "finished",
    "pausing",
    "stopping",
    "lost",
]
"""The last three are concluded by the reader: asked for and not yet done; and no process where there should be one."""
ACTIVE: tuple[State, ...] = ("waiting", "checking", "training", "paused", "measuring", "pausing", "stopping")
"""States that need a process."""
Request = Literal["run", "pause", "stop"]

_Record = TypeVar("_Record")


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """Which process trains.

    Attributes:
        pid: its number.
        created: when it was started, in seconds since 1970: a number alone may be another's by now.
    """

    pid: int
    created: float


@dataclass(frozen=True, kw_only=True)
class StatusRecord:
    """How far a training is.

    Attributes:
        state: what it does.
        message: for people, what happened; "" where nothing needs to be said.
        phase: name of the phase.
        epoch: number of the epoch within it, from 1; 0 before the first.
        n_epochs: how many epochs the phase has at most.
        batch: batches of the epoch that are done; while pictures are checked, pictures.
        n_batches: of how many.
        seconds: time spent, without pauses, over all starts.
        left: seconds that are left, about; None where not known.
        phases: phase → epochs at most, in order; empty until known.
        updated: when this was written, in seconds since 1970.
    """

    state: State
    message: str = ""
    phase: str = ""
    epoch: int = 0
    n_epochs: int = 0
    batch: int = 0
    n_batches: int = 0
    seconds: float = 0.0
    left: float | None = None
    phases: Mapping[str, int] | None = None
    updated: float = 0.0


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """An epoch that has ended.

    Attributes:
        phase: name of the phase.
        epoch: number within it, from 1.
        n_epochs: of how many at most.
        seconds: how long it took.
        is_best: whether these were the phase's best weights so far.
        score_encoded: the discriminator's mean score of encoded validation pictures, in [0, 1].
        score_drawn: of Gaussian draws; both at 0.5: it cannot tell them apart.
        losses: losses and figures by name.
    """

    phase: str
    epoch: int
    n_epochs: int
    seconds: float = 0.0
    is_best: bool = False
    score_encoded: float | None = None
    score_drawn: float | None = None
    losses: Mapping[str, float | None]


def write_record(path: Path, record: Any) -> None:
    """Write a record, whole or not at all; numbers that are not finite become null."""
    write_json(path, asdict(record))


def write_json(path: Path, values: Any) -> None:
    """Write JSON, whole or not at all."""
    write_text_atomically(path, json.dumps(finite(values), ensure_ascii=False, indent=1))


def read_record(path: Path, kind: type[_Record]) -> _Record | None:
    """The record of a file; None where there is none, or none that can be understood."""
    return _record(read_json(path), kind)


def read_records(path: Path, kind: type[_Record]) -> tuple[_Record, ...]:
    """The records of a file that holds a list."""
    found = read_json(path)
    records = [_record(entry, kind) for entry in found] if isinstance(found, list) else []
    return tuple(record for record in records if record is not None)


def read_json(path: Path) -> Any:
    """What a JSON file holds; None where there is none, or a damaged one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _record(values: Any, kind: type[_Record]) -> _Record | None:
    if not isinstance(values, dict):
        return None
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{name: value for name, value in values.items() if name in known})
    except TypeError:
        return None
