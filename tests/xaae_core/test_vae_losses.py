"""The losses of VAEs: lfxai's to rounding where it is right, exact where the answer is known, and the laws between."""

import math
from collections import defaultdict

import pytest
import torch

from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.gaussian_densities import log_importance_weight_matrix
from xaae_core.vae_losses import (
    BetaHLoss,
    BtcvaeLoss,
    _get_log_pz_qz_prodzi_qzCx,
    _kl_normal_loss,
    _permute_dims,
    _reconstruction_loss,
    build_loss,
    get_loss_f,
    linear_annealing,
)

DISTRIBUTIONS = ("bernoulli", "gaussian", "laplace")
N_DATA = 50


@pytest.fixture(scope="module")
def theirs():
    return lfxai_module("losses")


def batch(dims=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x, x_hat = torch.rand(2, 6, 1, 8, 8, generator=generator)
    mu, logvar, z = torch.randn(3, 6, dims, generator=generator)
    return x, x_hat, (mu, logvar), z


X, X_HAT, DIST, Z = batch()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_reconstruction_is_lfxai_s(theirs, distribution):
    ours, storer = {}, defaultdict(list)
    loss = _reconstruction_loss(X, X_HAT, distribution, ours)
    torch.testing.assert_close(loss, theirs._reconstruction_loss(X, X_HAT, distribution, storer), rtol=1e-6, atol=0)
    assert ours["recon_loss"] == pytest.approx(storer["recon_loss"])


def test_the_divergence_is_lfxai_s(theirs):
    ours, storer = {}, defaultdict(list)
    loss = _kl_normal_loss(*DIST, ours)
    torch.testing.assert_close(loss, theirs._kl_normal_loss(*DIST, storer), rtol=1e-6, atol=0)
    assert ours.keys() == storer.keys()
    assert all(ours[name] == pytest.approx(storer[name]) for name in ours)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("anneal", [0, 10])
def test_beta_vae_s_loss_is_lfxai_s(theirs, distribution, anneal):
    settings = {"beta": 3.0, "rec_dist": distribution, "steps_anneal": anneal}
    ours, other = BetaHLoss(**settings), theirs.BetaHLoss(**settings)
    for is_train in (True, True, True, False):
        got, storer = {}, defaultdict(list)
        loss = ours(X, X_HAT, DIST, is_train, got)
        torch.testing.assert_close(loss, other(X, X_HAT, DIST, is_train, storer), rtol=1e-6, atol=0)
        assert got.keys() == storer.keys()
    assert str(ours) == str(other)
    assert ours.n_train_steps == 3


@pytest.mark.parametrize("anneal", [0, 10])
def test_beta_tcvae_s_loss_is_lfxai_s_where_q_z_does_not_count(theirs, anneal, monkeypatch):
    """With α = β the estimate of q(z) cancels; its weights are then all that is wrong, so they are put right."""
    monkeypatch.setattr(theirs, "log_importance_weight_matrix", log_importance_weight_matrix)
    settings = {"alpha": 2.0, "beta": 2.0, "gamma": 0.5, "steps_anneal": anneal}
    ours, other = BtcvaeLoss(N_DATA, **settings), theirs.BtcvaeLoss(N_DATA, **settings)
    for is_train in (True, True, False):
        got, storer = {}, defaultdict(list)
        loss = ours(X, X_HAT, DIST, is_train, got, latent_sample=Z)
        torch.testing.assert_close(loss, other(X, X_HAT, DIST, is_train, storer, latent_sample=Z), rtol=1e-6, atol=0)
        assert got.keys() == storer.keys()
    assert str(ours) == str(other)


def test_beta_tcvae_s_loss_is_lfxai_s_in_one_dimension_with_the_right_weights(theirs, monkeypatch):
    x, x_hat, dist, z = batch(dims=1)
    given = (x, x_hat, dist, True, None, z)
    ours, other = BtcvaeLoss(N_DATA, alpha=3.0)(*given), theirs.BtcvaeLoss(N_DATA, alpha=3.0)
    assert float(ours) != pytest.approx(float(other(*given)), rel=1e-4)
    monkeypatch.setattr(theirs, "log_importance_weight_matrix", log_importance_weight_matrix)
    torch.testing.assert_close(ours, other(*given), rtol=1e-6, atol=0)


def test_densities_are_lfxai_s_but_for_q_z(theirs, monkeypatch):
    monkeypatch.setattr(theirs, "log_importance_weight_matrix", log_importance_weight_matrix)
    ours = _get_log_pz_qz_prodzi_qzCx(Z, DIST, N_DATA)
    log_pz, _, log_prod_qzi, log_q_zCx = theirs._get_log_pz_qz_prodzi_qzCx(Z, DIST, N_DATA)
    for mine, other in ((ours.log_pz, log_pz), (ours.log_prod_qzi, log_prod_qzi), (ours.log_q_zCx, log_q_zCx)):
        torch.testing.assert_close(mine, other, rtol=1e-6, atol=1e-5)


def test_weighted_sampling_is_lfxai_s_with_the_constant_that_it_leaves_out(theirs):
    ours = _get_log_pz_qz_prodzi_qzCx(Z, DIST, N_DATA, is_mss=False)
    _, log_qz, log_prod_qzi, _ = theirs._get_log_pz_qz_prodzi_qzCx(Z, DIST, N_DATA, is_mss=False)
    constant = math.log(N_DATA * len(Z))
    torch.testing.assert_close(ours.log_qz, log_qz - constant, rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(ours.log_prod_qzi, log_prod_qzi - Z.shape[1] * constant, rtol=1e-6, atol=1e-5)


def test_the_three_parts_add_up_to_the_divergence_whatever_q_z_is():
    densities = _get_log_pz_qz_prodzi_qzCx(Z, DIST, N_DATA)
    total = (densities.log_q_zCx - densities.log_pz).mean()
    torch.testing.assert_close(sum(densities.decompose()), total)


def test_with_every_case_in_the_batch_and_many_samples_information_and_correlation_are_not_negative():
    generator = torch.Generator().manual_seed(0)
    mu = 2 * torch.randn(200, 2, generator=generator)
    mu[:, 1] = mu[:, 0]  # correlated
    logvar = torch.zeros(200, 2)
    z = mu + torch.randn(200, 2, generator=generator)
    parts = _get_log_pz_qz_prodzi_qzCx(z, (mu, logvar), 200).decompose()
    assert float(parts.mutual_information) > 0.5
    assert float(parts.total_correlation) > 0.2


def test_without_weights_on_the_latents_the_losses_are_the_reconstruction():
    reconstruction = _reconstruction_loss(X, X_HAT)
    assert torch.equal(BetaHLoss(beta=0)(X, X_HAT, DIST, True, None), reconstruction)
    free = BtcvaeLoss(N_DATA, alpha=0, beta=0, gamma=0)
    assert torch.equal(free(X, X_HAT, DIST, True, None, latent_sample=Z), reconstruction)


def test_both_terms_of_the_elbo_are_never_negative():
    assert all(float(_reconstruction_loss(X, X_HAT, name)) > 0 for name in DISTRIBUTIONS)
    assert all(float(_reconstruction_loss(X, X, name)) == 0 for name in ("gaussian", "laplace"))
    assert float(_kl_normal_loss(*DIST)) > 0
    assert float(_kl_normal_loss(torch.zeros(2, 3), torch.zeros(2, 3))) == 0


def test_annealing_goes_from_nothing_to_the_whole_weight_and_not_in_tests():
    loss = BetaHLoss(beta=2.0, steps_anneal=4)
    reconstruction, kl = _reconstruction_loss(X, X_HAT), _kl_normal_loss(*DIST)
    shares = [(loss(X, X_HAT, DIST, True, None) - reconstruction) / (2 * kl) for _ in range(6)]
    assert [float(share) for share in shares] == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1], rel=1e-4)
    early = BetaHLoss(beta=2.0, steps_anneal=4)
    torch.testing.assert_close(early(X, X_HAT, DIST, False, None), reconstruction + 2 * kl)
    assert early.n_train_steps == 0


