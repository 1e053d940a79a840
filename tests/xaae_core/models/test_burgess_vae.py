"""The VAE of Burgess's networks: lfxai's on its weights, a LatentModel, its annealing."""

import pytest
import torch

from tests.xaae_core.models.digits import digits, loader
from tests.xaae_core.models.lfxai_oracle import lfxai_module, older_numpy
from xaae_core.models.burgess_networks import DecoderBurgess, EncoderBurgess
from xaae_core.models.burgess_vae import BurgessVAE, init_vae
from xaae_core.models.latent_model import LatentModel
from xaae_core.vae_losses import BetaHLoss, BtcvaeLoss

SMALL, LARGE = (1, 32, 32), (3, 64, 64)


def pictures(size):
    return digits(12, channels=size[0], side=size[1])


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["32", "64"])
def test_outputs_and_an_epoch_of_training_are_lfxai_s(size, tmp_path):
    images, losses = lfxai_module("images"), lfxai_module("losses")
    torch.manual_seed(0)
    with older_numpy():
        other = images.init_vae(size, 4, losses.BetaHLoss(beta=2.0), "vae")
    ours = init_vae(size, 4, BetaHLoss(beta=2.0), "vae")
    ours.load_state_dict(other.state_dict())
    x, y = pictures(size)
    outputs, measured = [], []
    for model in (ours, other):
        torch.manual_seed(1)
        x_hat, (mu, logvar), z = model.train()(x)
        torch.manual_seed(1)
        outputs.append((x_hat, mu, logvar, z, model.sample_latent(x), model.eval()(x)[0], model.sample_latent(x)))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        torch.manual_seed(2)
        batches = loader(x, y, 6)
        measured.append([model.train_epoch("cpu", batches, optimizer), model.test_epoch("cpu", batches)])
        model.save_metadata(tmp_path)
        measured[-1].append(model.load_metadata(tmp_path))
    for mine, theirs in zip(*outputs, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)
    (*mine, my_metadata), (*theirs, metadata) = measured
    assert my_metadata == metadata
    assert mine == pytest.approx(theirs, rel=1e-6)


def test_it_is_a_latent_model_whose_z_is_the_mean():
    model = init_vae(SMALL, 4, BetaHLoss(), "vae").eval()
    x, _ = pictures(SMALL)
    assert isinstance(model, LatentModel)
    z = model.encode(x).z
    assert torch.equal(z, model.encoder.mu(x))
    assert torch.equal(model.decode(z), model(x)[0])
    assert (model.input_size, model.input_channels, model.encoding_dims) == ((32, 32), 1, 4)
    assert model.classify(z) is None


def test_tests_neither_anneal_nor_count():
    x, y = pictures(SMALL)
    model = init_vae(SMALL, 2, BetaHLoss(steps_anneal=100), "vae")
    model.test_epoch("cpu", loader(x, y))
    assert model.loss_f.n_train_steps == 0
    model.train_epoch("cpu", loader(x, y), torch.optim.Adam(model.parameters()))
    assert model.loss_f.n_train_steps == 2
    assert model.training_memory() == {"n_train_steps": 2}


@pytest.mark.parametrize("loss", [BetaHLoss(beta=2.0), BtcvaeLoss(12, beta=2.0)], ids=str)
def test_training_lowers_the_loss(loss, tmp_path):
    x, y = pictures(SMALL)
    torch.manual_seed(0)
    model = init_vae(SMALL, 2, loss, "vae")
    history = model.fit("cpu", loader(x, y, 5), loader(x, y, 5), tmp_path, n_epoch=4)  # a last batch of two
    assert history.rows[-1]["test_loss"] < history.rows[0]["test_loss"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EncoderBurgess((1, 28, 28)), r"\(1, 28, 28\)"),
        (lambda: DecoderBurgess((1, 32, 64)), r"\(1, 32, 64\)"),
        (lambda: EncoderBurgess((32, 32)), r"\(32, 32\)"),
        (lambda: init_vae(SMALL, 0, BetaHLoss(), "vae"), "0 dimensions"),
        (
            lambda: BurgessVAE(SMALL, EncoderBurgess(SMALL, 3), DecoderBurgess(SMALL, 4), 3, BetaHLoss()),
            "decoder has 4",
        ),
        (
            lambda: BurgessVAE(SMALL, EncoderBurgess(SMALL, 3), DecoderBurgess(LARGE, 3), 3, BetaHLoss()),
            r"decoder is made for \(3, 64, 64\)",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
