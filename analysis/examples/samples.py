"""Cases that a model can be run on: pictures or signals, their labels and ids, taken a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaae_core.errors import ExamplesError


class Samples(Protocol):
    """Cases that can be taken in slices; only a slice need fit into memory."""

    @property
    def ids(self) -> NDArray[np.str_]:
        """Names [N]."""
        ...

    def take(self, start: int, stop: int) -> tuple[Tensor, Tensor | None]:
        """Inputs [B, …] and labels [B] (None where there are none) of some cases."""
        ...


@dataclass(frozen=True, eq=False)
class TensorSamples:
    """Cases that lie in memory.

    Attributes:
        x: inputs [N, …].
        y: labels [N]; None where there are none.
        ids: names [N].
    """

    x: Tensor
    y: Tensor | None
    ids: NDArray[np.str_]

    def take(self, start: int, stop: int) -> tuple[Tensor, Tensor | None]:
        """See `Samples`."""
        return self.x[start:stop], None if self.y is None else self.y[start:stop]


def samples_of(x: Tensor, y: Tensor | None = None, ids: Sequence[str] | None = None) -> TensorSamples:
    """Cases of tensors x [N, …] and y [N]; named by their numbers if `ids` is None.

    Raises:
        ExamplesError: no case, or as many labels or names as there are not cases.
    """
    n = len(x)
    if n == 0:
        raise ExamplesError("there are no cases: give at least one")
    names = np.array([str(row) for row in range(n)] if ids is None else list(ids), dtype=np.str_)
    if len(names) != n or (y is not None and len(y) != n):
        labels = "no" if y is None else str(len(y))
        raise ExamplesError(f"{n} cases with {labels} labels and {len(names)} names: expected one of each")
    return TensorSamples(x.detach(), y, names)


def samples_of_loader(loader: Iterable[Any]) -> TensorSamples:
    """Cases of a loader of (x, …) batches, or of x alone, read once: so a loader that shuffles cannot mix rows.

    Raises:
        ExamplesError: an empty loader.
    """
    batches = [(batch, None) if isinstance(batch, Tensor) else (batch[0], _label(batch)) for batch in loader]
    if not batches:
        raise ExamplesError("the loader gives no batch: there are no cases to compare with")
    labels = [y for _, y in batches if y is not None]
    x = torch.cat([x for x, _ in batches])
    return samples_of(x, torch.cat(labels) if len(labels) == len(batches) else None)


def batches_of(samples: Samples, size: int) -> Iterator[tuple[slice, Tensor, Tensor | None]]:
    """(rows, x, y) of all cases, `size` at a time, the last ones too."""
    n = len(samples.ids)
    for start in range(0, n, size):
        stop = min(start + size, n)
        yield slice(start, stop), *samples.take(start, stop)


def count_repeats(samples: TensorSamples) -> tuple[TensorSamples, NDArray[np.int64]]:
    """Each different case once, and how often it occurs: a sampler with replacement repeats most of them."""
    seen: dict[bytes, int] = {}
    counts: list[int] = []
    first: list[int] = []
    for row, x in enumerate(samples.x):
        key = x.cpu().contiguous().numpy().tobytes()
        if samples.y is not None:
            key += samples.y[row].cpu().numpy().tobytes()
        place = seen.setdefault(key, len(counts))
        if place == len(counts):
            first.append(row)
            counts.append(0)
        counts[place] += 1
    y = None if samples.y is None else samples.y[first]
    return TensorSamples(samples.x[first], y, samples.ids[first]), np.array(counts)


def _label(batch: Sequence[Any]) -> Tensor | None:
    return batch[1] if len(batch) > 1 and isinstance(batch[1], Tensor) and batch[1].ndim == 1 else None
