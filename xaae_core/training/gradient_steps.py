"""When the optimizer steps: after how many batches, and with no gradient left over."""

from __future__ import annotations

from fastai.callback.core import Callback, CancelBatchException
from fastai.torch_core import find_bs

from xaae_core.training.processes import ALONE, Processes


class AccumulateGradients(Callback):
    """Step once per `n_batches` batches, with the gradient of their images' mean loss.

    The last group of an epoch may be shorter; it steps as well, so that nothing is carried over an
    epoch's end and a resumed run goes on exactly there.

    Args:
        n_batches: batches per step, at least 1.
        processes: those that train together; the mean is over the images of all of them.
    """

    order = 6  # before mixed precision looks at the gradients
    run_valid = False

    def __init__(self, n_batches: int, processes: Processes = ALONE) -> None:
        if n_batches < 1:
            raise ValueError(f"grad_accum is {n_batches}; expected at least 1 batch per optimizer step")
        self.n_batches, self.processes = n_batches, processes

    def before_train(self) -> None:
        """A new epoch begins with nothing accumulated."""
        self._batches, self._share = 0, 0.0
        _clear(self)

    def after_loss(self) -> None:
        """Weigh the batch by its images; a full batch weighs 1, so that half precision does not overflow."""
        share = find_bs(self.yb) / (self.dl.bs or 1)
        self.learn.loss_grad = self.loss_grad * share
        self._share += share
        self._batches += 1

    def before_step(self) -> None:
        """Skip the step while the group is incomplete."""
        if self._batches < self.n_batches and self.iter < self.n_iter - 1:
            raise CancelBatchException
        share = self.processes.add_up_gradients(self.model.parameters(), self._share)
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                parameter.grad.div_(share)
        self._batches, self._share = 0, 0.0

    def after_step(self) -> None:
        """No gradient rather than one of zeros.

        With zeros, Adam's momentum would move parameters that took no part in the step (the discriminator
        in the encoder's turn), and a resumed run would differ from one that was never interrupted.
        """
        _clear(self)


def _clear(callback: Callback) -> None:
    for parameter in callback.model.parameters():
        parameter.grad = None