@pytest.mark.parametrize(("step", "steps"), [(0, 0), (0, 5), (2, 5), (5, 5), (9, 5)])
def test_linear_annealing_is_lfxai_s(theirs, step, steps):
    assert linear_annealing(0.5, 2, step, steps) == pytest.approx(theirs.linear_annealing(0.5, 2, step, steps))


def test_every_so_many_training_steps_are_recorded():
    for every, expected in ((1, 5), (2, 3), (50, 1)):
        loss, storer = BetaHLoss(record_loss_every=every), {}
        for _ in range(5):
            loss(X, X_HAT, DIST, True, storer)
        assert len(storer["loss"]) == expected


def test_dimensions_are_shuffled_each_on_its_own():
    z = torch.arange(300.0).view(100, 3)
    shuffled = _permute_dims(z, generator=torch.Generator().manual_seed(0))
    assert torch.equal(shuffled.sort(dim=0).values, z)
    assert not torch.equal(shuffled[:, 0] + 1, shuffled[:, 1])
    assert torch.equal(z, torch.arange(300.0).view(100, 3))
    assert torch.equal(shuffled, _permute_dims(z, generator=torch.Generator().manual_seed(0)))


PARSED = {
    "rec_dist": "laplace",
    "reg_anneal": 7,
    "betaH_B": 2.5,
    "n_data": 9,
    "btcvae_A": 1.5,
    "btcvae_B": 3.0,
    "btcvae_G": 0.5,
}


@pytest.mark.parametrize("name", ["betaH", "btcvae"])
def test_the_loss_of_a_name_is_lfxai_s(theirs, name):
    ours, other = get_loss_f(name, **PARSED), theirs.get_loss_f(name, **PARSED)
    assert vars(ours) == vars(other)
    again = build_loss(ours.arguments)
    assert type(again) is type(ours)
    assert vars(again) == vars(ours)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: get_loss_f("factor", **PARSED), '"factor"'),
        (lambda: get_loss_f("btcvae", rec_dist="laplace", reg_anneal=0, n_data=3), "btcvae_A"),
        (lambda: build_loss({"name": "betaH", "gamma": 1}), "gamma"),
        (lambda: build_loss({"name": "none"}), "none"),
        (lambda: BetaHLoss(rec_dist="cauchy"), "cauchy"),
        (lambda: BetaHLoss(steps_anneal=-1), "-1"),
        (lambda: _reconstruction_loss(X, X_HAT, "cauchy"), "cauchy"),
        (lambda: _reconstruction_loss(2 * X, X_HAT), r"\[0, 1\]"),
        (lambda: _reconstruction_loss(X, X_HAT[:1]), "shape"),
        (lambda: BtcvaeLoss(N_DATA)(X, X_HAT, DIST, True, None), "latent_sample"),
        (lambda: BtcvaeLoss(3)(X, X_HAT, DIST, True, None, Z), "batch of 6"),
    ],
)
def test_what_cannot_be_computed_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
