"""The Hessian of a mean loss, as products with vectors, and functions of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.examples.loss_gradients import LossGradients
from analysis.examples.loss_weights import Weights
from analysis.examples.model_twin import differentiating
from analysis.examples.samples import Samples, batches_of

Spectral = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""A function of eigenvalues."""
_CONVERGED = 1e-4
_BREAKDOWN = 1e-7


class Hessian:
    """H·v of the mean loss over some cases, with respect to the chosen parameters.

    The graph of the gradient is built once and kept where it fits into the memory budget, else built anew each time.

    Args:
        gradients: of the model.
        weights: its state.
        cases: whose mean loss is curved.
        counts: how often each case counts [N]; once if None.
        poll: called before each product; may raise to cancel.
    """

    def __init__(
        self,
        gradients: LossGradients,
        weights: Weights,
        cases: Samples,
        *,
        counts: NDArray[Any] | None = None,
        poll: Callable[[], None] | None = None,
    ) -> None:
        self._gradients, self._weights, self._cases, self._poll = gradients, weights, cases, poll
        shares = np.ones(len(cases.ids)) if counts is None else np.asarray(counts, np.float64)
        self._shares = torch.as_tensor(shares / shares.sum(), dtype=gradients.dtype, device=gradients.device)
        first, _ = cases.take(0, 1)
        self._batch = gradients.graph_cases(first)
        self._kept: tuple[Tensor, Tensor] | None = None
        self.n_products = 0

    @property
    def size(self) -> int:
        """Rows of H."""
        return self._gradients.n_parameters

    @property
    def theta(self) -> Tensor:
        """The parameters [P] that H is with respect to."""
        return self._weights.theta

    def __call__(self, vectors: Tensor) -> Tensor:
        """H·v [R, P] of vectors [R, P]."""
        self.n_products += len(vectors)
        if len(self._cases.ids) <= self._batch:
            if self._kept is None:
                self._kept = self._gradient(slice(0, len(self._cases.ids)))
            return self._products(*self._kept, vectors)
        total = torch.zeros_like(vectors)
        for rows, _, _ in batches_of(self._cases, self._batch):
            total += self._products(*self._gradient(rows), vectors)
        return total

    def _gradient(self, rows: slice) -> tuple[Tensor, Tensor]:
        x, y = self._cases.take(rows.start, rows.stop)
        x, y = x.to(self._gradients.device), None if y is None else y.to(self._gradients.device)
        with differentiating():
            theta = self._weights.theta.clone().requires_grad_()
            loss = self._gradients.losses(self._weights, theta, x, y) @ self._shares[rows]
            (gradient,) = torch.autograd.grad(loss, theta, create_graph=True)
        return theta, gradient

    def _products(self, theta: Tensor, gradient: Tensor, vectors: Tensor) -> Tensor:
        made = []
        for vector in vectors:
            if self._poll is not None:
                self._poll()
            if not gradient.requires_grad:  # a loss without curvature
                made.append(torch.zeros_like(vector))
                continue
            with differentiating():
                (product,) = torch.autograd.grad(gradient, theta, vector, retain_graph=True, allow_unused=True)
            made.append(torch.zeros_like(vector) if product is None else product)
        return torch.stack(made)


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Some eigenpairs of a symmetric matrix, and the ends of its spectrum as far as they were seen.

    Attributes:
        values: eigenvalues [K] that have converged.
        vectors: their vectors [K, P], orthonormal.
        lowest: smallest Ritz value.
        highest: largest.
    """

    values: NDArray[np.float64]
    vectors: Tensor
    lowest: float
    highest: float


def find_eigenpairs(hessian: Hessian, *, n_steps: int, seed: int = 0) -> Eigenpairs:
    """The eigenpairs at the ends of the spectrum, by a Lanczos run from a random vector.

    Args:
        hessian: the matrix.
        n_steps: products with it; memory is so many vectors.
        seed: of the first vector.

    Source: Lanczos 1950, with full reorthogonalisation.
    """
    generator = torch.Generator().manual_seed(seed)
    reference = hessian.theta
    start = torch.randn(1, hessian.size, generator=generator).to(reference)
    run = _Lanczos(hessian, start)
    for _ in range(min(n_steps, hessian.size)):
        if not run.extend():
            break
    values, ritz = np.linalg.eigh(run.tridiagonal()[0])
    errors = np.abs(run.next_beta[0] * ritz[-1])
    good = errors <= _CONVERGED * np.abs(values).max(initial=1e-300)
    vectors = run.combine(ritz.T[good])  # [K, P]
    return Eigenpairs(values[good], vectors, float(values[0]), float(values[-1]))


@dataclass(frozen=True, eq=False)
class Applied:
    """A function of a matrix, times vectors.

    Attributes:
        vectors: f(H)·g [R, P].
        change: largest relative change that the last step brought: what is still missing is of its size.
        n_steps: products a vector.
    """

    vectors: Tensor
    change: float
    n_steps: int


def apply_function(
    hessian: Hessian, function: Spectral, vectors: Tensor, *, pairs: Eigenpairs, tolerance: float, most_steps: int
) -> Applied:
    """f(H)·g of vectors [R, P]: known eigenpairs exactly, the rest by Lanczos from each vector.

    Source: Saad 1992, Krylov approximation of matrix functions; deflation as in Stathopoulos & Orginos 2010.
    """
    known = vectors @ pairs.vectors.T  # [R, K]
    inside = (known * torch.as_tensor(function(pairs.values)).to(vectors)) @ pairs.vectors
    rest = vectors - known @ pairs.vectors
    rest = rest - (rest @ pairs.vectors.T) @ pairs.vectors
    run = _Lanczos(hessian, rest, away_from=pairs.vectors)
    scale = vectors.double().norm(dim=1).cpu().numpy().clip(1e-300)
    coefficients, change, steps = np.zeros((len(vectors), 0)), np.inf, 0
    while steps < most_steps and change > tolerance:
        grows = run.extend()
        steps += 1
        latest = run.coefficients(function)  # [R, steps]
        longer = np.pad(coefficients, ((0, 0), (0, 1)))
        whole = np.hypot(np.linalg.norm(latest, axis=1), inside.double().norm(dim=1).cpu().numpy())
        change = float((np.linalg.norm(latest - longer, axis=1) / np.maximum(whole, 1e-30 * scale)).max())
        coefficients = latest
        if not grows:
            change = 0.0
    return Applied(inside + run.combine(coefficients), change, steps)


class _Lanczos:
    """Krylov bases of several vectors [R, P], grown together."""

    def __init__(self, hessian: Hessian, start: Tensor, *, away_from: Tensor | None = None) -> None:
        self._hessian, self._away = hessian, away_from
        self._norms = start.double().norm(dim=1).cpu().numpy()
        divisor = torch.as_tensor(np.where(self._norms > 0, self._norms, 1.0)).to(start)
        self._basis = [start / divisor[:, None]]
        self._alpha: list[NDArray[np.float64]] = []
        self._beta: list[NDArray[np.float64]] = []

    @property
    def next_beta(self) -> NDArray[np.float64]:
        """How much of the last product lies outside the basis [R]."""
        return self._beta[-1]

    def combine(self, coefficients: NDArray[np.float64]) -> Tensor:
        """Σ over steps of coefficients [R, steps] · basis [R, P], without another copy of the basis."""
        factors = torch.as_tensor(coefficients).to(self._basis[0])
        total = torch.zeros(len(factors), self._basis[0].shape[1], dtype=factors.dtype, device=factors.device)
        for step, vectors in enumerate(self._basis[: len(self._alpha)]):
            total.addcmul_(factors[:, step : step + 1], vectors.expand(len(factors), -1))
        return total

    def extend(self) -> bool:
        """One step; whether there is more to find."""
        last = self._basis[-1]
        product = self._hessian(last)
        self._alpha.append((product * last).sum(dim=1).double().cpu().numpy())
        for _ in range(2):  # twice is enough
            for vector in self._basis:
                product = product - (product * vector).sum(dim=1, keepdim=True) * vector
            if self._away is not None and len(self._away):
                product = product - (product @ self._away.T) @ self._away
        beta = product.double().norm(dim=1).cpu().numpy()
        size = np.abs(np.stack(self._alpha)).max(axis=0) + (np.stack(self._beta).max(axis=0) if self._beta else 0)
        ended = beta <= _BREAKDOWN * np.maximum(size, 1e-300)
        beta = np.where(ended, 0.0, beta)
        self._beta.append(beta)
        divisor = torch.as_tensor(np.where(ended, 1.0, beta)).to(product)
        keep = torch.as_tensor(~ended).to(product)
        self._basis.append(product / divisor[:, None] * keep[:, None])
        return not bool(ended.all())

    def tridiagonal(self) -> NDArray[np.float64]:
        """The matrix in each basis [R, steps, steps]."""
        alpha, beta = np.stack(self._alpha, axis=1), np.stack(self._beta, axis=1)[:, :-1]
        n = alpha.shape[1]
        matrix = np.zeros((len(alpha), n, n))
        index = np.arange(n)
        matrix[:, index, index] = alpha
        matrix[:, index[1:], index[:-1]] = matrix[:, index[:-1], index[1:]] = beta
        return matrix

    def coefficients(self, function: Spectral) -> NDArray[np.float64]:
        """f(H)·g in the basis [R, steps]."""
        values, vectors = np.linalg.eigh(self.tridiagonal())
        return self._norms[:, None] * np.einsum("rik,rk,rk->ri", vectors, function(values), vectors[:, 0, :])
