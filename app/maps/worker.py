"""The process that computes maps: `python -m app.maps.worker PARENT`, orders on stdin, progress on stdout.

An order is a line of JSON: {"number", "cache", "digest", "request", "part"}, {"warm_up": true} or {"cancel": number}. A
reply is one, too: {"number", "begun": true}, {"number", "share", "words"}, and at the end {"number", "done": true} or
{"number", "error", "words"}. Results go to disk. The process ends when its stdin does, which is when its parent has
ended, however it did.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from app.background import WorkCancelledError
from app.maps.computation import Computation, nameless_table
from app.maps.failures import failure_words
from app.maps.folder import MapFolder
from app.maps.requests import MapRequest
from xaae_core.errors import XaaeError

_NICE = 10
_TOLD_EVERY = 0.1
_WATCHED_EVERY = 1.0
_PR_SET_PDEATHSIG = 1
_WARM_CASES = 64
_OVER = object()


class Worker:
    """Answers one order after the other.

    Args:
        replies: where they go.
    """

    def __init__(self, replies: TextIO) -> None:
        self._replies = replies
        self._told = 0.0
        self._cancelled = -1

    def cancel(self, number: int) -> None:
        """Give an order up at its next step; called by another thread."""
        self._cancelled = number

    def answer(self, order: Mapping[str, Any]) -> None:
        """Do what an order says; what goes wrong becomes a reply."""
        number = order["number"]
        self._reply({"number": number, "begun": True})
        try:
            self._stop_if_cancelled(number)
            self._compute(order)
        except Exception as error:  # whatever it is: the page says it, and the next order is another one
            if not isinstance(error, XaaeError | OSError | MemoryError | WorkCancelledError):
                sys.excepthook(type(error), error, error.__traceback__)
            self._reply(
                {"number": number, "error": type(error).__name__, "words": failure_words(error, order["cache"])}
            )
        else:
            self._reply({"number": number, "done": True})

    def _compute(self, order: Mapping[str, Any]) -> None:
        folder = MapFolder(Path(order["cache"]), order["digest"])
        request = MapRequest.from_mapping(order["request"])

        def tell(share: float, words: str) -> None:
            self._stop_if_cancelled(order["number"])
            now = time.monotonic()
            if now - self._told >= _TOLD_EVERY:
                self._told = now
                self._reply({"number": order["number"], "share": share, "words": words})

        self._told = 0.0
        Computation(folder, request, tell).run(order["part"])

    def _stop_if_cancelled(self, number: int) -> None:
        if self._cancelled == number:
            raise WorkCancelledError("cancelled")

    def _reply(self, values: Mapping[str, Any]) -> None:
        self._replies.write(json.dumps(values) + "\n")
        self._replies.flush()


def warm_up() -> Iterator[None]:
    """Import what maps need, and have UMAP compiled by a map of a few random numbers; pauses between the steps."""
    import numpy as np

    from analysis.projections import project

    with suppress(Exception):  # it will be said when a map is asked for
        import sklearn.neighbors  # noqa: F401

        yield
        import openTSNE  # noqa: F401

        yield
        import umap  # noqa: F401

        yield
        table = nameless_table(np.random.default_rng(0).standard_normal((_WARM_CASES, 8)).astype(np.float32))
        project(table, "umap", rate=False)


def _stay_behind() -> None:
    """Let the pages go first, and let the system end this process rather than theirs when memory runs out."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _end_with(parent: int) -> None:
    """End when the parent ends, even killed, and even while compiled code lets no other thread run."""
    with suppress(OSError, AttributeError):
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # of the thread that started this process
    if hasattr(os, "getppid"):
        threading.Thread(target=_watch, args=(parent,), name="watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCHED_EVERY)
    os._exit(0)


def _read_orders(worker: Worker, orders: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        order = json.loads(line)
        if "cancel" in order:
            worker.cancel(order["cancel"])
        else:
            orders.put(order)
    os._exit(0)  # nobody wants to know any more


def main(parent: int) -> None:
    """Answer orders until stdin ends."""
    _end_with(parent)
    _stay_behind()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not get between the replies
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    worker = Worker(replies)
    threading.Thread(target=_read_orders, args=(worker, orders), name="orders", daemon=True).start()
    meanwhile: Iterator[None] = iter(())
    while True:
        order = _next_order(orders, meanwhile)
        if "warm_up" in order:
            meanwhile = warm_up()
        else:
            worker.answer(order)


def _next_order(orders: queue.SimpleQueue[dict[str, Any]], meanwhile: Iterator[None]) -> dict[str, Any]:
    """The next order; as long as there is none, what can be done meanwhile, step by step."""
    while orders.empty() and next(meanwhile, _OVER) is not _OVER:
        pass
    return orders.get()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    finally:  # only an error gets here; leaving in order would wait for the thread that reads
        traceback.print_exc()
        os._exit(1)
