"""The learner of a phase."""

from __future__ import annotations

from collections.abc import Callable

from fastai.callback.core import CancelEpochException
from fastai.learner import Learner

from xaae_core.training.phase import Forward


class PhaseLearner(Learner):
    """A `Learner` whose next fit can begin at a later epoch and end after any, and that can train on several losses.

    fastai's own `start_epoch` runs every callback through the skipped epochs and logs empty rows.

    Attributes:
        first_epoch: number of the next fit's first epoch, from 0.
        epoch_ended: told of each epoch; True ends the fit.
        forward: what a batch goes through instead of the model, see `Phase`.
    """

    first_epoch = 0
    epoch_ended: Callable[[int], bool] | None = None
    forward: Forward | None = None

    def _do_one_batch(self) -> None:
        """fastai's, with `forward` in the place of the model: losses that need the labels come from one pass."""
        if self.forward is None:
            super()._do_one_batch()
            return
        self.pred = self.forward(self.xb[0], self.yb[0], len(self.dl.dataset))
        self("after_pred")
        self.loss_grad = self.loss_func(self.pred, *self.yb)
        self.loss = self.loss_grad.clone()
        self("after_loss")
        if self.training:
            self._do_grad_opt()

    def _do_fit(self) -> None:
        for epoch in range(self.first_epoch, self.n_epoch):
            self.epoch = epoch
            self._with_events(self._do_epoch, "epoch", CancelEpochException)
            if self.epoch_ended is not None and self.epoch_ended(epoch):
                break
