"""A path computed piece by piece, centre and ends first, for decoders too slow to wait for."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.traversals import Traversal, decode_path
from analysis.trust import Level, Neighbourhood, judge_traversal
from xaae_core.models.latent_model import Encoding, LatentModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.predictions import predict
from xaae_core.signal_form import signal_form_of


@dataclass(frozen=True, eq=False)
class PartialPath:
    """As much of a path as is there.

    Attributes:
        traversal: the path; frames of steps that are not computed are 0.
        computed: which steps are there [K].
        achieved: move along the direction after encoding the frame again [K], in SD; NaN where not computed.
        levels: "good", "caution" or "poor" of each step [K]; None where not computed or not judged.
        reasons: the sentence of each step [K].
    """

    traversal: Traversal
    computed: NDArray[np.bool_]
    achieved: NDArray[np.float64]
    levels: tuple[Level | None, ...]
    reasons: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every step is there."""
        return bool(self.computed.all())


def coarse_to_fine(n_steps: int, origin: int) -> list[int]:
    """The order in which steps are wanted: origin, both ends, then always the middle of the widest gap."""
    order = [origin]
    for end in (n_steps - 1, 0):
        if end not in order:
            order.append(end)
    while len(order) < n_steps:
        known = sorted(order)
        left, right = max(itertools.pairwise(known), key=lambda gap: gap[1] - gap[0])
        order.append((left + right) // 2)
    return order


class PathBuilder:
    """Decodes a path in batches that fit a time budget; safe to share between threads.

    Args:
        model: the model in eval mode.
        encoding: of one image.
        direction: where to go.
        steps: distances [K] in standard deviations, rising, 0 among them.
        neighbourhood: of the training cases, to judge steps with; None: steps are not judged.
        skip_dropout: share of the skips dropped, in [0, 1].
        seed: of the dropped channels.
    """

    def __init__(
        self,
        model: LatentModel,
        encoding: Encoding,
        direction: Direction,
        steps: NDArray[Any],
        *,
        neighbourhood: Neighbourhood | None = None,
        skip_dropout: float = 1.0,
        seed: int = 0,
    ) -> None:
        self._model, self._encoding, self._direction = as_picture_model(model), encoding, direction
        self._neighbourhood, self._skip_dropout, self._seed = neighbourhood, skip_dropout, seed
        self._lock = threading.Lock()
        self._steps = np.asarray(steps, dtype=np.float64)
        self._z = direction.move(encoding.z[0].float().cpu().numpy(), self._steps).astype(np.float32)
        self._said = predict(model, self._moved(np.arange(len(self._steps))))
        n_steps = len(self._steps)
        size = (self._model.input_channels, *self._model.input_size)
        self._frames = np.zeros((n_steps, *size), dtype=np.float32)
        self._computed = np.zeros(n_steps, dtype=bool)
        self._achieved = np.full(n_steps, np.nan)
        self._levels: list[Level | None] = [None] * n_steps
        self._reasons = [""] * n_steps
        self._origin = int(np.abs(self._steps).argmin())
        self._waiting = coarse_to_fine(n_steps, self._origin)
        self._seconds_per_frame = 0.0

    def advance(self, budget: float) -> PartialPath:
        """Compute for about `budget` seconds (at least one batch) and return what is there.

        The first batch, origin and ends, tells how fast the decoder is; the rest comes in one batch if it fits.
        """
        with self._lock:
            end = time.monotonic() + budget
            while self._waiting:
                self._compute(self._next_batch(end - time.monotonic()))
                if time.monotonic() >= end:
                    break
            return self._snapshot()

    def _next_batch(self, seconds_left: float) -> list[int]:
        if not self._seconds_per_frame:
            size = min(3, len(self._waiting))
        else:
            size = max(1, min(len(self._waiting), int(seconds_left / self._seconds_per_frame)))
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return batch

    def _compute(self, batch: list[int]) -> None:
        start = time.monotonic()
        rows = np.array(sorted(batch))
        with torch.inference_mode():
            frames = decode_path(
                self._model, self._moved(rows), self._encoding, skip_dropout=self._skip_dropout, seed=self._seed
            )
        self._frames[rows] = frames.float().cpu().numpy()
        self._computed[rows] = True
        if self._neighbourhood is not None:
            self._judge(np.union1d(rows, [self._origin]), self._neighbourhood)
        self._seconds_per_frame = (time.monotonic() - start) / len(batch)

    def _judge(self, rows: NDArray[np.int64], neighbourhood: Neighbourhood) -> None:
        trust = judge_traversal(self._model, self._traversal(rows), self._direction, neighbourhood)
        self._achieved[rows] = trust.achieved
        for place, row in enumerate(rows):
            self._levels[row], self._reasons[row] = trust.levels[place], trust.reasons[place]

    def _moved(self, rows: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(self._z[rows]).to(self._encoding.z.device)

    def _traversal(self, rows: NDArray[np.int64]) -> Traversal:
        chances, values = self._said.probabilities, self._said.values
        return Traversal(
            self._steps[rows],
            self._z[rows],
            self._frames[rows],
            None if chances is None else chances[rows],
            self._direction.target,
            self._skip_dropout,
            self._seed,
            None if values is None else values[rows],
            signal_form_of(self._model),
        )

    def _snapshot(self) -> PartialPath:
        return PartialPath(
            self._traversal(np.arange(len(self._steps))),
            self._computed.copy(),
            self._achieved.copy(),
            tuple(self._levels),
            tuple(self._reasons),
        )
