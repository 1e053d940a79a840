"""The autoencoder of digits: lfxai's on its weights, a LatentModel, and trained as lfxai's."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tests.xaae_core.models.digits import digits, loader, stirred
from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.errors import CheckpointError, DamagedCheckpointError, ImageError, TrainingError
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.pretext import Identity, Mask, RandomNoise

X, Y = digits()


def autoencoder(pretext=None, dims=4, **options):
    torch.manual_seed(0)
    return AutoEncoderMnist(EncoderMnist(dims), DecoderMnist(dims), dims, pretext or Identity(), **options)


@pytest.fixture
def pair():
    """lfxai's model, and ours with its weights, both made to mask their inputs."""
    torch.manual_seed(1)
    theirs, pretext = lfxai_module("images"), lfxai_module("pretext")
    other = stirred(theirs.AutoEncoderMnist(theirs.EncoderMnist(4), theirs.DecoderMnist(4), 4, pretext.Mask(0.3)))
    ours = autoencoder(Mask(0.3))
    ours.load_state_dict(other.state_dict())
    return ours.eval(), other


def test_outputs_are_lfxai_s_in_both_modes(pair):
    ours, other = pair
    torch.testing.assert_close(ours(X), other(X), rtol=0, atol=1e-6)
    torch.testing.assert_close(ours.encode(X).z, other.encoder(X), rtol=0, atol=1e-6)
    ours.train()
    other.train()
    drawn = []
    for model in pair:
        torch.manual_seed(2)
        drawn.append(model(X))
    torch.testing.assert_close(*drawn, rtol=0, atol=1e-6)


def test_an_epoch_of_training_is_lfxai_s(pair):
    losses, rates = [], []
    for model in pair:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
        torch.manual_seed(3)
        losses.append(
            (float(model.train_epoch("cpu", loader(X, Y), optimizer)), float(model.test_epoch("cpu", loader(X, Y))))
        )
        rates.append(torch.cat([value.flatten().float() for value in model.state_dict().values()]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    torch.testing.assert_close(*rates, rtol=0, atol=1e-6)


def test_the_test_loss_is_the_mean_of_the_cases_whatever_the_batches():
    model = stirred(autoencoder())
    whole = model.test_epoch("cpu", loader(X, Y, 24))
    assert float(model.test_epoch("cpu", loader(X, Y, 7))) == pytest.approx(float(whole), rel=1e-6)


def test_it_is_a_latent_model():
    model = stirred(autoencoder())
    assert isinstance(model, LatentModel)
    encoding = model.encode(X)
    assert encoding.skips == ()
    assert encoding.z.shape == (24, 4)
    picture = model.decode(encoding.z, skip_dropout=0.0)
    assert torch.equal(picture, model(X))
    assert 0 <= picture.min().item() <= picture.max().item() <= 1
    assert model.classify(encoding.z) is None
    assert (model.input_size, model.input_channels, model.encoding_dims, model.classes) == ((28, 28), 1, 4, 0)
    with pytest.raises(ImageError, match=r"\[B, 1, 28, 28\]"):
        model.encode(X[:, :, :20])


def test_only_training_perturbs_what_forward_is_given():
    model = stirred(autoencoder(RandomNoise(0.5)))
    assert torch.equal(model(X), model(X))
    model.train()
    assert not torch.equal(model(X), model(X))


def test_the_pretext_task_is_part_of_the_test():
    plain, noisy = stirred(autoencoder()), stirred(autoencoder(RandomNoise(0.5)))
    torch.manual_seed(0)
    assert float(noisy.test_epoch("cpu", loader(X, Y))) != float(plain.test_epoch("cpu", loader(X, Y)))


def test_sizes_that_do_not_agree_are_named():
    with pytest.raises(ValueError, match=r"latent_dim is 3.*the decoder has 4"):
        AutoEncoderMnist(EncoderMnist(3), DecoderMnist(4), 3, Identity())
    for network in (EncoderMnist, DecoderMnist):
        with pytest.raises(ValueError, match="0 dimensions"):
            network(0)


def test_an_own_encoder_is_taken():
    encoder, decoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), nn.Sequential(nn.Linear(2, 784), nn.Sigmoid())
    model = AutoEncoderMnist(encoder, nn.Sequential(decoder, nn.Unflatten(1, (1, 28, 28))), 2, Identity())
    assert model(X).shape == X.shape
    assert model.arguments == {}
    assert model.card().kind == "AutoEncoderMnist"


def test_metadata_are_lfxai_s_and_saved_whole(tmp_path, pair):
    ours, other = autoencoder(name="mine"), pair[1]
    other.name = "mine"
    (tmp_path / "theirs").mkdir()
    ours.save_metadata(tmp_path / "ours")
    other.save_metadata(tmp_path / "theirs")
    assert (tmp_path / "ours/mine.json").read_text() == (tmp_path / "theirs/mine.json").read_text()
    assert ours.load_metadata(tmp_path / "ours") == other.load_metadata(tmp_path / "ours")
    with pytest.raises(CheckpointError, match=r"none.mine\.json"):
        ours.load_metadata(tmp_path / "none")
    for text in ('{"latent_dim"', "[]"):
        (tmp_path / "ours/mine.json").write_text(text)
        with pytest.raises(DamagedCheckpointError, match="mine"):
            ours.load_metadata(tmp_path / "ours")


def test_weights_of_lfxai_s_file_are_taken(tmp_path, pair):
    ours, other = autoencoder(Identity()).eval(), pair[1]
    other.save(tmp_path)
    ours.load_weights(tmp_path / "model.pt")
    torch.testing.assert_close(ours(X), other(X), rtol=0, atol=1e-6)


def with_nan(case):
    x = X.clone()
    x[case, 0, 3, 5] = torch.nan
    return x


def test_inputs_that_are_not_numbers_are_named_before_the_training(tmp_path):
    model, sound = autoencoder(), loader(X, Y)
    for name, loaders in {
        "train_loader": (loader(with_nan(20), Y), sound),
        "test_loader": (sound, loader(with_nan(20), Y)),
    }.items():
        with pytest.raises(
            TrainingError, match=rf"{name} .* its data set: .*not finite, the first in case 20 at \[0, 3, 5\]"
        ):
            model.fit("cpu", *loaders, tmp_path / "none", n_epoch=1)
    assert not (tmp_path / "none").exists()
    with pytest.raises(TrainingError, match="train_loader has no batches"):
        model.fit("cpu", loader(X, Y, 99, drop_last=True), sound, tmp_path)


def test_a_loss_that_is_not_a_number_ends_the_training(tmp_path):
    """Of data that are read case by case, of which only the first batch was looked at before."""

    def read(case):
        return DataLoader(list(zip(with_nan(case), Y, strict=True)), batch_size=8)

    with pytest.raises(TrainingError, match=r"batch 3 is nan.*NaN"):
        autoencoder().fit("cpu", read(20), loader(X, Y), tmp_path, n_epoch=1)
    with pytest.raises(TrainingError, match="test loss of epoch 1"):
        autoencoder().fit("cpu", loader(X, Y), read(20), tmp_path, n_epoch=1)
