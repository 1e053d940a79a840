"""`AdaGVAE`: what a pair shares, pyautoencoder's losses under the same draws, one pass and two are the same."""

import pytest
import torch
from torch import nn

from tests.xaae_core.models.pyautoencoder_oracle import (
    D,
    assert_same_loss,
    both,
    cases,
    decoder,
    encoder,
    gradients,
    our,
    same_draws,
)
from xaae_core.errors import AutoencoderError
from xaae_core.models.adagvae import group_posteriors
from xaae_core.models.picture_networks import build_autoencoder
from xaae_core.models.pyautoencoder_names import VAE, AdaGVAE, AdaGVAEOutput, VAEOutput

X1, X2 = cases(), cases(seed=1)
PAIR = (X1, X2)
ENTRIES = ("x_hat", "z", "mu", "log_var")


def assert_same_outputs(made, expected, **tolerance):
    for number in ("output1", "output2"):
        for name in ENTRIES:
            pair = (getattr(getattr(output, number), name) for output in (made, expected))
            torch.testing.assert_close(*pair, **tolerance)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
@pytest.mark.parametrize(("n_codes", "beta"), [(1, 1.0), (5, 4.0)])
def test_the_loss_is_pyautoencoder_s_under_the_same_draws(likelihood, n_codes, beta):
    model, other = both("AdaGVAE")
    made, expected = (same_draws(3, lambda m=m: m(PAIR, S=n_codes)) for m in (model, other))
    assert_same_outputs(made, expected, rtol=1e-5, atol=1e-6)
    loss = model.compute_loss(PAIR, made, beta=beta, likelihood=likelihood)
    assert_same_loss(model, loss, other, other.compute_loss(PAIR, expected, beta=beta, likelihood=likelihood))


def test_with_batch_norm_too_both_halves_see_the_batches_that_pyautoencoder_shows_them():
    model, other = both("AdaGVAE", extra=(nn.BatchNorm2d(3),))
    made, expected = (same_draws(3, lambda m=m: m(PAIR)) for m in (model, other))
    assert_same_outputs(made, expected, rtol=1e-5, atol=1e-6)
    for name, value in model.state_dict().items():  # the running means
        torch.testing.assert_close(value, other.state_dict()[name])


