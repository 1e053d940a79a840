"""The VAEs of digits: lfxai's on its weights, and LatentModels."""

import pytest
import torch

from tests.xaae_core.models.digits import digits, loader
from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.gaussian_densities import log_importance_weight_matrix
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist
from xaae_core.models.mnist_vae import VarDecoderMnist, VarEncoderMnist

X, Y = digits(16)
KINDS = {"BetaVaeMnist": BetaVaeMnist, "BetaTcVaeMnist": BetaTcVaeMnist}


def pair(name, *arguments):
    """Our model and lfxai's, with the same weights."""
    torch.manual_seed(0)
    other = getattr(lfxai_module("images"), name)(*arguments)
    ours = KINDS[name](*arguments)
    ours.load_state_dict(other.state_dict())
    return ours, other


def assert_same(ours, theirs, atol=1e-6):
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-6, atol=atol)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("is_training", [True, False])
def test_outputs_are_lfxai_s_draw_by_draw(name, is_training):
    outputs = []
    for model in pair(name, 3):
        model.train(is_training)
        torch.manual_seed(1)
        outputs.append(model(X))
    assert_same(*outputs)


@pytest.mark.parametrize(("name", "arguments"), [("BetaVaeMnist", (3, 5)), ("BetaTcVaeMnist", (3, 1))])
def test_an_epoch_of_training_is_lfxai_s(name, arguments):
    measured = []
    for model in pair(name, *arguments):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        torch.manual_seed(2)
        measured.append([model.train_epoch("cpu", loader(X, Y), optimizer), model.test_epoch("cpu", loader(X, Y))])
    assert measured[0] == pytest.approx(measured[1], rel=1e-5)


@pytest.mark.parametrize(("beta", "n_data"), [(1, 16), (5, 60_000)])
def test_the_loss_of_beta_vae_is_lfxai_s(beta, n_data):
    ours, other = pair("BetaVaeMnist", 3, beta)
    given = tuple(value.detach() for value in ours(X))
    losses = (model.loss(given[0], X, *given[1:], n_data) for model in (ours, other))
    torch.testing.assert_close(*losses, rtol=1e-6, atol=0)


def test_the_loss_of_beta_tcvae_is_lfxai_s_but_for_the_weights_of_q_z():
    """lfxai's weights are wrong, and count once per dimension: with one dimension and its own weights all is equal."""
    ours, other = pair("BetaTcVaeMnist", 1, 6)
    torch.manual_seed(3)
    recons, mu, logvar, z = (value.detach() for value in ours(X))
    expected = other.loss(recons, X, mu, logvar, z, 60_000)
    torch.testing.assert_close(ours.loss(recons, X, mu, logvar, z, 60_000), expected, rtol=1e-6, atol=0)
    ours, other = pair("BetaTcVaeMnist", 3, 6)
    recons, mu, logvar, z = (value.detach() for value in ours(X))
    difference = ours.loss(recons, X, mu, logvar, z, 60_000) - other.loss(recons, X, mu, logvar, z, 60_000)
    assert abs(float(difference)) > 1


def test_the_loss_of_beta_tcvae_is_the_sum_of_its_exact_parts_where_all_cases_are_in_the_batch():
    ours = BetaTcVaeMnist(2, 6)
    mu, logvar = torch.zeros(2, 16, 2)  # all encodings are the prior: every part is nothing
    z = torch.randn(16, 2, generator=torch.Generator().manual_seed(0))
    cross_entropy = torch.nn.functional.binary_cross_entropy(X * 0 + 0.5, X) / 16
    torch.testing.assert_close(ours.loss(X * 0 + 0.5, X, mu, logvar, z, 16), cross_entropy, rtol=0, atol=1e-5)
    assert float(log_importance_weight_matrix(16, 16).exp().sum()) == pytest.approx(16)


def test_more_weight_on_the_latents_costs_more():
    x_hat, mu, logvar = BetaVaeMnist(3)(X)
    losses = [float(BetaVaeMnist(3, beta).loss(x_hat, X, mu, logvar, 16)) for beta in (0, 1, 5)]
    assert losses == sorted(losses)
    assert losses[0] == pytest.approx(float(torch.nn.functional.binary_cross_entropy(x_hat, X)))


@pytest.mark.parametrize("name", KINDS)
def test_they_are_latent_models_whose_z_is_the_mean(name):
    model = KINDS[name](3).eval()
    assert isinstance(model, LatentModel)
    z = model.encode(X).z
    assert torch.equal(z, model.encoder.mu(X))
    assert torch.equal(z, model.encoder(X)[0])
    assert torch.equal(model.train().encode(X).z, z)  # no draw, whatever the mode
    assert torch.equal(model.decode(z), model.eval()(X)[0])
    assert model.classify(z) is None


def test_draws_are_the_generator_s():
    model = BetaVaeMnist(3).train()
    drawn = [model(X, generator=torch.Generator().manual_seed(seed))[0] for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("name", KINDS)
def test_fit_runs_all_epochs_and_writes_only_where_it_is_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = KINDS[name](3)
    history = model.fit("cpu", loader(X, Y), loader(X, Y), n_epoch=3)
    assert len(history.rows) == 3
    assert list(tmp_path.iterdir()) == []
    assert history.rows[-1]["test_loss"] < history.rows[0]["test_loss"]
    model.fit("cpu", loader(X, Y), loader(X, Y), n_epoch=1, save_dir=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.safetensors"]


def test_no_dimension_is_refused():
    for network in (VarEncoderMnist, VarDecoderMnist):
        with pytest.raises(ValueError, match="0 dimensions"):
            network(latent_dims=0)
