"""An interrupt that a library swallows ends the work at its next report of progress."""

import os
import signal
from contextlib import suppress

import pytest

from app.interrupts import heard_interrupts, raise_if_interrupted
from app.remaining_time import watched
from app.terminal import counted


@pytest.mark.parametrize("progress", [lambda: watched("laying out", 0.0), lambda: counted("maps:")])
def test_a_swallowed_interrupt_is_raised_at_the_next_report(progress):
    with heard_interrupts(), progress() as tell:
        tell(1, 9)
        with suppress(KeyboardInterrupt):  # what a callback of compiled code does
            interrupt()
        with pytest.raises(KeyboardInterrupt):
            tell(2, 9)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):  # it arrives between two steps of Python
        pass


def test_an_interrupt_before_does_not_end_what_is_begun_after():
    with heard_interrupts(), pytest.raises(KeyboardInterrupt):
        interrupt()
    with heard_interrupts():
        raise_if_interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
