"""The published networks: each can be trained a step, and gives representations of the size asked for."""

import numpy as np
import pytest
import torch

from analysis.experiments.datasets import resize
from analysis.experiments.feature_maps import encode_all
from analysis.experiments.networks import PublishedNetworks
from analysis.experiments.plans.disvae import SIDE
from analysis.experiments.training import Training, train_network
from tests.analysis.experiments.tiny_networks import tiny_pictures, tiny_signals

NETWORKS = PublishedNetworks()
SIGNALS = tiny_signals(16)
PICTURES = tiny_pictures(16, side=28)


def recipe_of(what: str):
    if what == "signals":
        return NETWORKS.autoencoder(SIGNALS, 5, "reconstruction"), SIGNALS.x_train
    if what == "classifier":
        return NETWORKS.classifier(PICTURES, 5), PICTURES.x_train
    if what.startswith("beta"):
        return NETWORKS.vae(PICTURES, 5, what, 4.0, 16), resize(PICTURES.x_train, SIDE)
    return NETWORKS.autoencoder(PICTURES, 5, what), PICTURES.x_train


@pytest.mark.parametrize(
    "what", ["reconstruction", "denoising", "inpainting", "signals", "classifier", "beta_vae", "beta_tc_vae"]
)
def test_it_trains_and_represents(what):
    recipe, x = recipe_of(what)
    y = torch.from_numpy(PICTURES.y_train) if what == "classifier" else None
    trained = train_network(recipe.build, recipe.loss, x, y, Training(2, batch_size=8))
    assert np.isfinite(trained.losses).all()
    encoder = trained.encoder.mu if what.startswith("beta") else trained.encoder
    z = encode_all(trained.encoder, x) if encoder is trained.encoder else encoder(x).detach()
    assert z.shape == (16, 5)
    assert (z.std(dim=0) > 0).all()


def test_the_classifier_gives_logits_and_not_probabilities():
    """lfxai's ends in a softmax, and its cross-entropy takes another."""
    recipe, x = recipe_of("classifier")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        said = recipe.build().eval()(x)
    assert (said.sum(dim=1) - 1).abs().max() > 1e-3


def test_noise_is_for_training_only():
    recipe, x = recipe_of("denoising")
    model = recipe.build()
    assert (model.train()(x[:1].repeat(8, 1, 1, 1)).std(dim=0) > 0).any()
    eight = model.eval()(x[:1].repeat(8, 1, 1, 1))
    assert (eight == eight[:1]).all()


def test_pictures_keep_their_range_when_they_are_enlarged():
    pictures = torch.rand(3, 1, 8, 8)
    made = resize(pictures, SIDE)
    assert made.shape == (3, 1, SIDE, SIDE)
    assert float(made.min()) >= float(pictures.min()) - 1e-6
    assert float(made.max()) <= float(pictures.max()) + 1e-6
