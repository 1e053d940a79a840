"""A map that a session waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.background import WorkCancelledError
from app.maps.requests import MapRequest, MapResult
from app.maps.task_queue import TaskQueue
from app.maps.tasks import MapTask, PartWanted
from xaae_core.errors import ProjectionError

Load = Callable[[], MapResult | None]
"""What is on disk of a map; None as long as its layout is not there."""


class MapJob:
    """One session's wait for a map; `MapStore.request` makes it. Keep it: a job that is let go counts as given up.

    Args:
        request: the map.
        load: reads what is there.
        queue: computes what is missing.
        missing: the parts that are not there.
        error: why nothing can be computed at all.

    Attributes:
        request: the map.
        tasks: what is computed for it, shared with whoever asked for the same.
    """

    def __init__(
        self,
        request: MapRequest,
        load: Load,
        queue: TaskQueue,
        missing: Sequence[PartWanted] = (),
        *,
        error: Exception | None = None,
    ) -> None:
        self.request = request
        self._load, self._queue, self._error = load, queue, error
        self._is_cancelled = False
        self.tasks: tuple[MapTask, ...] = queue.submit(self, missing) if missing else ()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._is_cancelled or self._failure() is not None or all(task.state == "done" for task in self.tasks)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was given up."""
        return self._is_cancelled

    @property
    def progress(self) -> float:
        """Share that is done, in [0, 1]; never goes back."""
        expected = sum(task.wanted.seconds for task in self.tasks)
        return sum(task.share * task.wanted.seconds for task in self.tasks) / expected if expected else 1.0

    @property
    def words(self) -> str:
        """What is being done, in plain words; "" once it has ended."""
        if self.is_done:
            return ""
        open_tasks = [task for task in self.tasks if task.state in ("waiting", "running")]
        running = [task for task in open_tasks if task.state == "running"]
        return next((task.words for task in (*running, *open_tasks)), "")

    @property
    def seconds_left(self) -> float:
        """Until it is done, about, with the maps that are computed before it; 0 once it has ended."""
        return 0.0 if self.is_done else self._queue.seconds_until(self.tasks)

    @property
    def error(self) -> str:
        """Why it failed, with the remedy; "" where it did not."""
        failure = self._failure()
        return "" if failure is None else str(failure)

    def cancel(self) -> None:
        """Give it up; what nobody else waits for ends at once."""
        if not self.is_done:
            self._is_cancelled = True
            self._queue.withdraw(self)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, but no longer than this; whether it has."""
        return self._queue.wait_for(lambda: self.is_done, seconds)

    def partial(self) -> MapResult | None:
        """What is there so far; None as long as the layout is not. Its quality and stability may still be None."""
        return self._load()

    def result(self) -> MapResult:
        """The map with everything that was asked for; call it when it is done.

        Raises:
            WorkCancelledError: it was cancelled, or is not done.
            XaaeError: why it failed.
        """
        failure = self._failure()
        if failure is not None:
            raise failure.with_traceback(None)
        if self._is_cancelled or not self.is_done:
            raise WorkCancelledError("the map is not computed yet, or was given up")
        result = self._load()
        if result is None:
            raise ProjectionError("the map was removed from the cache folder since it was computed: ask for it again")
        return result

    def _failure(self) -> Exception | None:
        return self._error or next((task.error for task in self.tasks if task.error is not None), None)
