"""Work that a page begins: its result, its error, its cancel, and its end with the program."""

import subprocess
import sys
import threading

import pytest

from app.background import Background, Report, WorkCancelledError
from xaae_core.errors import DatasetError

PROGRAM = """
import time
from app.background import Background

def work(report):
    try:
        for step in range(10_000):
            time.sleep(0.01)
            report(step, 10_000)
    finally:
        print("ended in order", flush=True)

Background(work)
time.sleep(0.05)
"""


def test_work_gives_its_result_or_its_error() -> None:
    done = Background(lambda report: 7, key="seven")
    assert done.wait(5)
    assert (done.result(), done.key, done.has_failed) == (7, "seven", False)

    def fail(report: Report) -> None:
        raise DatasetError("no pictures")

    failed = Background(fail)
    assert failed.wait(5)
    assert failed.has_failed
    with pytest.raises(DatasetError, match="no pictures"):
        failed.result()


def test_cancelled_work_ends_at_its_next_report() -> None:
    go_on = threading.Event()

    def count(report: Report) -> None:
        report(1, 10)
        go_on.wait(5)
        report(2, 10)
        raise AssertionError("goes on after it was cancelled")

    work = Background(count)
    while work.progress != (1, 10):
        pass
    work.cancel()
    go_on.set()
    assert work.wait(5)
    assert not work.has_failed
    with pytest.raises(WorkCancelledError):
        work.result()


def test_work_that_still_runs_is_ended_before_the_interpreter() -> None:
    """Torch must not be torn down under a thread that computes."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "ended in order\n"
