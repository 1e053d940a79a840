"""The processes that train together: one, or those that `accelerate launch` or `torchrun` started.

Several processes train as one would with the same data, seed and batch size, which counts the images of all of them:

- each computes its rows of the very same batches (`BatchShards`), with its rows of the very same random draws
  (`xaae_core.batch_share`);
- batch norm, weighted means and moves in z see the whole batch (`GlobalBatchNorm`, `batch_share.all_rows`);
- gradients are added up once per optimizer step, weighed by images (`AccumulateGradients`);
- losses and metrics are those of the whole batch (`WholeBatchResults`), and what is decided from them is decided by
  the main process;
- the main process alone writes files and tells of progress; the others wait for it.

What is left is the order in which numbers are added up. An encoder with random layers of its own (dropout,
stochastic depth) draws them in each process for itself: as good a training, but not the same one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from xaae_core.training.phase_learner import PhaseLearner

T = TypeVar("T")


class Processes:
    """A training of one process: nothing is shared, and there is nobody to wait for.

    Attributes:
        n: number of processes.
        rank: number of this one, from 0; 0 is the main process.
        device: where this process computes; None: wherever the loaders are.
    """

    n = 1
    rank = 0
    device: torch.device | None = None

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files and tells of progress."""
        return self.rank == 0

    def only_main(self, action: Callable[[], T]) -> T | None:
        """Do something in the main process while the others wait; returns its result there, None elsewhere.

        Raises:
            TrainingError: in the others, what went wrong in the main process, which raises its own error.
        """
        return action()

    def agree(self, value: T) -> T:
        """The main process' value, in every process."""
        return value

    def ask_main(self, question: Callable[[], T]) -> T:
        """What the main process answers while the others wait, in every process; raises as `only_main`."""
        return question()

    def listener(self, listen: Callable[[T], None] | None) -> Callable[[T], None] | None:
        """A callback of the main process, which the others wait for; theirs are not called."""
        return listen

    def shard(self, loader: Any) -> Any:
        """A loader of this process' rows of a loader's batches."""
        return loader

    def batch(self, loader: Any, number: int) -> AbstractContextManager[None]:
        """Inside, the batch of this number that `shard`'s loader gave is shared with the other processes."""
        return nullcontext()

    def add_up_gradients(self, parameters: Iterable[Tensor], share: float) -> float:
        """Add up the gradients over the processes, in place; returns the sum of `share`, their weight."""
        return share

    def batch_means(self, means: Tensor) -> Tensor:
        """Means over the whole batch of means over this process' rows, of any shape."""
        return means

    def fitting(self, learn: PhaseLearner) -> AbstractContextManager[None]:
        """Inside, a learner of `learner_type` fits together with the others."""
        return nullcontext()

    def give_weights(self, model: nn.Module) -> None:
        """Give every process the main one's weights, which a model that was not seeded differs in."""

    def learner_type(self) -> type[PhaseLearner]:
        """The learner that can fit in `fitting`."""
        from xaae_core.training.phase_learner import PhaseLearner

        return PhaseLearner

    def guarded(self) -> AbstractContextManager[None]:
        """Inside, an error of one process ends all of them with its message."""
        return nullcontext()

    @contextmanager
    def held_by_main(self, hold: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
        """Inside, the main process is in the context that `hold` makes; the others wait until it is."""
        with ExitStack() as stack:
            self.only_main(lambda: stack.enter_context(hold()))
            yield


ALONE = Processes()


def join_processes(device: str | torch.device | None = None) -> Processes:
    """The processes of this training; joins them where a launcher started several, and always gives the same ones.

    Args:
        device: "cpu" keeps a machine's GPUs out; None: a GPU for each process if there are any.

    Raises:
        TrainingError: the environment speaks of several processes that cannot be joined.
    """
    if int(os.environ.get("WORLD_SIZE") or 1) < 2:
        return ALONE
    import torch

    from xaae_core.training.several_processes import join_several

    return join_several(torch.device(device) if device is not None else None)
