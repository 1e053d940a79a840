"""Everything that pyautoencoder's page documents, with its arguments, defaults and output entries, copied by hand."""

import inspect
from dataclasses import fields

import pytest
import torch

from tests.xaae_core.models.pyautoencoder_oracle import D, cases, decoder, encoder
from xaae_core.models import lfxai_names, pyautoencoder_names
from xaae_core.models.pyautoencoder_names import AE, VAE, AdaGVAE, LikelihoodType, LossResult

REQUIRED = inspect.Parameter.empty
GAUSSIAN = LikelihoodType.GAUSSIAN
SIGNATURES = {
    "AE": {"encoder": REQUIRED, "decoder": REQUIRED},
    "AE.build": {"input_sample": REQUIRED},
    "AE.forward": {"x": REQUIRED},
    "AE.encode": {"x": REQUIRED},
    "AE.decode": {"z": REQUIRED},
    "AE.compute_loss": {"x": REQUIRED, "output": REQUIRED, "likelihood": GAUSSIAN},
    "VAE": {"encoder": REQUIRED, "decoder": REQUIRED, "latent_dim": REQUIRED},
    "VAE.build": {"input_sample": REQUIRED},
    "VAE.forward": {"x": REQUIRED, "S": 1, "sample": None},  # None: by the mode, as the page says
    "VAE.encode": {"x": REQUIRED, "S": 1, "sample": None},
    "VAE.decode": {"z": REQUIRED},
    "VAE.compute_loss": {"x": REQUIRED, "output": REQUIRED, "beta": 1.0, "likelihood": GAUSSIAN},
    "AdaGVAE": {"vae": REQUIRED},
    "AdaGVAE.build": {"input_sample": REQUIRED},
    "AdaGVAE.forward": {"x": REQUIRED, "S": 1},
    "AdaGVAE.compute_loss": {"x": REQUIRED, "output": REQUIRED, "beta": 1.0, "likelihood": GAUSSIAN},
}
ENTRIES = {
    "AEOutput": ["x_hat", "z"],
    "AEEncodeOutput": ["z"],
    "AEDecodeOutput": ["x_hat"],
    "VAEOutput": ["x_hat", "z", "mu", "log_var"],
    "VAEEncodeOutput": ["z", "mu", "log_var"],
    "VAEDecodeOutput": ["x_hat"],
    "AdaGVAEOutput": ["output1", "output2"],
}
X = cases()


def look_up(name):
    first, _, rest = name.partition(".")
    found = getattr(pyautoencoder_names, first)
    return getattr(found, rest) if rest else found


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_and_defaults_are_the_page_s(name):
    parameters = [p for p in inspect.signature(look_up(name)).parameters.values() if p.name != "self"]
    assert {p.name: p.default for p in parameters if p.kind is not p.KEYWORD_ONLY} == SIGNATURES[name]
    assert all(p.default is not REQUIRED for p in parameters if p.kind is p.KEYWORD_ONLY)


@pytest.mark.parametrize("name", ENTRIES)
def test_outputs_have_the_page_s_entries_in_its_order(name):
    assert [entry.name for entry in fields(look_up(name))] == ENTRIES[name]


def test_all_names_are_there_and_documented_and_do_not_clash_with_lfxai_s():
    wanted = {name.partition(".")[0] for name in SIGNATURES} | set(ENTRIES) | {"LossResult"}
    assert wanted <= set(pyautoencoder_names.__all__)
    for name in pyautoencoder_names.__all__:
        assert look_up(name).__doc__, name
    assert pyautoencoder_names.VAE is not lfxai_names.VAE
    assert not hasattr(__import__("xaae_core.models", fromlist=["x"]), "VAE")  # neither is the VAE


@pytest.mark.parametrize("kind", ["AE", "VAE", "AdaGVAE"])
def test_a_loss_is_a_scalar_with_a_gradient_and_figures_that_are_numbers(kind):
    """As the page's last example: the loss without further arguments."""
    model = AE(encoder(D), decoder()) if kind == "AE" else VAE(encoder(), decoder(), D)
    model = AdaGVAE(model) if kind == "AdaGVAE" else model
    model.build(X)
    batch = (X, X.flip(0)) if kind == "AdaGVAE" else X
    loss = model.compute_loss(batch, model(batch))
    assert [entry.name for entry in fields(LossResult)][:2] == ["objective", "diagnostics"]
    assert loss.objective.shape == ()
    loss.objective.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert loss.diagnostics
    assert all(type(value) is float for value in loss.diagnostics.values())


def test_several_codes_are_averaged_and_the_prior_is_decoded_as_on_the_page():
    model = VAE(encoder=encoder(), decoder=decoder(), latent_dim=D)
    model.build(X)
    output = model(X, S=5)
    singles = [
        model.compute_loss(X, type(output)(output.x_hat[:, s : s + 1], output.z, output.mu, output.log_var))
        for s in range(5)
    ]
    whole = model.compute_loss(X, output, beta=1.0, likelihood="gaussian").diagnostics["log_likelihood"]
    assert whole == pytest.approx(sum(loss.diagnostics["log_likelihood"] for loss in singles) / 5, rel=1e-5)
    with torch.no_grad():
        assert model.decoder(torch.randn(6, D)).shape == (6, 1, 8, 10)


@pytest.mark.parametrize("n_given", [2, 4])
@pytest.mark.parametrize("reduce_sum", [True, False])
def test_the_divergence_is_pyautoencoder_s(n_given, reduce_sum):
    theirs = pytest.importorskip("pyautoencoder.loss", reason="pyautoencoder 2.1.0 is not here")
    given = torch.randn(4, 7, D, generator=torch.Generator().manual_seed(0))[:n_given]
    ours = pyautoencoder_names.kl_divergence_diag_gaussian(*given, reduce_sum=reduce_sum)
    expected = theirs.kl_divergence_diag_gaussian(*given, reduce_sum=reduce_sum)
    torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-6)


def test_every_public_name_of_release_2_1_0_is_there():
    package = pytest.importorskip("pyautoencoder", reason="pyautoencoder 2.1.0 is not here")
    names = {name for part in package.__all__ for name in getattr(package, part).__all__}
    assert names <= set(pyautoencoder_names.__all__)
