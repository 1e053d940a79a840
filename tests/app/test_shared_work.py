"""Work that several sessions ask for: done once, ended when nobody waits, never half-kept."""

import gc
import threading
import time

import pytest

from app.background import Report, WorkCancelledError
from app.shared_work import SharedWork


class Slow:
    """Works until it is let go or cancelled."""

    def __init__(self) -> None:
        self.go_on, self.n_begun, self.has_ended = threading.Event(), 0, threading.Event()

    def __call__(self, report: Report) -> str:
        self.n_begun += 1
        try:
            while not self.go_on.is_set():
                report(1, 2)
                time.sleep(0.005)
            return "done"
        finally:
            self.has_ended.set()


def test_two_sessions_that_ask_the_same_share_one_piece_of_work() -> None:
    store, work = SharedWork[str](), Slow()
    first, second = store.ask("key", work), store.ask("key", work)
    assert store.finished("key") is None
    work.go_on.set()
    assert first.wait(5)
    assert (first.result(), second.result(), store.finished("key")) == ("done", "done", "done")
    assert store.ask("key", work).result() == "done"
    assert work.n_begun == 1


def test_one_that_cancels_does_not_end_the_others_work() -> None:
    store, work = SharedWork[str](), Slow()
    first, second = store.ask("key", work), store.ask("key", work)
    first.cancel()
    first.cancel()
    assert first.is_cancelled
    assert not work.has_ended.wait(0.1)
    second.cancel()
    assert work.has_ended.wait(5)
    assert second.wait(5)
    assert store.finished("key") is None
    with pytest.raises(WorkCancelledError):
        second.result()


def test_a_session_that_ends_waits_no_longer() -> None:
    store, work = SharedWork[str](), Slow()
    waits = store.ask("key", work)
    del waits
    gc.collect()
    assert work.has_ended.wait(5)


def test_what_was_cancelled_or_failed_is_begun_anew() -> None:
    store, work = SharedWork[str](), Slow()
    waits = store.ask("key", work)
    waits.cancel()
    assert waits.wait(5)
    work.go_on.set()
    again = store.ask("key", work)
    assert again.wait(5)
    assert again.result() == "done"

    def fail(report: Report) -> str:
        raise ValueError("no")

    failed = store.ask("other", fail)
    assert failed.wait(5)
    with pytest.raises(ValueError, match="no"):
        failed.result()
    assert store.finished("other") is None
    mended = store.ask("other", work)
    assert mended.wait(5)
    assert mended.result() == "done"


def test_the_oldest_answers_go_first() -> None:
    store = SharedWork[int](kept=2)
    for number in range(4):
        assert store.ask(number, lambda _, n=number: n).wait(5)  # type: ignore[misc]
    store.ask(9, lambda _: 9).wait(5)
    assert [store.finished(number) for number in (0, 3, 9)] == [None, 3, 9]
