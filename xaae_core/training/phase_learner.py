"""The learner of a phase."""

from __future__ import annotations

from collections.abc import Callable

from fastai.callback.core import CancelEpochException
from fastai.learner import Learner


class PhaseLearner(Learner):
    """A `Learner` whose next fit can begin at a later epoch and end after any.

    fastai's own `start_epoch` runs every callback through the skipped epochs and logs empty rows.
    """

    first_epoch = 0
    epoch_ended: Callable[[int], bool] | None = None

    def _do_fit(self) -> None:
        for epoch in range(self.first_epoch, self.n_epoch):
            self.epoch = epoch
            self._with_events(self._do_epoch, "epoch", CancelEpochException)
            if self.epoch_ended is not None and self.epoch_ended(epoch):
                break
