"""What every benchmark returns, and how two ways are timed fairly: warmed up, then taking turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two ways to the same result, timed in turn.

    Attributes:
        name: what is done.
        ours: how this project does it.
        otherwise: how it would be done without.
        our_seconds: of each repetition [N].
        other_seconds: of each repetition [N], the n-th beside our n-th.
        note: what else must be known to read the figures.
    """

    name: str
    ours: str
    otherwise: str
    our_seconds: NDArray[np.float64]
    other_seconds: NDArray[np.float64]
    note: str = ""

    def __post_init__(self) -> None:
        shapes = self.our_seconds.shape, self.other_seconds.shape
        if shapes[0] != shapes[1] or self.our_seconds.ndim != 1 or self.our_seconds.size == 0:
            raise ValueError(f"{self.name}: timings of shapes {shapes[0]}, {shapes[1]}; expected one of each a turn")

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Ours as a share of the other, repetition by repetition [N]: the machine's drift falls out."""
        return self.our_seconds / self.other_seconds

    @property
    def ratio(self) -> float:
        """The median of `ratios`; below 1: ours is faster."""
        return float(np.median(self.ratios))


def take_turns(
    ours: Callable[[], float], other: Callable[[], float], *, repeats: int, warm_up: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds [N] of each way, called in turn; who goes first changes from turn to turn.

    Args:
        ours: does it our way and gives the seconds it took, such as `timed(function)`.
        other: does it the other way and gives the seconds it took.
        repeats: turns that count.
        warm_up: turns before, that do not.
    """
    ways = (ours, other)
    seconds = np.empty((warm_up + repeats, 2))
    for turn in range(len(seconds)):
        for column in (0, 1) if turn % 2 == 0 else (1, 0):
            seconds[turn, column] = ways[column]()
    return seconds[warm_up:, 0], seconds[warm_up:, 1]


def timed(way: Callable[[], object]) -> Callable[[], float]:
    """A way that gives the seconds it took, by the clock on the wall."""

    def run() -> float:
        started = time.perf_counter()
        way()
        return time.perf_counter() - started

    return run
