"""`VAE`: pyautoencoder's losses under the same draws, exact Gaussians, modes, and what does not fit is named."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tests.xaae_core.models.digits import digits, loader
from tests.xaae_core.models.pyautoencoder_oracle import (
    D,
    assert_same_loss,
    both,
    cases,
    decoder,
    encoder,
    our,
    same_draws,
)
from xaae_core.checkpoints import load_checkpoint
from xaae_core.errors import AutoencoderError
from xaae_core.gaussian_densities import kl_between_gaussians, kl_to_standard_normal
from xaae_core.models.picture_networks import build_autoencoder
from xaae_core.models.pyautoencoder_names import VAE, VAEOutput

X = cases()


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
@pytest.mark.parametrize(("n_codes", "beta"), [(1, 1.0), (5, 4.0)])
def test_the_loss_is_pyautoencoder_s_under_the_same_draws(likelihood, n_codes, beta):
    model, other = both("VAE")
    made, expected = (same_draws(3, lambda m=m: m(X, S=n_codes)) for m in (model, other))
    for name in ("z", "mu", "log_var", "x_hat"):
        assert getattr(made, name).shape == getattr(expected, name).shape
        torch.testing.assert_close(getattr(made, name), getattr(expected, name), rtol=1e-6, atol=1e-6)
    loss = model.compute_loss(X, made, beta=beta, likelihood=likelihood)
    assert_same_loss(model, loss, other, other.compute_loss(X, expected, beta=beta, likelihood=likelihood))


def test_what_release_2_1_0_does_is_reached_by_naming_it():
    model, other = both("VAE")
    model.eval(), other.eval()
    drawn, expected = (same_draws(3, lambda m=m: m(X, 2, True)) for m in (model, other))
    torch.testing.assert_close(drawn.x_hat, expected.x_hat)
    model.train(), other.train()
    torch.testing.assert_close(model.encode(X, sample=False).z, other.encode(X).z)
    torch.testing.assert_close(model.decode(model.encode(X, sample=False).z).x_hat, other(X, sample=False).x_hat)


def test_training_draws_and_evaluation_takes_the_mean():
    model = our("VAE").train()
    output = model(X, S=5)
    assert output.z.shape == (7, 5, D)
    assert output.x_hat.shape == (7, 5, 1, 8, 10)
    assert float(output.z.detach().std(dim=1).min()) > 0
    model.eval()
    output = model(X, S=5)
    assert torch.equal(output.z, output.mu[:, None].expand(7, 5, D))
    assert output.x_hat.shape == (7, 5, 1, 8, 10)
    assert torch.equal(output.x_hat[:, 3], model.decoder(output.mu))
    assert torch.equal(model.encode(X).z, output.mu[:, None])
    assert model.encode(X, S=3).z.shape == (7, 3, D)


def test_draws_are_the_generator_s_and_follow_the_posterior():
    model = our("VAE").train()
    drawn = [model(X, 3, generator=torch.Generator().manual_seed(seed)).z for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    output = model.encode(X, 20_000, generator=torch.Generator().manual_seed(0))
    scores = (output.z - output.mu[:, None]) / (0.5 * output.log_var[:, None]).exp()
    torch.testing.assert_close(scores.mean(1), torch.zeros(7, D), rtol=0, atol=5 / math.sqrt(20_000))
    torch.testing.assert_close(scores.var(1), torch.ones(7, D), rtol=0, atol=5 * math.sqrt(2 / 20_000))


def test_the_prior_is_sampled():
    model = our("VAE")
    drawn = model.sample_prior(6, generator=torch.Generator().manual_seed(4))
    z = torch.randn(6, D, generator=torch.Generator().manual_seed(4))
    assert torch.equal(drawn, model.decoder(z))
    assert not drawn.requires_grad
    with pytest.raises(AutoencoderError, match="n_samples is 0"):
        model.sample_prior(0)


def test_divergences_are_those_of_torch():
    torch.manual_seed(0)
    mu_q, mu_p, lv_q, lv_p = 2 * torch.randn(4, 50, 3, dtype=torch.float64)
    q, p = Normal(mu_q, (lv_q / 2).exp()), Normal(mu_p, (lv_p / 2).exp())
    torch.testing.assert_close(kl_between_gaussians(mu_q, lv_q, mu_p, lv_p), kl_divergence(q, p))
    prior = Normal(torch.zeros_like(mu_q), 1)
    torch.testing.assert_close(kl_to_standard_normal(mu_q, lv_q), kl_divergence(q, prior))
    output = VAEOutput(X[:2, None], mu_q[:2, None], mu_q[:2], lv_q[:2])
    model = VAE(encoder(), decoder(latent_dim=3), 3)
    measured = model.compute_loss(X[:2], output).diagnostics
    assert measured["log_likelihood"] == 0
    assert measured["kl_divergence"] == pytest.approx(float(kl_divergence(q, prior)[:2].sum(1).mean()))


class LinearGaussian:
    """p(z) = N(0, I), p(x|z) = N(Wz + b, I) with orthogonal columns of W: evidence and posterior in closed form."""

    def __init__(self):
        torch.manual_seed(1)
        basis = torch.linalg.qr(torch.randn(6, 2, dtype=torch.float64))[0]
        self.W = basis * torch.tensor([1.7, 0.6])
        self.b = torch.randn(6, dtype=torch.float64)
        self.x = 2 * torch.randn(9, 6, dtype=torch.float64)
        self.precision = 1 + self.W.square().sum(0)
        self.mean = (self.x - self.b) @ self.W / self.precision
        self.log_var = -self.precision.log().expand(9, 2)
        network = nn.Linear(2, 6).double()
        network.load_state_dict({"weight": self.W, "bias": self.b})
        self.model = VAE(nn.Identity(), network, 2)

    def log_evidence(self):
        covariance = self.W @ self.W.T + torch.eye(6, dtype=torch.float64)
        return MultivariateNormal(self.b, covariance).log_prob(self.x).mean()

    def exact_elbo(self, mean, log_var):
        """By the model's own loss: of a quadratic function the mean over ±√D σ along each axis is the exact one."""
        steps = math.sqrt(2) * (0.5 * log_var).exp()[:, None] * torch.eye(2, dtype=torch.float64)  # [B, D, D]
        z = mean[:, None] + torch.cat((steps, -steps), dim=1)
        loss = self.model.compute_loss(self.x, VAEOutput(self.model.decode_codes(z), z, mean, log_var))
        return -loss.objective - 3 * math.log(2 * math.pi)  # the constant that the likelihood leaves out, 6 values


