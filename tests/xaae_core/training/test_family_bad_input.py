"""Bad input of every kind of model is named before its training starts, whoever made the loaders."""

import numpy as np
import pytest
import torch

from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases
from xaae_core.errors import AutoencoderError, ModelChoiceError, TrainingError
from xaae_core.models import lfxai_names
from xaae_core.models.catalogue import MODELS, build_catalogued
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.models.pyautoencoder_names import AE, VAE, AdaGVAE
from xaae_core.pretext import Identity
from xaae_core.training.train_model import train_model

QUIET = {"epochs": 1, "save_tsne": False, "save_pls": False, "progress_bar": False}
BERNOULLI = ("ae", "vae", "adagvae", "beta_vae_mnist", "beta_tcvae_mnist", "burgess_vae")
SIZED = [name for name, entry in MODELS.items() if entry.dims and "picture" in entry.mediums]


def build(name, dims=3):
    """The model, and (channels, height, width) of its pictures."""
    entry = MODELS[name]
    size, channels = (entry.sizes[0] if entry.sizes else (16, 16)), (entry.channels[0] if entry.channels else 1)
    return build_catalogued(name, size=size, channels=channels, dims=dims, n_data=12), (channels, *size)


def loaders(shape, low, high):
    """Cases of two classes; each picture goes from `low` to `high`."""
    labels = np.arange(24) % 2
    x = low + (high - low) * torch.rand(24, *shape, generator=torch.Generator().manual_seed(0))
    x[:, 0, 0, 0], x[:, 0, 0, 1] = low, high
    parts = (CasesInMemory(x[half], labels[half], ("a", "b")) for half in (slice(12), slice(12, 24)))
    return loaders_of_cases(*parts, batch_size=6)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 255.0), (float("nan"), 1.0)])
@pytest.mark.parametrize("name", BERNOULLI)
def test_a_bernoulli_likelihood_refuses_what_is_no_share(name, low, high, tmp_path):
    model, shape = build(name)
    with pytest.raises(TrainingError, match=r"\[0, 1\]|not finite|no numbers|not numbers"):
        train_model(model, loaders(shape, low, high), models_dir=tmp_path, **QUIET)
    assert not (tmp_path / "history.csv").exists()


@pytest.mark.parametrize("name", SIZED)
def test_a_latent_size_of_0_is_refused(name):
    with pytest.raises(ModelChoiceError, match="dims is 0; expected at least 1"):
        build(name, dims=0)


NOTHING = {
    "EncoderMnist": lambda: lfxai_names.EncoderMnist(0),
    "DecoderMnist": lambda: lfxai_names.DecoderMnist(0),
    "VarEncoderMnist": lambda: lfxai_names.VarEncoderMnist(latent_dims=0),
    "VarDecoderMnist": lambda: lfxai_names.VarDecoderMnist(latent_dims=0),
    "BetaVaeMnist": lambda: lfxai_names.BetaVaeMnist(0),
    "BetaTcVaeMnist": lambda: lfxai_names.BetaTcVaeMnist(0),
    "EncoderBurgess": lambda: lfxai_names.EncoderBurgess((1, 32, 32), 0),
    "DecoderBurgess": lambda: lfxai_names.DecoderBurgess((1, 32, 32), 0),
    "ClassifierMnist": lambda: lfxai_names.ClassifierMnist(EncoderMnist(3), 3, "m", classes=0),
    "ClassifierLatent": lambda: lfxai_names.ClassifierLatent(0),
    "SimCLR": lambda: lfxai_names.SimCLR(torch.nn.Identity, 0),
    "EncoderCNN": lambda: lfxai_names.EncoderCNN(0),
    "DecoderCNN": lambda: lfxai_names.DecoderCNN(0),
    "AutoencoderCNN": lambda: lfxai_names.AutoencoderCNN(0),
    "Encoder": lambda: lfxai_names.Encoder(5, 1, 0),
    "Decoder": lambda: lfxai_names.Decoder(5, 1, 0),
    "RecurrentAutoencoder": lambda: lfxai_names.RecurrentAutoencoder(5, 1, 0),
    "BetaHLoss": lambda: lfxai_names.BetaHLoss(beta=-1.0),
    "BtcvaeLoss": lambda: lfxai_names.BtcvaeLoss(0),
    "VAE": lambda: VAE(torch.nn.Identity(), torch.nn.Identity(), 0),
    "AE": lambda: AE(torch.nn.LazyLinear(0), torch.nn.Identity()).build(torch.zeros(2, 4)),
}


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("name", NOTHING)
def test_a_part_of_no_size_is_refused_where_it_is_built(name):
    with pytest.raises(ValueError, match=r"( is | has |=|z \(2, )(0|-1).*(expected|at least)"):
        NOTHING[name]()


def test_an_encoder_that_does_not_match_the_decoder_is_refused():
    encoder, decoder = torch.nn.Linear(8, 3), torch.nn.Linear(4, 8)
    for model in (AE(encoder, decoder), VAE(torch.nn.Identity(), decoder, 3), AdaGVAE(VAE(encoder, decoder, 3))):
        with pytest.raises(AutoencoderError, match="decoder does not take a batch of shape"):
            model.build(torch.zeros(2, 8))
    with pytest.raises(ValueError, match=r"4.*5|5.*4"):
        AutoEncoderMnist(EncoderMnist(4), DecoderMnist(5), 4, Identity())


def test_pairs_of_two_shapes_are_refused():
    model = AdaGVAE(VAE(torch.nn.Identity(), torch.nn.Linear(3, 8), 3))
    model.build(torch.zeros(2, 8))
    with pytest.raises(AutoencoderError, match=r"\(6, 8\) and \(5, 8\); expected one and the same"):
        model((torch.zeros(6, 8), torch.zeros(5, 8)))
    with pytest.raises(AutoencoderError, match=r"\(6, 8\) and \(6, 7\); expected one and the same"):
        model((torch.zeros(6, 8), torch.zeros(6, 7)))
