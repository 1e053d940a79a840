"""Work on many files in a few threads, with bounded memory, that can be stopped at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 8  # tasks that wait for each thread: enough to keep it busy, few enough to stop soon


def map_in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], progress: Callable[[int, int], None] | None = None
) -> Iterator[Result]:
    """Results in the order of the items; threads, because decoders and NumPy let go of the interpreter.

    Args:
        work: called with each item, in any of up to 4 threads.
        items: what to work on.
        progress: called with (done, all) after each result; what it raises stops the work: nothing that has not
            begun is done any more.
    """
    n_threads = min(4, os.cpu_count() or 1)
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(max_workers=n_threads)
    try:
        for done, item in enumerate(items):
            waiting.append(pool.submit(work, item))
            if len(waiting) > n_threads * _AHEAD:
                yield waiting.popleft().result()
                _tell(progress, done + 2 - len(waiting) - 1, len(items))
        while waiting:
            yield waiting.popleft().result()
            _tell(progress, len(items) - len(waiting), len(items))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _tell(progress: Callable[[int, int], None] | None, done: int, n_all: int) -> None:
    if progress is not None:
        progress(done, n_all)
