"""How long gradients of many cases will take, measured on a few before anything is started."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn

from analysis.examples.curvature import Hessian
from analysis.examples.gradient_comparison import block_size
from analysis.examples.influence import InfluenceMode, TruncatedSeries, n_pairs_of
from analysis.examples.loss_gradients import MEMORY
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.projected_gradients import gradients_for
from analysis.examples.sample_losses import SampleLoss
from analysis.examples.samples import Samples, samples_of

_PROBED = 8
_PRODUCTS_A_CASE = 12
"""Hessian products that an explained case takes once eigenpairs are known; measured: 2 to 20."""


@dataclass(frozen=True)
class TimeEstimate:
    """What a computation will take.

    Attributes:
        seconds: in all, give or take a factor of two.
        n_parameters: whose gradients.
        parameters: the part of the model that was chosen.
    """

    seconds: float
    n_parameters: int
    parameters: str

    def sentence(self) -> str:
        """It, in words."""
        rounded = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.0f} min"
        return f"about {rounded} with gradients of {self.n_parameters:,} parameters ({self.parameters})"


def estimate_seconds(
    model: nn.Module,
    train: Samples,
    test: Samples,
    *,
    loss: SampleLoss,
    mode: InfluenceMode | None = None,
    n_checkpoints: int = 1,
    parameters: ParameterChoice = "auto",
    memory: int = MEMORY,
) -> TimeEstimate:
    """Time a few cases and reckon what all will take.

    Args:
        model: left as it is.
        train: the training cases; the first 8 are read.
        test: the explained cases; the first is read.
        loss: of each case.
        mode: of influence; None for TracIn.
        n_checkpoints: of TracIn.
        parameters: as in `trace_training` and `measure_influence`.
        memory: as there.

    Raises:
        ExamplesError: as the method itself.
    """
    gradients = gradients_for(model, loss, parameters=parameters, memory=memory)
    weights = gradients.weights()
    n_train, n_test = len(train.ids), len(test.ids)
    n_states = 1 if mode is not None else max(1, n_checkpoints)
    block = block_size(gradients, n_test, n_states)
    x, y = train.take(0, min(_PROBED, n_train))
    own = gradients.rows(weights, *test.take(0, 1))  # the first call of all is slow: it does not count
    factors = gradients.factors(weights, x, y) if mode is None else None
    vectors = own.expand(block, -1) if factors is None else factors
    started = time.perf_counter()
    gradients.dot(weights, x, y, vectors)
    a_case = (time.perf_counter() - started) / len(x)
    seconds = n_states * a_case * (n_test + n_train * -(-n_test // block))
    if mode is not None and parameters == "projected":
        seconds += a_case * n_train + _a_factorisation(gradients.row_length)
    elif mode is not None:
        products = _n_products(mode, n_pairs_of(gradients, n_test), n_test)
        seconds += products * n_train * _a_product(Hessian(gradients, weights, samples_of(x, y)), own) / len(x)
    return TimeEstimate(seconds, gradients.n_parameters, gradients.choice)


def _a_factorisation(length: int) -> float:
    """Seconds of the Cholesky factor of a matrix [k, k], from one of an eighth as many rows."""
    few = max(1, length // 8)
    matrix = torch.eye(few, dtype=torch.float64)
    torch.linalg.cholesky(matrix)
    started = time.perf_counter()
    torch.linalg.cholesky(matrix)
    return (time.perf_counter() - started) * 8**3


def _n_products(mode: InfluenceMode, n_pairs: int, n_test: int) -> int:
    if isinstance(mode, TruncatedSeries) and (mode.is_exact or n_pairs < 2):
        return mode.depth * n_test
    return n_pairs + _PRODUCTS_A_CASE * n_test


def _a_product(hessian: Hessian, vector: torch.Tensor) -> float:
    """Seconds of one product; the graph is built in an earlier one, as it is when all are computed."""
    hessian(vector)
    started = time.perf_counter()
    hessian(vector)
    return time.perf_counter() - started
