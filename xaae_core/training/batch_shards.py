"""A loader that gives a process its rows of the batches that a single process would see."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastai.distributed import DistributedDL
from torch import Tensor

from xaae_core.batch_share import BatchShare, batch_shared


class BatchShards(DistributedDL):
    """The rows that one of several processes holds of the batches of another loader.

    fastai's `DistributedDL` deals out the epoch's images in blocks, each process making batches of its own, and
    repeats some at the end to make the blocks even. Here the batches themselves are cut, and nothing is repeated. The
    order hangs on the loader's `rng` as ever, which must be the same in all processes. `bs` and the length are the
    loader's: they count the images of all processes.

    Args:
        dl: the loader; each process has its own, of the same images.
        process: number of this process, from 0.
        n_processes: number of processes.
        gather: see `BatchShare`; is given the share as well.
    """

    def __init__(self, dl: Any, process: int, n_processes: int, gather: Callable[[Tensor, BatchShare], Tensor]) -> None:
        super().__init__(dl, rank=process, world_size=n_processes)
        self.gather = gather
        self.batches: list[list[int]] = []
        self.shares: list[BatchShare] = []
        self.i = 0

    @property
    def rng(self) -> random.Random:
        """What the order of the images, and their augmentation, hang on."""
        found: random.Random = self.dl.rng
        return found

    @rng.setter
    def rng(self, rng: random.Random) -> None:
        self.dl.rng = rng

    def __len__(self) -> int:
        return len(self.dl)

    def get_idxs(self) -> list[int]:
        """The images of this process' rows; draws the order of all of them."""
        images = list(self.dl.get_idxs())
        whole = [images[start : start + self.bs] for start in range(0, len(images), self.bs)][: len(self.dl)]
        self.shares = [self._share(len(batch)) for batch in whole]
        self.batches = [batch[share.rows] for batch, share in zip(whole, self.shares, strict=True)]
        return [image for batch in self.batches for image in batch]

    def _share(self, n_rows: int) -> BatchShare:
        share = BatchShare(n_rows, self.rank, self.world_size, lambda rows: self.gather(rows, share))
        return share

    def sample(self) -> Iterator[list[int]]:
        """The batches of this worker of the loader's."""
        return (batch for number, batch in enumerate(self.batches) if number % self.num_workers == self.offs)

    def create_batches(self, samps: Sequence[list[int]]) -> Iterator[Any]:
        """Read this process' rows of each batch."""
        for images in samps:
            yield self.dl.do_batch([self.dl.do_item(image) for image in images])

    def after_batch(self, b: Any) -> Any:
        """Transform a batch, with its rows of the draws for the whole batch."""
        number, self.i = self.i, self.i + 1
        with batch_shared(self.shares[number]):
            return self.dl.after_batch(b)

    def to_detach(self, b: Any, cpu: bool = True, gather: bool = True) -> Any:
        """Detach without gathering: what metrics see is of the whole batch already (`WholeBatchResults`)."""
        return super()._to_detach(b, cpu, False)
