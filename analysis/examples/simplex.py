"""SimplEx: a case's representation as a mixture of training cases' representations."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from analysis.examples.steps import Progress, Steps

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8
_ROWS = 100
"""Rows taken together: what they need stays in the processor's cache."""


def fit_simplex(
    h_test: Tensor,
    h_train: Tensor,
    *,
    n_epoch: int = 1000,
    learning_rate: float = 1e-3,
    progress: Progress | None = None,
) -> Tensor:
    """Weights [N_test, N_train] on the simplex along lfxai's path: Adam from equal weights, stopped after `n_epoch`.

    Minimises ‖softmax(P)·H − h‖² from P = 0. The path is stopped long before its minimum, and that is what makes it
    a good explanation: the minimum itself has few weights that are not zero. Rows do not depend on each other, so all
    are fitted at once, with the gradient written out.

    Args:
        h_test: representations of the explained cases [N_test, D].
        h_train: of the training cases [N_train, D].
        n_epoch: steps of Adam.
        learning_rate: of Adam.
        progress: called with (done, all) rows; an exception it raises cancels.

    Source: Crabbé et al. 2021, "Explaining latent representations with a corpus of examples".
    """
    steps = Steps(progress, len(h_test))
    weights = torch.empty(len(h_test), len(h_train), dtype=h_train.dtype, device=h_train.device)
    with torch.inference_mode():
        for start in range(0, len(h_test), _ROWS):
            rows = slice(start, start + _ROWS)
            weights[rows] = _fit_rows(h_test[rows], h_train, n_epoch, learning_rate)
            steps.advance(len(weights[rows]))
    return weights


def fit_max_entropy(
    h_test: Tensor,
    h_train: Tensor,
    *,
    mu: float = 1.0,
    tolerance: float = 1e-8,
    most_steps: int = 100,
) -> Tensor:
    """Weights [N_test, N_train] of another, declared estimator: ½‖wH − h‖² + μ Σ w log w, at its one minimum.

    Solved in its dual, w = softmax(Hν), over D numbers a row by Newton's method: some hundred times faster than
    `fit_simplex`, and not the same weights. Choose μ on a separate split: towards 0 the mixture becomes exact and
    uses few cases, with a large μ it becomes the mean of all.

    Args:
        h_test: representations of the explained cases [N_test, D].
        h_train: of the training cases [N_train, D].
        mu: weight of the entropy, in squared units of the representation.
        tolerance: length of the dual's gradient, relative to the spread of H, at which a row has converged.
        most_steps: of Newton's method.

    Raises:
        ValueError: μ not above 0.
    """
    if not mu > 0:
        raise ValueError(f"mu is {mu}; expected a number above 0")
    corpus, wanted = h_train.double(), h_test.double()
    centre = corpus.mean(dim=0)
    corpus, wanted = corpus - centre, wanted - centre  # a shift of H moves nothing but the numbers' size
    nu = torch.zeros_like(wanted)
    limit = tolerance * float(corpus.square().sum(dim=1).mean().sqrt().clamp_min(1e-300))
    eye = torch.eye(corpus.shape[1], dtype=torch.float64, device=corpus.device)
    with torch.inference_mode():
        for _ in range(most_steps):
            w = torch.softmax(nu @ corpus.T, dim=1)
            mean = w @ corpus
            gradient = mean - wanted + mu * nu
            if float(gradient.norm(dim=1).max()) <= limit:
                break
            spread = torch.stack([(row[:, None] * corpus).T @ corpus for row in w])  # [T, D, D]
            curvature = spread - mean[:, :, None] * mean[:, None, :] + mu * eye
            step = torch.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
            nu = nu - _step_length(nu, step, gradient, corpus, wanted, mu)[:, None] * step
        return torch.softmax(nu @ corpus.T, dim=1).to(h_train.dtype)


def _fit_rows(h: Tensor, corpus: Tensor, n_epoch: int, learning_rate: float) -> Tensor:
    """Adam on softmax(P)·H, in place; the bias corrections are folded into the step."""
    beta1, beta2 = _BETAS
    p = torch.zeros(len(h), len(corpus), dtype=corpus.dtype, device=corpus.device)
    first, second = torch.zeros_like(p), torch.zeros_like(p)
    gradient, scratch, w = torch.empty_like(p), torch.empty_like(p), torch.empty_like(p)
    transposed = corpus.T.contiguous()
    for epoch in range(1, n_epoch + 1):
        torch.softmax(p, dim=1, out=w)
        residual = torch.addmm(h, w, corpus, beta=-1).mul_(2)  # [T, D]
        torch.mm(residual, transposed, out=gradient)
        torch.mul(gradient, w, out=scratch)
        gradient.sub_(scratch.sum(dim=1, keepdim=True)).mul_(w)
        first.lerp_(gradient, 1 - beta1)
        second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        root = math.sqrt(1 - beta2**epoch)
        torch.sqrt(second, out=scratch).add_(_EPSILON * root)
        p.addcdiv_(first, scratch, value=-learning_rate * root / (1 - beta1**epoch))
    return torch.softmax(p, dim=1)


def _step_length(nu: Tensor, step: Tensor, gradient: Tensor, corpus: Tensor, wanted: Tensor, mu: float) -> Tensor:
    """The first of 1, ½, ¼ … that lowers each row's dual enough [T]."""

    def dual(at: Tensor) -> Tensor:
        return torch.logsumexp(at @ corpus.T, dim=1) - (at * wanted).sum(dim=1) + mu / 2 * at.square().sum(dim=1)

    length = torch.ones(len(nu), dtype=nu.dtype, device=nu.device)
    now, gain = dual(nu), (gradient * step).sum(dim=1)
    for _ in range(40):
        short = dual(nu - length[:, None] * step) > now - 1e-4 * length * gain + 1e-12 * (1 + now.abs())
        if not bool(short.any()):
            break
        length = torch.where(short, length / 2, length)
    return length
