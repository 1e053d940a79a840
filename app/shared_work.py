"""Long work that several sessions may ask for: the same question is worked on once, and its answer kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.background import Background, Report

Result = TypeVar("Result")


@dataclass(eq=False)
class _Entry(Generic[Result]):
    """Work under its key, and how many sessions wait for it."""

    task: Background[Result]
    n_waiting: int = 0


class Asked(Generic[Result]):
    """One session's wait for a piece of work; letting go of it counts as cancelling."""

    def __init__(self, entry: _Entry[Result], leave: Callable[[_Entry[Result]], None]) -> None:
        self._entry, self._leave = entry, leave
        self.is_cancelled = False

    @property
    def is_done(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._entry.task.is_done

    @property
    def progress(self) -> tuple[int, int]:
        """(done, all)."""
        return self._entry.task.progress

    @property
    def seconds(self) -> float:
        """Since the work was begun."""
        return self._entry.task.seconds

    def wait(self, seconds: float) -> bool:
        """Wait for the end, but no longer than this; whether it has ended."""
        return self._entry.task.wait(seconds)

    def result(self) -> Result:
        """What the work returned, or what it raised; call it when it is done."""
        return self._entry.task.result()

    def cancel(self) -> None:
        """Wait no longer; the work ends unless another session waits for it. Nothing half-done is kept."""
        if not self.is_cancelled:
            self.is_cancelled = True
            self._leave(self._entry)

    def __del__(self) -> None:
        """A session that has ended waits no longer."""
        self.cancel()


class SharedWork(Generic[Result]):
    """Work by key.

    Args:
        kept: finished answers that are kept; the oldest goes first.
    """

    def __init__(self, kept: int = 16) -> None:
        self._kept = kept
        self._entries: OrderedDict[Hashable, _Entry[Result]] = OrderedDict()
        self._lock = threading.RLock()  # __del__ may run inside any of these

    def ask(self, key: Hashable, work: Callable[[Report], Result]) -> Asked[Result]:
        """Wait for the work of this key; it is begun unless it is under way or finished already."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.task.is_cancelled or entry.task.has_failed:
                entry = _Entry(Background(work, key))
                self._entries[key] = entry
            entry.n_waiting += 1
            self._entries.move_to_end(key)
            self._forget()
            return Asked(entry, self._leave)

    def finished(self, key: Hashable) -> Result | None:
        """The answer of this key; None where there is none (yet)."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.task.is_done or entry.task.has_failed or entry.task.is_cancelled:
                return None
            self._entries.move_to_end(key)
            return entry.task.result()

    def _leave(self, entry: _Entry[Result]) -> None:
        with self._lock:
            entry.n_waiting -= 1
            if entry.n_waiting == 0 and not entry.task.is_done:
                entry.task.cancel()

    def _forget(self) -> None:
        done = [key for key, entry in self._entries.items() if entry.task.is_done]
        for key in done[: max(0, len(done) - self._kept)]:
            del self._entries[key]