def test_the_elbo_is_the_evidence_at_the_exact_posterior_and_below_it_elsewhere():
    known = LinearGaussian()
    torch.testing.assert_close(known.exact_elbo(known.mean, known.log_var), known.log_evidence(), rtol=1e-12, atol=0)
    exact = Normal(known.mean, (known.log_var / 2).exp())
    for shift, wider in ((0.3, 0.0), (0.0, 0.8), (0.0, -0.8), (-1.0, 0.4)):
        mean, log_var = known.mean + shift, known.log_var + wider
        gap = kl_divergence(Normal(mean, (log_var / 2).exp()), exact).sum(1).mean()
        assert float(gap) > 1e-2
        torch.testing.assert_close(known.log_evidence() - known.exact_elbo(mean, log_var), gap, rtol=1e-10, atol=0)


def test_drawn_codes_estimate_the_elbo():
    known = LinearGaussian()
    generator = torch.Generator().manual_seed(0)
    output = known.model.decode_posterior(known.mean, known.log_var, 20_000, True, generator=generator)
    loss = known.model.compute_loss(known.x, output)
    assert float(-loss.objective.detach()) - 3 * math.log(2 * math.pi) == pytest.approx(
        float(known.log_evidence()), abs=0.02
    )


@pytest.mark.parametrize("latent_dim", [0, -1])
def test_no_dimension_is_refused(latent_dim):
    with pytest.raises(AutoencoderError, match=f"latent_dim is {latent_dim}"):
        VAE(encoder(), decoder(), latent_dim)


def test_parts_that_do_not_fit_are_named_by_build():
    with pytest.raises(AutoencoderError, match=r"decoder does not take a batch of shape \(7, 4\)"):
        VAE(encoder(), decoder(latent_dim=5), D).build(X)
    with pytest.raises(AutoencoderError, match=r"expected \[B, F\]: end it with nn.Flatten\(\)"):
        VAE(nn.Conv2d(1, 2, 3), decoder(), D).build(X)
    with pytest.raises(AutoencoderError, match=r"call model.build\(sample\)"):
        VAE(encoder(), decoder(), D)(X)


def test_codes_and_outputs_of_other_shapes_are_named():
    model = our("VAE")
    output = model(X, 2)
    with pytest.raises(AutoencoderError, match=r"z has the shape \(7, 4\); expected \[B, S, 4\]"):
        model.decode(torch.zeros(7, D))
    with pytest.raises(AutoencoderError, match="S is 0"):
        model(X, 0)
    with pytest.raises(AutoencoderError, match=r"expected \[3, S, 1, 8, 10\]"):
        model.compute_loss(X[:3], output)
    with pytest.raises(AutoencoderError, match=r"mu and log_var have the shapes \(7, 3\)"):
        model.compute_loss(X, VAEOutput(output.x_hat, output.z, output.mu[:, :3], output.log_var))
    with pytest.raises(AutoencoderError, match="needs \\[0, 1\\]"):
        model.compute_loss(X - 1, output, likelihood="bernoulli")
    with pytest.raises(AutoencoderError, match="not finite"):
        model.compute_loss(X * torch.nan, output)


@pytest.mark.parametrize("family", ["AE", "VAE", "AdaGVAE"])
def test_training_lowers_the_loss_and_its_checkpoint_opens_bit_for_bit(family, tmp_path):
    torch.manual_seed(0)
    x, y = digits(24)
    model = build_autoencoder(family, (1, 28, 28), 3, name="digits", beta=0.5)
    data = torch.stack((x, x.roll(3, 0)), dim=1) if family == "AdaGVAE" else x
    history = model.fit("cpu", loader(data, y), loader(data, y), tmp_path, n_epoch=6)
    losses = [row["test_loss"] for row in history.rows]
    assert losses[-1] < 0.8 * losses[0]
    opened = load_checkpoint(tmp_path / "digits.safetensors").model
    z = model.encode(x).z
    assert torch.equal(opened.encode(x).z, z)
    assert torch.equal(opened.decode(z), model.decode(z))
    assert opened.arguments == model.arguments
