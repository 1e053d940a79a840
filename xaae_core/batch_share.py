"""The rows of a batch that this process holds, where several processes train on one batch together.

Whatever depends on the batch as a whole asks here: random draws are made for all rows and cut, so that every process
draws what a single one would; statistics are taken of all rows. A training of one process sets nothing, and then every
function returns what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchShare:
    """What one of several processes holds of a batch.

    The rows of a batch are dealt in order and as evenly as can be. A process that would get none holds one all
    the same, so that it can take part in the computation; it does not count.

    Attributes:
        n_rows: rows of the whole batch.
        process: number of this process, from 0.
        n_processes: number of processes.
        gather: rows [own, …] → the rows of all processes [n_rows, …], in order, without gradient.
    """

    n_rows: int
    process: int
    n_processes: int
    gather: Callable[[Tensor], Tensor]

    def part(self, n: int) -> slice:
        """Where this process' part of n things begins and ends; may be empty."""
        return slice(self.process * n // self.n_processes, (self.process + 1) * n // self.n_processes)

    @property
    def rows(self) -> slice:
        """The rows that are computed here, at least one."""
        return _never_empty(self.part(self.n_rows))

    @property
    def weight(self) -> float:
        """Share of the batch's rows that count here, in [0, 1]."""
        return _length(self.part(self.n_rows)) / self.n_rows


@dataclass(frozen=True)
class Part:
    """A process' part of something that has not as many rows as the batch.

    Attributes:
        n_rows: rows of all processes.
        rows: those that are computed here, at least one.
        weight: what a mean over them is multiplied by; then the means of all processes, each weighed by
            `BatchShare.weight`, add up to the mean over everything.
    """

    n_rows: int
    rows: slice
    weight: float


_share: ContextVar[BatchShare | None] = ContextVar("batch_share", default=None)


@contextmanager
def batch_shared(share: BatchShare) -> Iterator[None]:
    """Inside, this process holds a share of the batch, and no more."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def draw_rows(draw: Callable[..., Tensor], shape: tuple[int, ...], **options: Any) -> Tensor:
    """`draw(shape, **options)`, one row per image of the batch; here the rows of this process' images.

    Args:
        draw: such as `torch.rand`.
        shape: of what is wanted, this process' images first.
        **options: of `draw`.
    """
    share = _share.get()
    if share is None or shape[0] != _length(share.rows):
        return draw(shape, **options)
    return draw((share.n_rows, *shape[1:]), **options)[share.rows]


def draw_normal_like(x: Tensor, part: Part | None = None) -> Tensor:
    """`torch.randn_like(x)`, one row per image of the batch; here the rows of this process' images.

    Args:
        x: this process' rows [own, …].
        part: which they are, where x is not of the batch; see `own_part`.
    """
    share = _share.get()
    if share is None:
        return torch.randn_like(x)
    n_rows, rows = (part.n_rows, part.rows) if part else (share.n_rows, share.rows)
    whole = x.new_empty((n_rows, *x.shape[1:]))
    if x.ndim == 4 and not x.is_contiguous():  # numbers are drawn in the order of memory
        whole = whole.to(memory_format=torch.channels_last)
    return torch.randn_like(whole)[rows]


def all_rows(x: Tensor) -> Tensor:
    """The rows of all processes [N, …] of this process' rows, in order and without gradient; x itself if alone."""
    share = _share.get()
    return x if share is None else share.gather(x.detach())


def own_rows(x: Tensor) -> Tensor:
    """This process' rows of what was made for the whole batch [N, …]."""
    share = _share.get()
    return x if share is None else x[share.rows]


def n_batch_rows(n_own: int) -> int:
    """Rows of the whole batch, of which `n_own` are here."""
    share = _share.get()
    return n_own if share is None else share.n_rows


def batch_weight() -> float:
    """Share of the batch's rows that count in this process; 1 if alone."""
    share = _share.get()
    return 1.0 if share is None else share.weight


def relative_mean(x: Tensor) -> Tensor | float:
    """Mean of this process' rows [own] over the mean of all rows; 1 if alone.

    A weighted mean over the own rows times this is the process' contribution to the weighted mean of the batch.
    """
    share = _share.get()
    return 1.0 if share is None else x.mean() / share.gather(x.detach()).mean()


def own_part(n: int) -> Part:
    """This process' part of n rows that all processes have, such as moves made of the whole batch."""
    share = _share.get()
    if share is None:
        return Part(n, slice(0, n), 1.0)
    part = share.part(n)
    return Part(n, _never_empty(part), _length(part) / n / share.weight if share.weight else 0.0)


def _length(rows: slice) -> int:
    length: int = rows.stop - rows.start
    return length


def _never_empty(rows: slice) -> slice:
    return slice(rows.start, max(rows.stop, rows.start + 1))
