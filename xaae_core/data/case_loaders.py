"""fastai DataLoaders of cases that lie in memory as tensors: pictures, signals or pairs, sliced batch by batch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from numpy.typing import NDArray
from torch import Tensor

from xaae_core.errors import DatasetError

__all__ = ["CasesInMemory", "loaders_of_cases"]


@dataclass(frozen=True, eq=False)
class CasesInMemory:
    """Cases and their classes.

    Attributes:
        x: cases [N, …], or pairs of them [N, 2, …], float32 in [0, 1].
        targets: class numbers, int64 [N].
        vocab: names of the classes.
    """

    x: Tensor
    targets: NDArray[np.int64]
    vocab: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.x) != len(self.targets):
            raise DatasetError(f"{len(self.x)} cases and {len(self.targets)} classes; expected as many of each")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.x[row], int(self.targets[row])


class _SlicingLoader(DataLoader):
    """Takes the rows of a batch at once: a loop over single small cases costs more than training on them."""

    def create_item(self, s: Any) -> Any:
        """The row's number."""
        return s

    def create_batch(self, b: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Cases [B, …] and classes [B]."""
        rows = torch.as_tensor(list(b))
        return self.dataset.x[rows], torch.from_numpy(self.dataset.targets)[rows]


def loaders_of_cases(
    train: CasesInMemory,
    valid: CasesInMemory,
    *,
    batch_size: int,
    seed: int = 0,
    device: torch.device | str = "cpu",
    name: str = "",
    fingerprint: str = "",
) -> DataLoaders:
    """Loaders whose order hangs on `dls.train.rng` alone; the last, smaller batch of training is left out.

    Args:
        train: cases to train on.
        valid: cases to choose the best weights by.
        batch_size: cases a batch.
        seed: of the order.
        device: where batches go.
        name: of the data, for the model's card.
        fingerprint: of the data, likewise.

    Raises:
        DatasetError: fewer training cases than one batch, or none to choose by.
    """
    if len(train) < batch_size or not len(valid):
        raise DatasetError(
            f"{len(train)} cases to train on and {len(valid)} to choose weights by; expected at least one batch of "
            f"{batch_size}, and some"
        )
    own: dict[str, Any] = {"bs": batch_size, "num_workers": 0, "device": torch.device(device)}
    loader = _SlicingLoader(train, shuffle=True, drop_last=True, **own)
    loader.rng = random.Random(seed)
    made = DataLoaders(loader, _SlicingLoader(valid, **own), device=torch.device(device))
    made.xaae_name, made.xaae_fingerprint = name, fingerprint
    return made
