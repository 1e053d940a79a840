"""SimplEx: weights on the simplex, lfxai's own path, exact recovery, and the declared fast estimator."""

import numpy as np
import pytest
import torch
from torch import Tensor

from analysis.examples.simplex import fit_max_entropy, fit_simplex


def cloud(n: int, dims: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(n, dims, generator=torch.Generator().manual_seed(seed))


def adam_path(h: Tensor, corpus: Tensor, n_epoch: int, learning_rate: float) -> Tensor:
    """The same written plainly: torch's Adam on softmax(P)·H."""
    p = torch.zeros(len(h), len(corpus), requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=learning_rate)
    for _ in range(n_epoch):
        optimizer.zero_grad()
        (p.softmax(dim=1) @ corpus - h).square().sum().backward()
        optimizer.step()
    return p.softmax(dim=1).detach()


@pytest.mark.parametrize("learning_rate", [1e-3, 0.05])
def test_the_path_is_torch_s_adam(learning_rate: float):
    h, corpus = cloud(7), cloud(30, seed=1)
    found = fit_simplex(h, corpus, n_epoch=300, learning_rate=learning_rate)
    torch.testing.assert_close(found, adam_path(h, corpus, 300, learning_rate), rtol=1e-4, atol=2e-7)


@pytest.mark.parametrize("fit", [fit_simplex, fit_max_entropy])
def test_every_row_is_on_the_simplex_and_stands_alone(fit):
    h, corpus = cloud(103), cloud(30, seed=1)
    found = fit(h, corpus)
    assert found.shape == (103, 30)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(103))
    assert float(found.min()) >= 0
    torch.testing.assert_close(found[102:], fit(h[102:], corpus), rtol=1e-4, atol=1e-6)


def test_a_training_case_is_found_again_exactly():
    corpus = cloud(12, dims=12) * 3  # each is a corner: no mixture of the others
    found = fit_simplex(corpus, corpus, n_epoch=3000, learning_rate=0.05)
    torch.testing.assert_close(found, torch.eye(12), rtol=0, atol=0.02)
    exact = fit_max_entropy(corpus, corpus, mu=1e-3)
    torch.testing.assert_close(exact, torch.eye(12), rtol=0, atol=0.01)


@pytest.mark.parametrize("mu", [0.01, 1.0, 30.0])
def test_max_entropy_is_at_its_minimum(mu: float):
    """Its weights' logarithms are H(h − wH)/μ up to a constant, which is what no gradient left means."""
    h, corpus = cloud(5).double() * 4, cloud(25, seed=1).double() * 4
    w = fit_max_entropy(h, corpus, mu=mu)
    slope = (h - w @ corpus) @ corpus.T / mu
    difference = w.clamp_min(1e-300).log() - slope
    inside = w > 1e-12
    for row in range(5):
        kept = difference[row][inside[row]]
        assert float(kept.max() - kept.min()) < 1e-4 * max(1.0, float(slope.abs().max()))


def test_more_entropy_draws_towards_the_mean_and_a_shift_changes_nothing():
    h, corpus = cloud(4), cloud(20, seed=1)
    entropy = [
        float(-(w * w.clamp_min(1e-30).log()).sum())
        for mu in (0.05, 1, 50)
        for w in [fit_max_entropy(h, corpus, mu=mu)]
    ]
    assert entropy == sorted(entropy)
    np.testing.assert_allclose(fit_max_entropy(h, corpus, mu=1e6), np.full((4, 20), 1 / 20), atol=1e-4)
    torch.testing.assert_close(fit_max_entropy(h + 100, corpus + 100), fit_max_entropy(h, corpus), rtol=1e-3, atol=1e-5)
    with pytest.raises(ValueError, match="mu is 0"):
        fit_max_entropy(h, corpus, mu=0)


def test_progress_tells_rows_and_may_cancel():
    said: list[tuple[int, int]] = []
    fit_simplex(cloud(150), cloud(5, seed=1), n_epoch=2, progress=lambda done, n: said.append((done, n)))
    assert said == [(100, 150), (150, 150)]
