"""Densities against torch.distributions, and the estimate of q(z) against its exact value."""

import itertools
import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.gaussian_densities import (
    draw_gaussian,
    kl_to_standard_normal,
    log_density_gaussian,
    log_importance_weight_matrix,
    matrix_log_density_gaussian,
)
from xaae_core.vae_terms import _get_log_pz_qz_prodzi_qzCx


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


MU, LOGVAR, Z = numbers(5, 3), numbers(5, 3, seed=1), numbers(5, 3, seed=2)


def test_the_density_is_torch_s():
    gaussian = Normal(MU, torch.exp(0.5 * LOGVAR))
    torch.testing.assert_close(log_density_gaussian(Z, MU, LOGVAR), gaussian.log_prob(Z))


def test_all_pairs_are_the_single_densities():
    pairs = matrix_log_density_gaussian(Z, MU, LOGVAR)
    for i, j in itertools.product(range(5), repeat=2):
        torch.testing.assert_close(pairs[i, j], log_density_gaussian(Z[i], MU[j], LOGVAR[j]))


def test_the_divergence_is_torch_s_and_never_negative():
    kl = kl_to_standard_normal(MU, LOGVAR)
    torch.testing.assert_close(kl, kl_divergence(Normal(MU, torch.exp(0.5 * LOGVAR)), Normal(0.0, 1.0)))
    assert bool((kl > 0).all())
    assert float(kl_to_standard_normal(torch.zeros(1), torch.zeros(1))) == 0


def test_draws_have_the_mean_and_the_spread_and_their_gradients():
    mu, logvar = torch.tensor([2.0], requires_grad=True), torch.tensor([math.log(9.0)], requires_grad=True)
    draws = draw_gaussian(mu.expand(20_000), logvar.expand(20_000), generator=torch.Generator().manual_seed(0))
    assert draws.mean().item() == pytest.approx(2, abs=0.1)
    assert draws.std().item() == pytest.approx(3, abs=0.1)
    draws.mean().backward()
    assert float(mu.grad) == pytest.approx(1)
    again = draw_gaussian(mu.expand(20_000), logvar.expand(20_000), generator=torch.Generator().manual_seed(0))
    assert torch.equal(draws, again)


@pytest.mark.parametrize(("batch", "data"), [(1, 1), (1, 9), (2, 2), (2, 9), (5, 5), (6, 60_000)])
def test_the_weights_are_on_the_diagonal_and_add_up(batch, data):
    weights = log_importance_weight_matrix(batch, data).exp().double()
    torch.testing.assert_close(weights.diagonal(), torch.full((batch,), 1 / data, dtype=torch.float64))
    if batch > 1:
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(batch, dtype=torch.float64))


@pytest.mark.parametrize(("batch", "data"), [(0, 5), (6, 5)])
def test_a_batch_larger_than_its_data_is_refused(batch, data):
    with pytest.raises(ValueError, match=f"batch of {batch}"):
        log_importance_weight_matrix(batch, data)


def mean_estimate(weights, density, row):
    """Mean over all batches of 3 out of 5 cases of the estimated density of a z of case 0, which is at `row`."""
    estimates = []
    for others in itertools.permutations(range(1, 5), 2):
        cases = list(others)
        cases.insert(row, 0)
        estimates.append((weights[row] * density[cases]).sum())
    return torch.stack(estimates).mean()


@pytest.mark.parametrize("row", [0, 1, 2])
def test_bug_8_our_estimate_of_q_z_has_no_bias_and_lfxai_s_has(row):
    density = log_density_gaussian(Z[:1], MU, LOGVAR).sum(dim=1).exp()  # of one z under each of 5 encodings
    exact = density.mean()
    ours = log_importance_weight_matrix(3, 5).exp().double()
    torch.testing.assert_close(mean_estimate(ours, density, row), exact)
    lfxai_module("losses")
    from lfxai.utils.math import log_importance_weight_matrix as their_matrix

    theirs = mean_estimate(their_matrix(3, 5).exp().double(), density, row)
    assert (abs(float(theirs / exact) - 1) < 1e-6) == (row == 0)


def test_weights_count_once_in_log_q_z_and_not_once_per_dimension_as_lfxai_s(monkeypatch):
    """With all five cases in the batch, and all encodings alike, q(z) is q(z|x) whatever the weights are."""
    losses = lfxai_module("losses")
    mu, logvar = MU[:1].expand(5, 3), LOGVAR[:1].expand(5, 3)
    exact = log_density_gaussian(Z, mu, logvar).sum(dim=1)
    ours = _get_log_pz_qz_prodzi_qzCx(Z, (mu, logvar), 5)
    torch.testing.assert_close(ours.log_qz, exact)
    torch.testing.assert_close(ours.log_prod_qzi, exact)
    monkeypatch.setattr(losses, "log_importance_weight_matrix", log_importance_weight_matrix)  # without bug 8
    _, log_qz, log_prod_qzi, _ = losses._get_log_pz_qz_prodzi_qzCx(Z, (mu, logvar), 5)
    torch.testing.assert_close(log_prod_qzi, exact, rtol=1e-6, atol=1e-6)
    assert float((log_qz - exact).abs().min()) > 2
