"""How long a training has taken, and how long it will about take still."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from xaae_core.training.progress import BatchProgress

MEASURING = "measuring"
"""What comes after the last phase: latents and held-out figures."""


class TrainingClock:
    """Counts the time of a training without its pauses, and guesses what is left.

    A phase takes what its epochs took so far. One that has not begun takes what was expected of it, times how
    much the running phase differs from what was expected of that; without an expectation, as long as the running one.
    Early stopping makes the guess too long, never too short.

    Args:
        phases: phase → epochs at most, in order.
        expected: phase → seconds an epoch, as estimated before; may be empty.
        spent: seconds that earlier starts of the same training took.
        now: gives seconds of a clock that never goes back.
    """

    def __init__(
        self,
        phases: Mapping[str, int],
        expected: Mapping[str, float],
        *,
        spent: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._phases, self._expected, self._now = dict(phases), dict(expected), now
        self._begun = now() - spent
        self._epoch_begun = now()
        self._batch: BatchProgress | None = None
        self._done = 0.0  # epochs of the phase, with the part of the running one
        self._took: list[float] = []  # seconds of the phase's epochs that this clock saw

    @property
    def seconds(self) -> float:
        """Time spent so far, without pauses."""
        return self._now() - self._begun

    def leave_out(self, seconds: float) -> None:
        """Do not count a pause."""
        self._begun += seconds
        self._epoch_begun += seconds

    def tell_batch(self, batch: BatchProgress) -> None:
        """A batch has ended."""
        if self._batch is None or batch.phase != self._batch.phase:
            self._took = []
        self._batch = batch
        self._done = batch.epoch - 1 + batch.batch / batch.n_batches

    def tell_epoch(self, epoch: int) -> None:
        """The epoch of this number has ended."""
        self._took.append(self._now() - self._epoch_begun)
        self._epoch_begun = self._now()
        self._done = float(epoch)

    def left(self) -> float | None:
        """Seconds that are left, about; None before the first batch."""
        if self._batch is None:
            return None
        epoch = self._seconds_an_epoch(self._batch)
        here = max(0.0, self._batch.n_epochs - self._done) * epoch
        return here + sum(self._later(name, epoch) for name in self._phases_after(self._batch.phase))

    def _seconds_an_epoch(self, batch: BatchProgress) -> float:
        """Of the running phase: its ended epochs; before the first, from its batches and what was expected."""
        if self._took:
            return sum(self._took) / len(self._took)
        part = batch.batch / batch.n_batches
        measured = (self._now() - self._epoch_begun) / part
        return part * measured + (1 - part) * self._expected.get(batch.phase, measured)

    def _phases_after(self, phase: str) -> list[str]:
        names = [*self._phases, MEASURING]
        return names[names.index(phase) + 1 :] if phase in names else []

    def _later(self, phase: str, epoch_here: float) -> float:
        """Seconds of a phase that has not begun, where an epoch of the running one takes `epoch_here`."""
        assert self._batch is not None  # left() asked
        expected_here = self._expected.get(self._batch.phase, 0.0)
        if phase in self._expected and expected_here > 0:
            return self._phases.get(phase, 1) * self._expected[phase] * epoch_here / expected_here
        return self._phases.get(phase, 0) * epoch_here
