"""What the worker is to compute, in order, and who waits for it: one queue and one worker for a whole server."""

from __future__ import annotations

import atexit
import itertools
import os
import queue
import threading
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from app.maps.estimates import Paces
from app.maps.failures import failure_words
from app.maps.folder import LatentsGoneError
from app.maps.room import MOST_BYTES, make_room
from app.maps.tasks import MapTask, PartWanted
from app.maps.worker_process import WorkerProcess, is_end
from xaae_core.errors import ProjectionError, XaaeError


class TaskQueue:
    """Has tasks computed one after the other; safe for many threads.

    A task that is asked for by several is computed once. One that nobody waits for any more is dropped, and ended if it
    is being computed: those who wait are known by weak references, so that a session that has ended need not say so.

    Args:
        most_bytes: what the results may take on disk, see `make_room`.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._paces = Paces()
        self._changed = threading.Condition(threading.RLock())
        self._tasks: dict[Hashable, MapTask] = {}
        self._numbers = itertools.count()
        self._threads: tuple[threading.Thread, ...] = ()
        self._let_go: queue.SimpleQueue[None] = queue.SimpleQueue()  # the one thing a finalizer may safely call
        self._worker: WorkerProcess | None = None
        self._sent: MapTask | None = None
        self._is_warm_wanted = self._is_warm = False
        self._owner = os.getpid()
        atexit.register(self.stop)

    @property
    def worker_pid(self) -> int | None:
        """Number of the worker's process; None where there is none."""
        worker = self._worker
        return worker.pid if worker is not None and worker.is_alive else None

    def submit(self, waiter: object, parts: Sequence[PartWanted]) -> tuple[MapTask, ...]:
        """Have parts computed for somebody; those that are on the way already are shared."""
        with self._changed:
            tasks = tuple(self._task_for(wanted) for wanted in parts)
            for task in tasks:
                task.waiting.add(waiter)
            weakref.finalize(waiter, self._let_go.put, None).atexit = False
            self._start()
            self._changed.notify_all()
        return tasks

    def withdraw(self, waiter: object) -> None:
        """Somebody does not wait any more: what nobody waits for is dropped, and ended if it is being computed."""
        with self._changed:
            for task in self._tasks.values():
                task.waiting.discard(waiter)
            self._sweep()

    def warm_up(self) -> None:
        """Start the worker and let it get ready while it has nothing else to do; returns at once."""
        with self._changed:
            self._is_warm_wanted = True
            self._start()
            self._changed.notify_all()

    def wait_for(self, is_reached: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until something about a task is so, but no longer than this; whether it is."""
        with self._changed:
            return self._changed.wait_for(is_reached, seconds)

    def seconds_until(self, tasks: Sequence[MapTask]) -> float:
        """Until these tasks are done, with those that come before them."""
        with self._changed:
            last = max((task.rank for task in tasks if task.state == "waiting"), default=(-1, -1))
            before = [task for task in self._tasks.values() if task.state == "running" or task.rank <= last]
            return sum(task.seconds_left(self._expected(task.wanted)) for task in before)

    def stop(self) -> None:
        """End the worker, as at the end of the server."""
        worker = self._worker
        if worker is not None and self._owner == os.getpid():  # a forked process leaves its parent's alone
            worker.kill()

    def _expected(self, wanted: PartWanted) -> float:
        return self._paces.expected(wanted.request, wanted.part, wanted.seconds)

    def _task_for(self, wanted: PartWanted) -> MapTask:
        task = self._tasks.get(wanted.identity)
        if task is None:
            task = self._tasks[wanted.identity] = MapTask(wanted, next(self._numbers))
        task.rank = min(task.rank, (wanted.turn, task.number))
        return task

    def _sweep(self) -> None:
        """Drop the tasks that nobody waits for any more."""
        with self._changed:
            for identity, task in list(self._tasks.items()):
                if not task.waiting:
                    task.state = "dropped"
                    del self._tasks[identity]
                    if task is self._sent and self._worker is not None:
                        self._worker.cancel(task.number)
            self._changed.notify_all()

    def _start(self) -> None:
        if not self._threads:  # they live as long as the server: the worker ends with the thread that started it
            self._threads = tuple(
                threading.Thread(target=target, name="maps", daemon=True) for target in (self._serve, self._attend)
            )
            for thread in self._threads:
                thread.start()

    def _attend(self) -> None:
        while True:
            self._let_go.get()
            self._sweep()

    def _serve(self) -> None:
        while True:
            self._serve_next()

    def _serve_next(self) -> None:
        task = self._next()
        if task is None:
            self._warm()
            return
        try:
            self._compute(task)
        except Exception as error:  # whatever it is, this thread must go on: others wait
            task.fail(_as_users_error(error, task))
        self._conclude(task)

    def _next(self) -> MapTask | None:
        """The task whose turn it is, as soon as there is one; None where the worker should get ready meanwhile."""
        with self._changed:
            while True:
                self._sweep()
                if self._tasks:
                    task = min(self._tasks.values(), key=lambda task: task.rank)
                    task.begin()
                    return task
                if self._is_warm_wanted:
                    return None
                self._changed.wait()

    def _warm(self) -> None:
        self._is_warm_wanted = False
        try:
            worker = self._living_worker()
        except ProjectionError:
            return  # it will be said when a map is asked for
        if not self._is_warm:
            self._is_warm = True
            worker.send({"warm_up": True})

    def _living_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive:
            if self._worker is not None:
                self._worker.end()
            self._worker = WorkerProcess()
            self._is_warm = False
        return self._worker

    def _compute(self, task: MapTask) -> None:
        """Have the worker compute a task; raises ProjectionError where it ends meanwhile, OSError on a full disk."""
        for is_last in (False, True):
            task.wanted.hand_over()
            worker = self._living_worker()
            with self._changed:
                if task.has_ended():
                    return
                self._sent = task
            worker.send(task.order())
            last = self._follow(worker, task, has_another_try=not is_last)
            with self._changed:
                self._sent = None
                if task.has_ended():
                    return
            if last is None or not is_end(last):
                self._worker = None
                why = worker.end()
                if last is not None or is_last:  # one that ended before it began is given another try
                    raise ProjectionError(why)

    def _follow(self, worker: WorkerProcess, task: MapTask, *, has_another_try: bool) -> Mapping[str, Any] | None:
        """Take the worker's replies until it is done, or has ended; returns the last, None where there was none."""
        reply = None
        for reply in worker.replies(task.number):
            if reply.get("error") == LatentsGoneError.__name__ and has_another_try:
                break
            with self._changed:
                if not task.has_ended():
                    task.take(reply)
                self._changed.notify_all()
        return reply

    def _conclude(self, task: MapTask) -> None:
        with self._changed:
            if self._tasks.get(task.wanted.identity) is task:
                del self._tasks[task.wanted.identity]
            task.release()
            if task.state == "done":
                self._paces.learn(task.wanted.request, task.wanted.part, task.wanted.seconds, task.seconds)
            if task.state == "failed":
                for waiter in list(task.waiting):
                    self.withdraw(waiter)
            self._changed.notify_all()
        with suppress(OSError):
            make_room(task.wanted.folder.path.parent, self._most_bytes)


def _as_users_error(error: Exception, task: MapTask) -> XaaeError:
    cache = str(task.wanted.folder.cache)
    return error if isinstance(error, XaaeError) else ProjectionError(failure_words(error, cache))


@lru_cache(maxsize=1)
def shared_queue() -> TaskQueue:
    """The queue of this server."""
    return TaskQueue()