def test_what_release_2_1_0_does_in_eval_mode_is_reached_by_naming_it():
    model, other = both("AdaGVAE")
    model.eval(), other.eval()
    made = same_draws(3, lambda: model(PAIR, 2, sample=True, is_grouped=False))
    assert_same_outputs(made, same_draws(3, lambda: other(PAIR, 2)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("is_grouped", [True, False])
@pytest.mark.parametrize("mode", [True, False])
def test_one_pass_and_two_are_the_same(is_grouped, mode):
    model = our("AdaGVAE").train(mode)
    twice = AdaGVAE(model.vae, is_one_pass=False).train(mode)
    made, expected = (same_draws(0, lambda m=m: m(PAIR, 3, is_grouped=is_grouped)) for m in (model, twice))
    assert_same_outputs(made, expected, rtol=1e-5, atol=1e-6)
    losses = [m.compute_loss(PAIR, output) for m, output in ((model, made), (twice, expected))]
    theirs = gradients(twice, losses[1])
    for name, gradient in gradients(model, losses[0]).items():
        torch.testing.assert_close(gradient, theirs[f"{name}"], rtol=1e-4, atol=1e-5)


def test_large_batches_of_the_cpu_and_batch_norm_in_training_go_in_two_passes():
    model = our("AdaGVAE")
    seen = []
    model.vae.encoder[0].register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    model(PAIR)
    assert seen == [14]
    large = X1.repeat(60, 1, 1, 1)
    model((large, large)), AdaGVAE(model.vae, is_one_pass=True)((large, large))
    assert seen == [14, 420, 420, 840]
    with_norm = our("AdaGVAE", extra=(nn.BatchNorm2d(3),))
    with_norm.vae.encoder[0].register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    with_norm(PAIR), with_norm.eval()(PAIR)
    assert seen[4:] == [7, 7, 14]


def test_close_dimensions_are_shared_and_far_ones_are_kept():
    mu1 = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    mu2 = torch.tensor([[0.2, 3.0, 0.4], [1.0, 1.0, 1.0]])
    log_var1, log_var2 = torch.zeros(2, 3), torch.zeros(2, 3)
    log_var2[0, 2] = torch.tensor(3.0).log()
    (m1, v1), (m2, v2) = group_posteriors((mu1, log_var1), (mu2, log_var2))
    torch.testing.assert_close(m1[0], torch.tensor([0.1, 0.0, 0.2]))
    torch.testing.assert_close(m2[0], torch.tensor([0.1, 3.0, 0.2]))
    torch.testing.assert_close(v1[0].exp(), torch.tensor([1.0, 1.0, 2.0]))  # the mean of 1 and 3
    assert torch.equal(v1[0], v2[0])
    # All dimensions equally far apart (here: not at all): none is below the middle of them.
    assert torch.equal(m1[1], mu1[1])


def test_what_is_shared_does_not_depend_on_other_pairs_and_extreme_variances_stay_finite():
    torch.manual_seed(0)
    q1, q2 = torch.randn(2, 9, D), torch.randn(2, 9, D)
    whole = group_posteriors((q1[0], q1[1]), (q2[0], q2[1]))
    alone = group_posteriors((q1[0, 4:5], q1[1, 4:5]), (q2[0, 4:5], q2[1, 4:5]))
    assert torch.equal(whole[0][0][4:5], alone[0][0])
    flat = torch.full((1, 2), 300.0)
    (_, v1), _ = group_posteriors((torch.tensor([[0.0, 1e200]]).double(), flat), (torch.zeros(1, 2).double(), flat))
    assert bool(torch.isfinite(v1).all())


def test_a_pair_of_the_same_picture_is_two_vae_losses():
    model = our("AdaGVAE").eval()
    pair = model.compute_loss((X1, X1), model((X1, X1)), beta=2)
    single = model.vae.compute_loss(X1, model.vae(X1), beta=2)
    assert float(pair.objective.detach()) == pytest.approx(2 * float(single.objective.detach()), rel=1e-6)
    assert set(pair.diagnostics) == {
        "elbo", *(f"{name}_x{n}" for name in ("log_likelihood", "kl_divergence") for n in (1, 2))
    }  # fmt: skip
    assert pair.diagnostics["elbo"] == pytest.approx(2 * single.diagnostics["elbo"], rel=1e-6)


def test_the_page_s_example_runs():
    model = AdaGVAE(vae=VAE(encoder=encoder(), decoder=decoder(), latent_dim=D))
    model.build(X1)
    output = model(PAIR, S=5)
    assert isinstance(output, AdaGVAEOutput)
    assert isinstance(output.output2, VAEOutput)
    assert output.output2.x_hat.shape == (7, 5, 1, 8, 10)
    model.compute_loss(PAIR, output, beta=4.0, likelihood="bernoulli").objective.backward()
    assert model.vae.decode(model.vae.encode(X1).z).x_hat.shape == (7, 1, 1, 8, 10)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((X1, X2[:3]), r"\(7, 1, 8, 10\) and \(3, 1, 8, 10\); expected one and the same"),
        (X1, "takes a pair .* not a Tensor"),
        ((X1, X2, X1), "takes a pair"),
    ],
)
def test_what_is_no_pair_is_named(pair, message):
    model = our("AdaGVAE")
    with pytest.raises(AutoencoderError, match=message):
        model(pair)
    with pytest.raises(AutoencoderError, match=message):
        model.compute_loss(pair, model(PAIR))


def test_nan_and_data_out_of_range_are_named_in_either_half():
    model = our("AdaGVAE")
    output = model(PAIR)
    with pytest.raises(AutoencoderError, match="not finite"):
        model.compute_loss((X1, X2 * torch.nan), output)
    with pytest.raises(AutoencoderError, match="needs \\[0, 1\\]"):
        model.compute_loss((X1, -X2), output, likelihood="bernoulli")


def test_training_on_what_is_no_pair_is_named():
    model = build_autoencoder("AdaGVAE", (1, 8, 10), 2)
    with pytest.raises(AutoencoderError, match=r"pairs \[B, 2, 1, 8, 10\], not on \(7, 1, 8, 10\)"):
        model.batch_losses(X1, None, 7)
