"""Influence by the damped inverse of projected gradients, for models too large for products with their Hessian."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from analysis.examples.gradient_comparison import MakeVectors, State, compare_gradients, n_steps_of
from analysis.examples.gradient_sketch import DEFAULT_LENGTH
from analysis.examples.importance import ExampleImportance
from analysis.examples.loss_gradients import MEMORY
from analysis.examples.loss_weights import Weights
from analysis.examples.projected_gradients import ProjectedGradients
from analysis.examples.sample_losses import SampleLoss
from analysis.examples.samples import Samples, batches_of
from analysis.examples.steps import Progress, Steps

_SHARE = 0.1


def measure_projected_influence(
    model: nn.Module,
    train: Samples,
    test: Samples,
    *,
    loss: SampleLoss,
    damping: float | None = None,
    curvature_cases: Samples | None = None,
    length: int | None = None,
    n_train: int | None = None,
    memory: int = MEMORY,
    seed: int = 0,
    progress: Progress | None = None,
    keep_finished: bool = False,
    device: torch.device | str | None = None,
) -> ExampleImportance:
    """φ(explained case)·(F + λI)⁻¹·φ(training case) / N, of projected gradients φ [k] and F the mean of their φφᵀ.

    F stands for the curvature: it is that of the loss where the model fits its cases and the loss is a log-likelihood
    (the empirical Fisher matrix), else an approximation, so these are not `measure_influence`'s numbers; they order
    training cases much as those do.

    Args:
        model: left as it is.
        train: the training cases; read twice.
        test: the explained cases.
        loss: of each case.
        damping: λ; a tenth of F's mean eigenvalue other than 0 if None.
        curvature_cases: that F is the mean over; the training cases if None.
        length: k; 4,096, or what the memory budget allows for F, if None.
        n_train: N; the number of training cases if None.
        memory: bytes that gradients may take at once.
        seed: of the projection.
        progress: called with (done, all); an exception it raises cancels.
        keep_finished: when cancelled, return what is finished, if anything is.
        device: where to compute; where the model is if None.

    Raises:
        ExamplesError: a loss that this model or these cases do not have.
        ValueError: a damping that is not above 0.

    Source: Park et al. 2023, "TRAK: Attributing model behavior at scale"; damping as Grosse et al. 2023, section 3.1.
    """
    if damping is not None and not damping > 0:
        raise ValueError(f"damping is {damping}; expected a number above 0")
    k = length_within(memory) if length is None else length
    gradients = ProjectedGradients(model, loss, device=device, memory=memory, length=k, seed=seed)
    weights = gradients.weights()
    cases = train if curvature_cases is None else curvature_cases
    steps = Steps(progress, n_steps_of(gradients, train, test, 1) + len(test.ids) + len(cases.ids))
    solver = _Solver(gradients, cases, steps, damping)
    state = State(weights, 1 / (n_train or len(train.ids)), solver.vectors)
    compared = compare_gradients(gradients, [state], train, test, steps=steps, keep_finished=keep_finished)
    settings: dict[str, float | int | str] = {
        "loss": loss.name,
        "damping": solver.damping,
        "projected_to": k,
        "parameters": gradients.choice,
        "n_parameters": gradients.n_parameters,
    }
    notes = (*gradients.notes, f"damping {solver.damping:.3g}; the curvature is that of projected gradients (Fisher)")
    return compared.to_importance(train, test, "influence (projected gradients)", settings, notes)


def length_within(memory: int) -> int:
    """k: 4,096, or less where F and its factor [k, k] in double precision would take over a third of the budget."""
    return max(1, min(DEFAULT_LENGTH, math.isqrt(memory // (3 * 2 * 8))))


class _Solver:
    """(F + λI)⁻¹·φ of explained cases; F is made of the training cases once."""

    def __init__(self, gradients: ProjectedGradients, cases: Samples, steps: Steps, damping: float | None) -> None:
        self._gradients, self._cases, self._steps = gradients, cases, steps
        self.damping = 0.0 if damping is None else damping
        self._factor: Tensor | None = None

    @property
    def vectors(self) -> MakeVectors:
        """For `compare_gradients`."""
        return self._solved

    def _solved(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        if self._factor is None:
            self._factor = self._factored(weights)
        own = self._gradients.rows(weights, x, y)
        self._steps.advance(len(x))
        return torch.cholesky_solve(own.double().T, self._factor).T.to(own.dtype)

    def _factored(self, weights: Weights) -> Tensor:
        """Cholesky factor of F + λI [k, k]."""
        gradients, n = self._gradients, len(self._cases.ids)
        total = torch.zeros(gradients.row_length, gradients.row_length, dtype=torch.float64, device=gradients.device)
        for _, x, y in batches_of(self._cases, 64):
            rows = gradients.rows(weights, x, y).double()
            total.addmm_(rows.T, rows, alpha=1 / n)
            self._steps.advance(len(x))
        if not self.damping:
            mean = float(total.diagonal().sum()) / min(n, gradients.row_length, gradients.n_parameters)
            self.damping = max(_SHARE * mean, 1e-30)
        total.diagonal().add_(self.damping)
        factor: Tensor = torch.linalg.cholesky(total)
        return factor
