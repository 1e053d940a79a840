"""`AE`: pyautoencoder's losses, its page's interface, what does not fit is named, and it is a `LatentModel`."""

import copy
import inspect
import math

import pytest
import torch
from torch import nn

from tests.xaae_core.models.pyautoencoder_oracle import D, assert_same_loss, both, cases, decoder, encoder, our
from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.errors import AutoencoderError, ImageError, WrongModelError
from xaae_core.model_card import card_for
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.picture_networks import AUTOENCODER_KINDS, PictureDecoder, PictureEncoder, build_autoencoder
from xaae_core.models.pyautoencoder_names import (
    AE,
    AEDecodeOutput,
    AEEncodeOutput,
    AEOutput,
    LossResult,
    log_likelihood,
)

X = cases()


class NoFeatures(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :0]


@pytest.mark.parametrize("likelihood", ["gaussian", "BERNOULLI"])
def test_the_loss_is_pyautoencoder_s(likelihood):
    model, other = both("AE")
    loss = model.compute_loss(X, model(X), likelihood=likelihood)
    assert_same_loss(model, loss, other, other.compute_loss(X, other(X), likelihood=likelihood))


def test_the_loss_is_that_of_the_distributions():
    x, x_hat = X, 3 * torch.randn(X.shape, generator=torch.Generator().manual_seed(1))
    gaussian = torch.distributions.Normal(x_hat, 1).log_prob(x) + 0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(log_likelihood(x, x_hat), gaussian)
    drawn = x.round()
    bernoulli = torch.distributions.Bernoulli(logits=x_hat).log_prob(drawn)
    torch.testing.assert_close(log_likelihood(drawn, x_hat, "bernoulli"), bernoulli)
    loss = our("AE").compute_loss(drawn, AEOutput(x_hat, x_hat), "bernoulli")
    torch.testing.assert_close(-loss.objective, bernoulli.flatten(1).sum(1).mean())


def test_the_page_s_example_runs():
    model = AE(encoder=encoder(D), decoder=decoder())
    model.build(X)
    output = model(X)
    assert isinstance(output, AEOutput)
    model.compute_loss(X, output, likelihood="bernoulli").objective.backward()
    encoded = model.encode(X)
    assert isinstance(encoded, AEEncodeOutput)
    assert isinstance(model.decode(encoded.z), AEDecodeOutput)
    assert torch.equal(model.decode(encoded.z).x_hat, output.x_hat)
    assert not encoded.z.requires_grad
    assert repr(encoded) == "AEEncodeOutput(z=Tensor((7, 4), torch.float32))"


@pytest.mark.parametrize("name", ["AE", "VAE", "AdaGVAE"])
@pytest.mark.parametrize("method", ["__init__", "build", "forward", "encode", "decode", "compute_loss"])
def test_arguments_are_pyautoencoder_s_in_its_order(name, method):
    mine, theirs = (getattr(type(model), method, None) for model in both(name))
    if theirs is None:
        assert mine is None  # an AdaGVAE encodes by its VAE
        return
    wanted, found = (list(inspect.signature(way).parameters.values()) for way in (theirs, mine))
    documented = [parameter for parameter in found if parameter.kind is not parameter.KEYWORD_ONLY]
    wanted = [parameter for parameter in wanted if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert [parameter.name for parameter in documented] == [parameter.name for parameter in wanted]
    for parameter, expected in zip(documented, wanted, strict=True):
        default = getattr(expected.default, "value", expected.default)
        assert parameter.default == (None if parameter.name == "sample" else default)  # None: by the mode, see `VAE`
    assert all(p.default is not p.empty for p in found if p.kind is p.KEYWORD_ONLY)


def test_a_result_is_made_of_an_objective_and_diagnostics():
    result = LossResult(torch.tensor(2.0), {"elbo": -2.0})
    assert (float(result.objective), result.diagnostics) == (2.0, {"elbo": -2.0})


def test_building_leaves_no_trace_but_the_sizes():
    model = AE(encoder(D, nn.BatchNorm2d(3), nn.Dropout()), decoder())
    model.encoder[2].eval()
    model.build(X)
    assert model.encoder[2].num_batches_tracked == 0
    assert not model.encoder[2].training
    assert model.decoder.training
    assert (model.input_shape, model.latent_shape) == ((1, 8, 10), (D,))


@pytest.mark.parametrize("name", ["AE", "VAE", "AdaGVAE"])
def test_a_state_dict_loads_after_build(name):
    model, fresh = our(name), our(name, seed=1)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), fresh.parameters(), strict=True))
    fresh.load_state_dict(model.state_dict())
    z = torch.randn(5, D)
    (one, other) = (getattr(built, "vae", built).decoder(z) for built in (model, fresh))
    assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("parts", "sample", "message"),
    [
        ((encoder(D), decoder(latent_dim=5)), X, r"decoder does not take a batch of shape \(7, 4\)"),
        ((encoder(D), nn.Linear(D, 80)), X, r"decoder makes \(7, 80\) of it; expected \(7, 1, 8, 10\)"),
        ((nn.Conv2d(3, 2, 3), decoder()), X, r"encoder does not take a batch of shape \(7, 1, 8, 10\)"),
        ((NoFeatures(), nn.Identity()), X, r"z \(7, 0\).*at least one dimension"),
        ((nn.Flatten(0), nn.Identity()), X, "one z of at least one dimension for each of the 7 cases"),
        ((encoder(D), decoder()), X[0, 0, 0], "a batch"),
        ((encoder(D), decoder()), X[:0], "at least one case"),
        ((nn.LSTM(10, 3), decoder()), X[:, 0], "encoder returns a tuple; expected a tensor"),
    ],
)
def test_parts_that_do_not_fit_are_named_by_build(parts, sample, message):
    with pytest.raises(AutoencoderError, match=message):
        AE(*copy.deepcopy(parts)).build(sample)


