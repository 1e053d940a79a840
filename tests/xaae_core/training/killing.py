"""Kill a training with SIGKILL again and again, at random moments all over its course, until it has ended.

A warm parent, which has imported everything and computed nothing, forks each life: a process of its own that begins
with `train` and is killed with -9. What happens in a life, batches and the making, renaming and removing of files, it
notes in memory that it shares with the parent, so that kills can be strewn over all phases and between two files,
however fast the computer is. Each comes up to some milliseconds after its event; those before a file is renamed or
removed find it waiting, so that they come neither earlier nor later.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PHASES = ("before", "adversarial", "autoencoder", "classifier", "consistency", "sharpening")
KINDS = {"batch": 0, "open": 1, "os.rename": 2, "os.remove": 3}
_LATE = 0.006
"""Seconds that a kill may come after its event."""
_PATIENCE = 120.0


@dataclass(frozen=True, order=True)
class Event:
    """Something that happens in a training; later ones are greater.

    Attributes:
        phase: position in `PHASES` of the phase that the last batch was of.
        epoch: that batch's epoch.
        batch: its number.
        n_files: how many times a file was made, renamed or removed since.
        kind: value of `KINDS`.
    """

    phase: int = 0
    epoch: int = 0
    batch: int = 0
    n_files: int = 0
    kind: int = 0


@dataclass(frozen=True)
class Kill:
    """Where a kill has hit: the last event before it."""

    phase: str
    epoch: int
    kind: str


class Course:
    """What happens in a life, in memory that outlives it.

    Args:
        folder: only files in it count.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder.resolve())
        self.memory = mmap.mmap(-1, 64)
        self.seen: list[Event] = []
        self.is_kept = False
        self.waits_at: Event | None = None

    @property
    def last(self) -> Event:
        """The last event."""
        return Event(*struct.unpack_from("5i", self.memory))

    @last.setter
    def last(self, event: Event) -> None:
        struct.pack_into("5i", self.memory, 0, *asdict(event).values())
        if self.is_kept:
            self.seen.append(event)

    def on_batch(self, told: Any) -> None:
        """For `train_xaaenet` and the like."""
        self.last = Event(PHASES.index(told.phase), told.epoch, told.batch)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if event not in KINDS or (event == "open" and not (arguments[2] or 0) & os.O_CREAT):
            return
        path = arguments[0]
        if isinstance(path, str | os.PathLike) and os.path.abspath(path).startswith(self.folder):
            last = self.last
            self.last = Event(last.phase, last.epoch, last.batch, last.n_files + 1, KINDS[event])
            if self.waits_at is not None and self.last >= self.waits_at:
                time.sleep(_PATIENCE)


Train = Callable[[Path, Callable[[Any], None]], None]
"""(folder, on_batch) → trains into the folder, or goes on with what is there."""


def train_unharmed(train: Train, folder: Path) -> list[Event]:
    """Train in a process that nobody kills; returns everything that happened."""
    course, log = Course(folder), folder.with_suffix(".events")
    process = os.fork()
    if process == 0:
        course.is_kept = True
        _live(
            train, folder, course, lambda: log.write_text(json.dumps([list(asdict(e).values()) for e in course.seen]))
        )
    if os.waitpid(process, 0)[1] != 0:
        raise RuntimeError("the training that nobody killed failed")
    return [Event(*values) for values in json.loads(log.read_text())]


def train_killed(train: Train, folder: Path, events: list[Event], *, n_kills: int, seed: int) -> list[Kill]:
    """Train in as many processes as it takes, each but the last killed at its moment of the course.

    Args:
        train: see `Train`.
        folder: where to.
        events: what happens, as `train_unharmed` has found.
        n_kills: how many kills must hit; half of them where files are made, renamed or removed.
        seed: of the moments.
    """
    draw, course = random.Random(seed), Course(folder)
    kills: list[Kill] = []
    for moment in _moments(events, n_kills, draw):
        status = _killed_at(train, folder, course, moment, delay=draw.uniform(0, _LATE))
        if status == 0:  # the last moments may lie in what an earlier life had done already
            break
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            raise RuntimeError(f"a life ended with status {status} before it could be killed at {moment}")
        last, kinds = course.last, {value: name for name, value in KINDS.items()}
        kills.append(Kill(PHASES[last.phase], last.epoch, kinds[last.kind]))
    else:
        if _killed_at(train, folder, course, None) != 0:
            raise RuntimeError("the last life, which nobody killed, failed")
    if len(kills) < n_kills:
        raise RuntimeError(f"only {len(kills)} kills hit the training")
    return kills


def _moments(events: list[Event], n_kills: int, draw: random.Random) -> Iterator[Event]:
    """Moments in their order, some more than are needed."""
    of_files = [event for event in events if event.kind]
    of_batches = [event for event in events if not event.kind]
    n_files = n_kills // 2
    yield from sorted([*_strewn(of_files, n_files + 1, draw), *_strewn(of_batches, n_kills - n_files + 1, draw)])


def _strewn(events: list[Event], n: int, draw: random.Random) -> Iterator[Event]:
    """Events at random, from the phases in turn."""
    phases = sorted({event.phase for event in events} - {0})
    for number in range(n):
        phase = phases[number % len(phases)]
        yield draw.choice([event for event in events if event.phase == phase])


def _killed_at(train: Train, folder: Path, course: Course, moment: Event | None, delay: float = 0.0) -> int:
    """Live once, until the moment at most; returns the process' status."""
    course.last = Event()
    course.waits_at = moment if moment is not None and moment.kind in (KINDS["os.rename"], KINDS["os.remove"]) else None
    process = os.fork()
    if process == 0:
        _live(train, folder, course, lambda: None)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        if moment is not None and course.last >= moment:
            time.sleep(delay)
            break
        time.sleep(0.0003)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]


def _live(train: Train, folder: Path, course: Course, when_done: Callable[[], Any]) -> None:
    """A child's whole life; never returns."""
    try:
        sys.addaudithook(course.note)
        train(folder, course.on_batch)
        course.is_kept = False
        when_done()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
