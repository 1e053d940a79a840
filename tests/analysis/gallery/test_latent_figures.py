"""Figures of models whose answers are known: a linear-Gaussian VAE, a collapsed dimension, exact densities."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from analysis.gallery.latent_figures import encode_cases, measure_latents
from analysis.gallery.likelihoods import likelihood_of
from analysis.gallery.linear_probe import probe_classes
from xaae_core.models.catalogue import build_catalogued
from xaae_core.models.pyautoencoder_names import AE, VAE

SIZE = (1, 2, 3)
N_VALUES = 6


class Affine(nn.Module):
    """x [B, …] → the values of x, or back; fixed weights."""

    def __init__(self, weight, offset, shape):
        super().__init__()
        self.weight, self.offset, self.shape = nn.Parameter(weight), nn.Parameter(offset), shape

    def forward(self, x):
        return (x.flatten(1) @ self.weight.T + self.offset).reshape(-1, *self.shape)


def linear_gaussian(n_dims=2, dead=False):
    """p(x|z) = N(Wz + b, I), p(z) = N(0, I), with the exact p(z|x) for q: its ELBO is the evidence.

    With `dead`, the last dimension is drawn by nothing, so that its exact posterior is the prior.
    """
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(N_VALUES, n_dims, generator=generator).double()
    weight = torch.linalg.qr(weight)[0]
    scales = torch.tensor([2.0, 1.0, 0.0] if dead else [2.0, 1.0]).double()
    weight = weight * scales  # orthogonal columns: the posterior is diagonal
    offset = torch.randn(N_VALUES, generator=generator).double()
    precision = 1 + scales.square()
    encoder = Affine((weight / precision).T.contiguous(), -(offset @ weight) / precision, (n_dims,))
    vae = VAE(encoder, Affine(weight, offset, SIZE), n_dims, n_features=n_dims).double()
    with torch.no_grad():
        vae.sampling_layer.mu.weight.copy_(torch.eye(n_dims))
        vae.sampling_layer.mu.bias.zero_()
        vae.sampling_layer.log_var.weight.zero_()
        vae.sampling_layer.log_var.bias.copy_(-precision.log())
    vae.build(torch.zeros(2, *SIZE).double())
    evidence = torch.distributions.MultivariateNormal(offset, weight @ weight.T + torch.eye(N_VALUES).double())
    return vae.as_latent_model("gaussian"), evidence


def test_the_elbo_of_a_linear_gaussian_model_with_its_exact_posterior_is_the_evidence():
    model, evidence = linear_gaussian()
    flat = evidence.sample((400,))
    found = measure_latents(model, flat.reshape(-1, *SIZE), n_draws=200)
    expected = evidence.log_prob(flat)
    assert found.elbo.mean == pytest.approx(float(expected.mean()), abs=0.02)
    assert found.elbo.error == pytest.approx(float(expected.std()) / 20, rel=0.1)
    assert found.likelihood == "gaussian, scale 1"
    assert found.elbo.mean == pytest.approx(found.log_likelihood.mean - found.kl.mean)
    assert found.kl.mean == pytest.approx(sum(found.kl_by_dim))


def test_beta_of_a_gaussian_is_its_variance():
    """½ (x − x̂)² + β KL is β times the negative ELBO of that variance, less a constant of all cases alike."""
    model, evidence = linear_gaussian()
    x = evidence.sample((300,)).reshape(-1, *SIZE)
    model.beta = 0.2
    found = measure_latents(model, x, n_draws=400)
    with torch.no_grad():
        trained = -model.model.compute_loss(x, model.model(x, S=400, sample=True), 0.2, "gaussian").objective
    constant = N_VALUES / 2 * math.log(2 * math.pi * 0.2)
    assert found.elbo.mean == pytest.approx(float(trained) / 0.2 - constant, abs=0.1)


def test_kl_and_variance_of_each_dimension_are_the_formulas():
    model, evidence = linear_gaussian()
    x = evidence.sample((20_000,)).reshape(-1, *SIZE)
    found = measure_latents(model, x, n_draws=1)
    # With W's columns of length s: q has variance 1/(1 + s²), its mean varies by s²/(1 + s²) over p(x).
    for dim, squared in enumerate((4.0, 1.0)):
        variance = squared / (1 + squared)
        assert found.variance[dim] == pytest.approx(variance, rel=0.05)
        assert found.kl_by_dim[dim] == pytest.approx(0.5 * math.log(1 + squared), rel=0.05)
    assert found.order == [0, 1]
    assert found.n_active == 2


def test_a_dimension_that_stays_at_the_prior_is_not_active_and_costs_nothing():
    model, evidence = linear_gaussian(3, dead=True)
    found = measure_latents(model, evidence.sample((200,)).reshape(-1, *SIZE))
    assert found.n_dims == 3
    assert found.n_active == 2
    assert found.kl_by_dim[2] == pytest.approx(0, abs=1e-9)
    assert not found.is_active(2)
    assert found.order[-1] == 2


def test_the_error_and_the_explained_share_of_a_perfect_and_of_a_constant_decoder():
    x = torch.rand(50, *SIZE)
    identity = AE(nn.Flatten(), nn.Unflatten(1, SIZE))
    identity.build(x)
    found = measure_latents(identity.as_latent_model("gaussian"), x)
    assert found.mse.mean == 0
    assert found.explained == 1
    assert found.log_likelihood.mean == pytest.approx(-N_VALUES * 0.5 * math.log(2 * math.pi), rel=1e-5)
    assert found.n_active is found.kl is found.elbo is None
    mean = Affine(torch.zeros(N_VALUES, N_VALUES), x.mean(dim=0).flatten(), SIZE)
    constant = AE(nn.Flatten(), mean)
    constant.build(x)
    assert measure_latents(constant.as_latent_model("gaussian"), x).explained == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", ["vae", "beta_vae_mnist", "beta_tcvae_mnist", "ae", "burgess_vae"])
def test_bernoulli_nats_are_torchs_cross_entropy(name):
    side = 32 if name.startswith("burgess") else 28
    model = build_catalogued(name, size=side, channels=1).eval()
    x, z = torch.rand(3, 1, side, side), torch.randn(3, model.encoding_dims)
    reference = -nn.functional.binary_cross_entropy(model.decode(z), x, reduction="none").flatten(1).sum(dim=1)
    assert likelihood_of(model).name == "bernoulli"
    assert likelihood_of(model).log_density(x, z).detach() == pytest.approx(reference.detach(), rel=1e-4)


@pytest.mark.parametrize(("kind", "weight"), [("gaussian", 255.0), ("laplace", 3.0)])
def test_densities_of_burgess_follow_its_loss_and_integrate_to_1(kind, weight):
    model = build_catalogued("burgess_vae", size=32, channels=1, likelihood=kind).eval()
    found = likelihood_of(model)
    x, z = torch.rand(1, 1, 32, 32).expand(2, -1, -1, -1).clone(), torch.zeros(2, 10)
    x_hat = model.decode(z).detach()
    x[1] = x_hat[1]
    distance = (x - x_hat).square().sum() if kind == "gaussian" else (x - x_hat).abs().sum()
    lost = found.log_density(x, z).detach().diff()
    assert float(lost) == pytest.approx(weight * float(distance), rel=1e-3)
    grid = torch.linspace(-4, 5, 20_001)
    one = found.log_density(x[1:], z[1:]).detach() / 1024  # of a value that is met exactly
    density = torch.exp(one - weight * (grid.square() if kind == "gaussian" else grid.abs()))
    assert float(torch.trapezoid(density, grid)) == pytest.approx(1, abs=1e-3)


def test_a_model_without_decoder_or_likelihood_has_no_such_figures():
    classifier = build_catalogued("classifier_mnist", size=28, channels=1, classes=3)
    x = torch.rand(20, 1, 28, 28)
    found = measure_latents(classifier, x)
    assert found.mse is found.log_likelihood is found.elbo is found.n_active is None
    assert encode_cases(classifier, x).shape == (20, found.n_dims)
    denoiser = build_catalogued("autoencoder_mnist", size=28, channels=1)
    assert likelihood_of(denoiser) is None
    assert measure_latents(denoiser, x).mse is not None


def test_the_same_seed_measures_the_same():
    model, evidence = linear_gaussian()
    x = evidence.sample((50,)).reshape(-1, *SIZE)
    same, again, other = (measure_latents(model, x, n_draws=1, seed=seed).elbo.mean for seed in (1, 1, 2))
    assert same == again != other


def test_a_linear_probe_reads_what_lies_on_a_line_and_nothing_from_noise():
    rng = np.random.default_rng(0)
    y, y_test = rng.integers(2, size=400), rng.integers(2, size=300)
    z, z_test = (np.column_stack((rng.normal(size=len(v)), 3.0 * v)).astype(np.float32) for v in (y, y_test))
    found = probe_classes(z, y, z_test, y_test)
    assert found.auroc == found.accuracy == 1
    assert 0.95 < found.figure[1][0] < found.figure[1][1] == 1
    noise = probe_classes(z[:, :1], y, z_test[:, :1], y_test)
    assert noise.auroc_interval[0] < 0.5 < noise.auroc_interval[1]
    assert noise.accuracy_interval[0] < noise.accuracy < noise.accuracy_interval[1]


def test_of_more_than_two_classes_accuracy_counts():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    z = np.eye(3, dtype=np.float32)[y]
    found = probe_classes(z, y, z, y)
    assert math.isnan(found.auroc)
    assert found.figure[0] == 1
    assert found.chance == np.bincount(y).max() / 300
    collapsed = probe_classes(np.zeros((300, 2), np.float32), y, np.zeros((300, 2), np.float32), y)
    assert collapsed.accuracy <= found.chance