def test_nothing_runs_before_build():
    for use in (lambda m: m(X), lambda m: m.encode(X), lambda m: m.decode(X), lambda m: m.as_latent_model()):
        with pytest.raises(AutoencoderError, match=r"call model.build\(sample\)"):
            use(AE(encoder(D), decoder()))


@pytest.mark.parametrize(
    ("x", "likelihood", "message"),
    [
        (X + 0.5, "bernoulli", r'goes from 0\.\d+ to 1\.\d+; likelihood="bernoulli" needs \[0, 1\]'),
        (X.index_fill(0, torch.tensor([3]), torch.nan), "gaussian", "not finite"),
        (X.index_fill(0, torch.tensor([3]), torch.nan), "bernoulli", "not finite"),
        (X.index_fill(0, torch.tensor([3]), torch.inf), "gaussian", "not finite"),
        (X[:3], "gaussian", r"\(3, 1, 8, 10\), its reconstruction \(7, 1, 8, 10\)"),
        (X, "laplace", 'laplace\' is not known; expected one of "gaussian", "bernoulli"'),
    ],
)
def test_data_that_a_loss_cannot_have_are_named(x, likelihood, message):
    model = our("AE")
    with pytest.raises(AutoencoderError, match=message) as caught:
        model.compute_loss(x, model(X), likelihood)
    assert isinstance(caught.value, ValueError)  # what pyautoencoder raises


def test_a_batch_of_another_shape_is_named_with_the_shape_it_was_built_for():
    with pytest.raises(AutoencoderError, match=r"\(7, 1, 8, 6\); the model was built for \[B, 1, 8, 10\]"):
        our("AE")(X[..., 4:])
    with pytest.raises(AutoencoderError, match=r"decoder does not take a batch of shape \(7, 3\)"):
        our("AE").decode(torch.zeros(7, 3))


@pytest.mark.parametrize("name", ["AE", "VAE", "AdaGVAE"])
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_they_are_latent_models(name, likelihood):
    model = our(name)
    assert not isinstance(model, LatentModel)  # encode and decode are pyautoencoder's
    latents = model.as_latent_model(likelihood)
    assert isinstance(latents, LatentModel)
    assert (latents.input_size, latents.input_channels, latents.encoding_dims) == ((8, 10), 1, D)
    x = X.clone().requires_grad_()
    z = latents.train().encode(x).z
    assert torch.equal(z, latents.eval().encode(x).z)  # the mean, whatever the mode
    picture = latents.decode(z)
    core = getattr(model, "vae", model)
    made = core.decoder(z)
    assert torch.equal(picture, made.sigmoid() if likelihood == "bernoulli" else made.clamp(0, 1))
    assert torch.equal(latents(x), picture)
    assert latents.classify(z) is None
    picture.sum().backward()
    assert float(x.grad.abs().max()) > 0
    with pytest.raises(ImageError, match="1, 8, 10"):
        latents.encode(X[..., 1:])


def test_a_z_of_maps_is_flattened():
    model = AE(
        nn.Conv2d(1, 2, 3, stride=3), nn.Sequential(nn.Flatten(), nn.Linear(12, 80), nn.Unflatten(1, (1, 8, 10)))
    )
    model.build(X)
    latents = model.as_latent_model()
    assert latents.encoding_dims == 2 * 2 * 3
    z = latents.encode(X).z
    assert torch.equal(latents.decode(z), model(X).x_hat.clamp(0, 1))


def test_what_is_no_picture_is_no_latent_model():
    model = AE(nn.Linear(9, 2), nn.Linear(2, 9))
    model.build(torch.zeros(4, 9))
    with pytest.raises(AutoencoderError, match=r"\(9,\).*build it with a batch \[B, C, H, W\]"):
        model.as_latent_model()


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 33, 20), (2, 5, 9), (1, 1, 1)])
def test_the_named_networks_fit_any_size(size):
    x = torch.rand(2, *size)
    assert PictureDecoder(size, 3)(torch.randn(2, 3)).shape == x.shape
    assert PictureEncoder(size, 5)(x).shape == (2, 5)


@pytest.mark.parametrize("family", AUTOENCODER_KINDS)
def test_what_the_names_say_is_what_build_finds(family):
    model = build_autoencoder(family, (1, 12, 9), 3).model
    core = getattr(model, "vae", model)
    known = core.input_shape, core.latent_shape
    core.build(torch.rand(2, 1, 12, 9))
    assert (core.input_shape, core.latent_shape) == known


@pytest.mark.parametrize(
    "arguments", [("AE", (1, 9), 3), ("AE", (1, 9, 0), 3), ("VAE", (1, 9, 9), 0), ("GAN", (1, 9, 9), 2)]
)
def test_a_named_model_of_nothing_is_refused(arguments):
    with pytest.raises(AutoencoderError, match="expected"):
        build_autoencoder(*arguments)


@pytest.mark.parametrize("name", ["AE", "VAE", "AdaGVAE"])
def test_a_model_of_own_networks_loads_bit_for_bit_into_one_that_is_built(name, tmp_path):
    latents, fresh = our(name).as_latent_model("bernoulli"), our(name, seed=1).as_latent_model("bernoulli")
    path = save_checkpoint(latents, tmp_path / "own.safetensors", card_for(latents))
    with pytest.raises(WrongModelError, match="user's own encoder and decoder"):
        load_checkpoint(path)
    opened = load_checkpoint(path, model=fresh).model
    z = latents.encode(X).z
    assert torch.equal(opened.encode(X).z, z)
    assert torch.equal(opened.decode(z), latents.decode(z))
