"""How far a piece of work is and how long it still takes, on one line of the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from app.terminal import remark

_EVERY_SECONDS = 0.2
_TRUSTED_SHARE = 0.1
"""Once this much is done, the pace of this run says more than what was expected beforehand."""


@dataclass
class RemainingTime:
    """Estimates the time that is left.

    Attributes:
        expected: seconds that the work should take.
        clock: gives the time in seconds.
    """

    expected: float
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def seconds(self, done: int, everything: int) -> float:
        """Seconds left, from 0, when so much of everything is done."""
        took, share = self.clock() - self._began, done / max(everything, 1)
        by_plan = max(self.expected - took, 0.0)
        if share <= 0:
            return by_plan
        by_pace = took * (1 - share) / share
        trust = min(share / _TRUSTED_SHARE, 1.0)
        return trust * by_pace + (1 - trust) * by_plan


@contextmanager
def watched(what: str, seconds: float) -> Iterator[Callable[[int, int], None]]:
    """A (done, all) callback: on a terminal a line with the share done and the time left, in a log one line before.

    Args:
        what: the work, as in "laying out 1,200 cases".
        seconds: that it should take.
    """
    is_terminal = sys.stderr.isatty()
    left = RemainingTime(seconds)
    shown = [float("-inf")]

    def tell(done: int, everything: int) -> None:
        now = time.monotonic()
        if is_terminal and (now - shown[0] >= _EVERY_SECONDS or done == everything):
            shown[0] = now
            share = f"{done / max(everything, 1):.0%}"
            line = f"{what}: {share}, {duration(left.seconds(done, everything))} left"
            click.echo(f"\r{line:<79}", err=True, nl=False)

    if is_terminal:
        tell(0, 1)
    else:
        remark(f"{what} …" if seconds < 1 else f"{what}, {duration(seconds)} …")
    try:
        yield tell
    finally:
        if is_terminal:
            click.echo(err=True)


def duration(seconds: float) -> str:
    """Seconds as people say them: "about 40 s", "about 3 min"."""
    if seconds < 1:
        return "less than 1 s"
    return f"about {seconds:.0f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"
