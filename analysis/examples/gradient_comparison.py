"""Inner products of vectors of the explained cases with every training case's gradient, within a memory budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.examples.importance import ExampleImportance
from analysis.examples.layer_factors import Factors
from analysis.examples.loss_gradients import LossGradients
from analysis.examples.loss_weights import Weights
from analysis.examples.samples import Samples, batches_of
from analysis.examples.steps import CancelledError, Steps

MakeVectors = Callable[[Weights, Tensor, Tensor | None], Tensor | Factors]
"""Vectors [T, P] of explained cases at one state of the model, or the factors that they are made of."""


@dataclass(frozen=True, eq=False)
class State:
    """A state of the model, and how much it counts.

    Attributes:
        weights: of the model.
        factor: its products are multiplied with it.
        vectors: what is made of the explained cases.
    """

    weights: Weights
    factor: float
    vectors: MakeVectors


@dataclass(frozen=True, eq=False)
class Compared:
    """What was computed.

    Attributes:
        scores: [N_test, N_train]; only the finished part of it where it was cancelled.
        is_complete: whether that is all.
    """

    scores: NDArray[np.float64]
    is_complete: bool

    def to_importance(
        self,
        train: Samples,
        test: Samples,
        method: str,
        parameters: dict[str, float | int | str],
        notes: tuple[str, ...] = (),
    ) -> ExampleImportance:
        """The result, with the ids of what was computed and a note where it is not all."""
        n_test, n_train = self.scores.shape
        if not self.is_complete:
            notes = (
                f"cancelled: {n_test} of {len(test.ids)} cases against {n_train} of {len(train.ids)} training cases",
                *notes,
            )
        return ExampleImportance(
            scores=self.scores,
            test_ids=test.ids[:n_test],
            train_ids=train.ids[:n_train],
            method=method,
            parameters=parameters,
            notes=notes,
            is_complete=self.is_complete,
        )


def compare_gradients(
    gradients: LossGradients,
    states: list[State],
    train: Samples,
    test: Samples,
    *,
    steps: Steps,
    keep_finished: bool = False,
) -> Compared:
    """Σ over states of factor · ⟨vector of the explained case, gradient of the training case⟩.

    Args:
        gradients: of the model.
        states: of the model, each with its vectors.
        train: the training cases; taken in batches, once for each block of explained cases.
        test: the explained cases.
        steps: told of each batch, one step a case; see `steps_of`.
        keep_finished: when cancelled, return what is finished (whole rows, else whole columns), if anything is.

    Raises:
        Whatever cancelled, unless something is kept.
    """
    n_test, n_train = len(test.ids), len(train.ids)
    scores = np.zeros((n_test, n_train))
    size = block_size(gradients, n_test, len(states))
    rows_done, columns_done = 0, 0
    try:
        for rows, x, y in batches_of(test, size):
            columns_done = 0
            vectors = [state.vectors(state.weights, x, y) for state in states]
            for columns, x_train, y_train in batches_of(train, _train_batch(gradients, x)):
                for state, own in zip(states, vectors, strict=True):
                    products = gradients.dot(state.weights, x_train, y_train, own)
                    scores[rows, columns] += state.factor * products.double().cpu().numpy()
                    if state is states[-1]:  # before the steps are told of: telling may cancel
                        columns_done = columns.stop
                        rows_done = rows.stop if columns.stop == n_train else rows_done
                    steps.advance(len(x_train))
    except CancelledError as stopped:
        if rows_done == n_test:
            return Compared(scores, is_complete=True)
        if not keep_finished or not (rows_done or columns_done):
            raise (stopped.__cause__ or stopped) from None
        part = scores[:rows_done] if rows_done else scores[:size, :columns_done]
        return Compared(part, is_complete=False)
    return Compared(scores, is_complete=True)


def block_size(gradients: LossGradients, n_test: int, n_states: int) -> int:
    """Explained cases whose vectors, one for each state, fit into a third of the budget."""
    each = gradients.row_length * gradients.dtype.itemsize * n_states
    return max(1, min(n_test, gradients.memory // (3 * each)))


def n_steps_of(gradients: LossGradients, train: Samples, test: Samples, n_states: int) -> int:
    """Steps that `compare_gradients` takes, without those of making vectors."""
    blocks = -(-len(test.ids) // block_size(gradients, len(test.ids), n_states))
    return blocks * n_states * len(train.ids)


def factored_gradients(gradients: LossGradients, steps: Steps) -> MakeVectors:
    """The explained cases' own gradients, in factors where the model's layers allow it; one step a case."""
    plain = plain_gradients(gradients, steps)

    def make(weights: Weights, x: Tensor, y: Tensor | None) -> Tensor | Factors:
        factors = gradients.factors(weights, x, y)
        if factors is None:
            return plain(weights, x, y)
        steps.advance(len(x))
        return factors

    return make


def plain_gradients(gradients: LossGradients, steps: Steps) -> Callable[[Weights, Tensor, Tensor | None], Tensor]:
    """The explained cases' own gradients; one step a case."""

    def make(weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        size = max(1, gradients.rows_at_once(x))
        parts = []
        for start in range(0, len(x), size):
            some = slice(start, start + size)
            parts.append(gradients.rows(weights, x[some], None if y is None else y[some]))
            steps.advance(len(parts[-1]))
        return torch.cat(parts)

    return make


def _train_batch(gradients: LossGradients, x: Tensor) -> int:
    """Training cases read at once: their inputs take no more than a tenth of the budget."""
    return max(1, min(512, gradients.memory // (10 * max(1, x[0].numel() * x.element_size()))))
