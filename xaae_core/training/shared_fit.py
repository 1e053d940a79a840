"""How a learner fits together with those of other processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.distributed import DistributedTrainer
from torch import Tensor

from xaae_core.batch_share import all_rows
from xaae_core.training.callbacks import LossAttrMetric
from xaae_core.training.phase_learner import PhaseLearner
from xaae_core.training.processes import ALONE, Processes


class SharedTrainer(DistributedTrainer):
    """fastai's trainer of `distrib_ctx`, without the wrapper `DistributedDataParallel`.

    That wrapper reads off the value of `forward` which parameters take part in a step. Here the loss decides it, from
    what `forward` leaves on the model; the players of the latent GAN take turns, and the cycle term runs the model a
    second time. So the model stays itself, and `AccumulateGradients` adds up the gradients: one exchange per
    optimizer step instead of one per batch.

    Args:
        processes: the processes of the training.
    """

    def __init__(self, processes: Processes) -> None:
        super().__init__(sync_bn=False, cpu=processes.device is not None and processes.device.type == "cpu")
        self.processes = processes

    def before_fit(self) -> None:
        """Begin with the main process' weights."""
        with torch.no_grad():
            self.processes.give_weights(self.learn.model)

    def before_train(self) -> None:
        """The loaders are cut already."""

    def before_validate(self) -> None:
        """The loaders are cut already."""

    def after_fit(self) -> None:
        """Nothing was wrapped."""


class WholeBatchResults(Callback):
    """After a batch, put the whole batch's results where a single process would have left them.

    The losses are means over all rows then, and in validation predictions, targets and z are those of all rows, so
    that every metric measures what it would measure in a single process.

    Args:
        processes: the processes of the training.
    """

    order = 45  # before the recorder and whoever else measures

    def __init__(self, processes: Processes) -> None:
        self.processes = processes

    def after_batch(self) -> None:
        """Exchange the results."""
        learn = self.learn
        names = [metric.attr for metric in learn.metrics if isinstance(metric, LossAttrMetric)]
        losses = [learn.loss, *(getattr(learn.model, name) for name in names)]
        means = self.processes.batch_means(torch.stack([loss.detach().float() for loss in losses]))
        learn.loss = means[0]
        for name, mean in zip(names, means[1:], strict=True):
            setattr(learn.model, name, mean)
        learn.yb = tuple(all_rows(_plain(target)) for target in learn.yb)
        if not self.training:
            learn.pred, learn.model.z = all_rows(_plain(learn.pred)), all_rows(_plain(learn.model.z))


class SharedLearner(PhaseLearner):
    """A `PhaseLearner` for `fitting_together`; as any other outside of it."""

    processes: Processes = ALONE

    def to_distributed(self, sync_bn: bool = True, **kwargs: Any) -> SharedLearner:
        """What `distrib_ctx` calls at its beginning."""
        self.add_cbs([SharedTrainer(self.processes), WholeBatchResults(self.processes)])
        return self

    def detach_distributed(self) -> SharedLearner:
        """What `distrib_ctx` calls at its end."""
        self.remove_cbs([*self._grab_cbs(SharedTrainer), *self._grab_cbs(WholeBatchResults)])
        return self

    def one_batch(self, i: int, b: Any) -> None:
        """Train or validate on this process' rows of a batch."""
        with self.processes.batch(self.dl, i):
            super().one_batch(i, b)


@contextmanager
def fitting_together(learn: SharedLearner, processes: Processes) -> Iterator[None]:
    """Enter fastai's `distrib_ctx` with loaders that cut batches; whatever happens, the learner has its own back."""
    loaders, learn.processes = learn.dls.loaders, processes
    learn.dls.loaders = [processes.shard(loader) for loader in loaders]
    try:
        with learn.distrib_ctx():
            yield
    finally:
        learn.dls.loaders, learn.processes = loaders, ALONE


def _plain(x: Tensor) -> Tensor:
    return x.as_subclass(Tensor)
