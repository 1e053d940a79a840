"""Work that a page starts and looks at again from time to time, so that nothing blocks it."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Result = TypeVar("Result")
Report = Callable[[int, int], None]
"""Called with (done, all); raises where the work was cancelled."""


class WorkCancelledError(Exception):
    """Nobody waits for the result any more."""


class Background(Generic[Result]):
    """Runs a function in a thread; begins at once.

    Args:
        work: gets a `Report`, which it should call often: that is where it is cancelled.
        key: what the work was asked for, to tell whether its result is the one that is wanted.
    """

    def __init__(self, work: Callable[[Report], Result], key: Hashable = None) -> None:
        self.key = key
        self.progress = (0, 0)
        self._begun = time.monotonic()
        self._is_cancelled = threading.Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="background", daemon=True)
        _begun.add(self)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return not self._thread.is_alive()

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without a result, and was not cancelled."""
        return self.is_done and not self._result and not self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether it was given up."""
        return self._is_cancelled.is_set()

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self._begun

    @property
    def share(self) -> float:
        """How much is done, in [0, 1]."""
        done, n_all = self.progress
        return min(done / n_all, 1.0) if n_all else 0.0

    @property
    def seconds_left(self) -> float:
        """Until its end, by its pace so far; 0 as long as nothing can be said."""
        return self.seconds * (1 - self.share) / self.share if self.seconds > 2 and 0.02 < self.share < 1 else 0.0

    def cancel(self) -> None:
        """End it at its next report."""
        self._is_cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, but no longer than this; whether it has ended."""
        self._thread.join(seconds)
        return self.is_done

    def result(self) -> Result:
        """What the work returned; call it when it is done.

        Raises:
            WorkCancelledError: it was cancelled, or is not done.
            BaseException: whatever the work raised.
        """
        if self._error is not None:
            raise self._error
        if not self._result:
            raise WorkCancelledError("the work has not ended, or was cancelled")
        return self._result[0]

    def error(self) -> BaseException | None:
        """What ended the work before its time, where that was no cancel."""
        return self._error if self.has_failed else None

    def _run(self, work: Callable[[Report], Result]) -> None:
        try:
            self._result.append(work(self._report))
        except WorkCancelledError:
            pass
        except BaseException as error:
            self._error = error

    def _report(self, done: int, n_all: int) -> None:
        self.progress = (done, n_all)
        if self._is_cancelled.is_set():
            raise WorkCancelledError("cancelled")


_begun: WeakSet[Background[Any]] = WeakSet()
_GRACE = 5.0


def _end_all() -> None:
    """End what still runs: a thread that the interpreter ends within torch's code takes the process down with it."""
    running = [work for work in _begun if not work.is_done]
    for work in running:
        work.cancel()
    deadline = time.monotonic() + _GRACE
    for work in running:
        work.wait(max(0.0, deadline - time.monotonic()))


atexit.register(_end_all)
