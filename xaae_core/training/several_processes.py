"""Processes that `accelerate launch` or `torchrun` started: how they exchange numbers, wait and fail together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from accelerate import PartialState
from torch import Tensor, nn

from xaae_core.batch_share import BatchShare, batch_shared, batch_weight
from xaae_core.errors import TrainingError
from xaae_core.training.batch_shards import BatchShards
from xaae_core.training.global_batch_norm import GlobalBatchNorm
from xaae_core.training.phase_learner import PhaseLearner
from xaae_core.training.process_messages import ProcessMessages
from xaae_core.training.processes import Processes
from xaae_core.training.shared_fit import SharedLearner, fitting_together

T = TypeVar("T")
_joined: list[SeveralProcesses] = []


def join_several(device: torch.device | None) -> SeveralProcesses:
    """See `join_processes`: makes the process group through accelerate unless there is one."""
    if _joined:
        return _joined[0]
    if device is not None and device.type not in ("cpu", "cuda"):
        raise TrainingError(f"device is {device}; several processes train on CUDA GPUs or CPUs: give one of them")
    is_cpu = device.type == "cpu" if device is not None else not torch.cuda.is_available()
    try:
        state = PartialState(cpu=is_cpu)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"{_asked()} that cannot be joined ({error}): {_REMEDY}") from error
    if not dist.is_initialized() or dist.get_world_size() < 2:
        raise TrainingError(f"{_asked()}, but this process was not started as one of them: {_REMEDY}")
    _joined.append(SeveralProcesses(state.device))
    return _joined[0]


_REMEDY = (
    "start the training with accelerate launch or torchrun, or take WORLD_SIZE out of the environment to train in one "
    "process"
)


def _asked() -> str:
    return f"the environment asks for {os.environ.get('WORLD_SIZE')} processes (WORLD_SIZE)"


class SeveralProcesses(Processes):
    """The processes of torch's process group; see `Processes`.

    Args:
        device: where this process computes.
    """

    def __init__(self, device: torch.device) -> None:
        self.n, self.rank, self.device = dist.get_world_size(), dist.get_rank(), device
        self.messages = ProcessMessages(self.rank, self.n)

    def only_main(self, action: Callable[[], T]) -> T | None:
        """Do something in the main process while the others wait, for as long as it takes."""
        if not self.is_main:
            self.messages.wait_for_main()
            return None
        with self.messages.main_acts():
            return action()

    def agree(self, value: T) -> T:
        """The main process' value, in every process."""
        values = [value]
        with self.messages.losses_told():
            dist.broadcast_object_list(values, src=0, device=self.device)
        return values[0]

    def ask_main(self, question: Callable[[], T]) -> T:
        """What the main process answers while the others wait, in every process; raises as `only_main`."""
        return cast(T, self.agree(self.only_main(question)))

    def listener(self, listen: Callable[[T], None] | None) -> Callable[[T], None] | None:
        """A callback of the main process, which the others wait for; theirs are not called."""
        if not self.agree(listen is not None):
            return None

        def tell(told: T) -> None:
            self.only_main(lambda: listen(told) if listen is not None else None)

        return tell

    def shard(self, loader: Any) -> BatchShards:
        """A loader of this process' rows of a loader's batches."""
        self._check_rows(loader)
        return BatchShards(loader, self.rank, self.n, self.gather_rows)

    @contextmanager
    def batch(self, loader: Any, number: int) -> Iterator[None]:
        """Inside, the batch of this number that `shard`'s loader gave is shared with the other processes."""
        with ExitStack() as stack:
            if isinstance(loader, BatchShards):
                stack.enter_context(batch_shared(loader.shares[number]))
                stack.enter_context(GlobalBatchNorm(self.add_up))
            yield

    def add_up(self, x: Tensor) -> Tensor:
        """The sum of x over the processes, in place."""
        with self.messages.losses_told():
            dist.all_reduce(x)
        return x

    def add_up_gradients(self, parameters: Iterable[Tensor], share: float) -> float:
        """Add up the gradients over the processes, in place; returns the sum of `share`, their weight."""
        grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not grads:
            return share * self.n
        whole = self.add_up(torch.cat([*(grad.reshape(-1) for grad in grads), grads[0].new_tensor([share])]))
        parts = torch.split_with_sizes(whole[:-1], [grad.numel() for grad in grads])
        for grad, part in zip(grads, parts, strict=True):
            grad.copy_(part.view_as(grad))
        return float(whole[-1])

    def batch_means(self, means: Tensor) -> Tensor:
        """Means over the whole batch of means over this process' rows, of any shape."""
        return self.add_up(means * batch_weight())

    def gather_rows(self, rows: Tensor, share: BatchShare) -> Tensor:
        """See `BatchShare.gather`."""
        most = -(-share.n_rows // self.n)
        padded = rows.new_zeros((max(most, 1), *rows.shape[1:]))
        padded[: len(rows)] = rows
        found = [torch.empty_like(padded) for _ in range(self.n)]
        with self.messages.losses_told():
            dist.all_gather(found, padded)
        parts = (BatchShare(share.n_rows, rank, self.n, share.gather).part(share.n_rows) for rank in range(self.n))
        return torch.cat([x[: part.stop - part.start] for x, part in zip(found, parts, strict=True)])

    def give_weights(self, model: nn.Module) -> None:
        """Give every process the main one's weights, which a model that was not seeded differs in."""
        with self.messages.losses_told():
            for tensor in model.state_dict().values():
                dist.broadcast(tensor, src=0)

    @contextmanager
    def fitting(self, learn: PhaseLearner) -> Iterator[None]:
        """Inside, a learner of `learner_type` fits together with the others."""
        assert isinstance(learn, SharedLearner)
        with fitting_together(learn, self):
            yield

    def learner_type(self) -> type[PhaseLearner]:
        """The learner that can fit in `fitting`."""
        return SharedLearner

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Inside, an error of one process ends all of them with its message."""
        with self.messages.guarded():
            yield

    def _check_rows(self, loader: Any) -> None:
        """Refuse training batches that have not a row for each process; those of validation may."""
        n_images = len(loader.dataset) if loader.shuffle or loader.drop_last else 0
        left = 0 if loader.drop_last else n_images % loader.bs
        if loader.bs < self.n:
            raise TrainingError(
                f"the batch size is {loader.bs}, for {self.n} processes together; expected an image for each: raise "
                "it, or start fewer processes"
            )
        if 0 < left < self.n:
            raise TrainingError(
                f"{n_images} training images in batches of {loader.bs} leave a last one of {left}, fewer than the "
                f"{self.n} processes: set drop_last=True or another batch size"
            )
