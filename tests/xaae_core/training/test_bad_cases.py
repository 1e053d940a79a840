"""A bad case is named before training starts wherever it lies in the data, and whichever way the training goes."""

import numpy as np
import pytest
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from torch import nn
from torch.utils import data as torch_data

from tests.xaae_core.models.digits import digits, loader
from tests.xaae_core.models.test_simclr import SETTINGS, small
from xaae_core.data.beats import draw_beats
from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases
from xaae_core.errors import SignalError, TrainingError
from xaae_core.models.autoencoder_latents import AutoencoderLatents
from xaae_core.models.catalogue import DEFAULT_MODEL, MODELS, build_catalogued
from xaae_core.models.cnn_autoencoder import AutoencoderCNN
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist
from xaae_core.models.picture_networks import build_autoencoder
from xaae_core.pretext import Identity
from xaae_core.training.train_model import train_model

BEATS = draw_beats(24, 0, length=64)
SIGNALS = [name for name, entry in MODELS.items() if "signal" in entry.mediums]
QUIET = {"save_tsne": False, "save_pls": False, "progress_bar": False}
LABELS = np.arange(24) % 2


def of_beats(name, **options):
    own = {"network": {"encoder": "signal:small:4-6", "decoder": "light", "recons_metric": "ssim"}}
    own = own if name == DEFAULT_MODEL else options
    return build_catalogued(name, size=64, channels=2, form=BEATS.form, dims=3, **own)


def in_memory(x, shuffle=True):
    parts = (CasesInMemory(x[rows], LABELS[rows], ("a", "b")) for rows in (slice(12), slice(12, 24)))
    return loaders_of_cases(*parts, batch_size=6)


def one_by_one(cases):
    """Of a data set that reads each case; 12 to train on, and the others."""
    train, valid = DataLoader(cases[:12], bs=6, shuffle=True, drop_last=True), DataLoader(cases[12:], bs=6)
    return DataLoaders(train, valid, device="cpu")


@pytest.mark.parametrize("row", [11, 23], ids=["train", "valid"])
@pytest.mark.parametrize("name", SIGNALS)
def test_nan_in_any_one_signal_is_named_with_its_channel_and_time(name, row, tmp_path):
    x = torch.from_numpy(BEATS.scaled())
    x[row, 1, 32] = torch.nan
    part = "train" if row < 12 else "valid"
    with pytest.raises(
        (SignalError, TrainingError),
        match=rf'a batch of {part} has nan in channel "V2" at 0\.500 s; expected|'
        r'signal \d of the batch has nan in channel "V2" at 0\.500 s',
    ):
        train_model(of_beats(name), in_memory(x), models_dir=tmp_path, **QUIET)
    assert not (tmp_path / "history.csv").exists()


@pytest.mark.parametrize("value", [1.5, float("nan")])
@pytest.mark.parametrize("name", ["vae", "burgess_vae", "beta_vae_mnist"])
def test_one_picture_of_many_that_is_no_share_is_named(name, value, tmp_path):
    side = MODELS[name].sizes[0][0] if MODELS[name].sizes else 16
    model = build_catalogued(name, size=side, channels=1, dims=3)
    x = torch.rand(24, 1, side, side)
    x[23, 0, 2, 3] = value
    said = r"a batch of valid.*(to 1.5.*needs \[0, 1\]|not finite, the first in case 5 at \[0, 2, 3\])"
    with pytest.raises(TrainingError, match=said):
        train_model(model, in_memory(x), models_dir=tmp_path, **QUIET)
    with pytest.raises(TrainingError, match=r"test_loader .* its data set.*(needs \[0, 1\]|the first in case 11)"):
        fit(model, loader(x[:12], torch.zeros(12)), loader(x[12:], torch.zeros(12)), tmp_path / "fit")
    assert list(tmp_path.rglob("*.csv")) == list(tmp_path.rglob("*.safetensors")) == []


def fit(model, train, test, folder):
    return model.fit("cpu", train, test, n_epoch=1, save_dir=folder)


def test_unequal_lengths_are_named_by_both(tmp_path):
    cases = [(torch.rand(2, 60 if row == 20 else 64), int(LABELS[row])) for row in range(24)]
    said = r"shapes \[2, 64\] and \[2, 60\]; expected one and the same of all: .*one length"
    with pytest.raises(TrainingError, match=said):
        train_model(of_beats("ae"), one_by_one(cases), models_dir=tmp_path, **QUIET)
    model, sound = of_beats("ae"), torch_data.DataLoader(cases[:12], batch_size=6)
    with pytest.raises(TrainingError, match=f"test_loader: .*{said}"):
        fit(model, sound, torch_data.DataLoader(cases[12:], batch_size=12), tmp_path)
    whole = torch_data.DataLoader([(x[:, :50], y) for x, y in cases], batch_size=6)
    with pytest.raises(TrainingError, match=r"signals of shape \(6, 2, 50\); this model takes \[B, 2, 64\]"):
        fit(model, whole, whole, tmp_path)
    assert list(tmp_path.rglob("*.csv")) == []


def pairs(second):
    return [((torch.rand(1, 16, 16), torch.rand(1, *second)), 0) for _ in range(24)]


def test_pairs_of_two_shapes_are_named_by_both(tmp_path):
    model = build_catalogued("adagvae", size=16, channels=1, dims=3)
    said = r"the pair has the shapes \(6, 1, 16, 16\) and \(6, 1, 16, 15\); expected one and the same"
    with pytest.raises(TrainingError, match=said):
        train_model(model, one_by_one(pairs((16, 15))), models_dir=tmp_path, **QUIET)
    with pytest.raises(TrainingError, match=r"expected one tensor \[2, …\] for each pair: .*torch.stack"):
        train_model(model, one_by_one(pairs((16, 16))), models_dir=tmp_path, **QUIET)
    unequal = torch_data.DataLoader(pairs((16, 15)), batch_size=6)
    with pytest.raises(TrainingError, match=f"train_loader cannot be trained with: {said}"):
        fit(model, unequal, unequal, tmp_path / "fit")
    assert [path.name for path in tmp_path.iterdir()] == [".training.lock"]


def test_pairs_that_a_loader_gives_apart_are_fitted(tmp_path):
    model, apart = build_autoencoder("AdaGVAE", (1, 16, 16), 3), torch_data.DataLoader(pairs((16, 16)), batch_size=6)
    assert len(fit(model, apart, apart, tmp_path).rows) == 1


def own_autoencoder(n_dims):
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, n_dims))
    return AutoEncoderMnist(encoder, DecoderMnist(4), 4, Identity())


def test_an_own_encoder_that_does_not_match_the_decoder_is_named_by_fit(tmp_path):
    x, y = digits(8)
    with pytest.raises(TrainingError, match=r"train_loader: its first batch \(8, 1, 28, 28\) .*do not fit each other"):
        fit(own_autoencoder(3), loader(x, y), loader(x, y), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(fit(own_autoencoder(4), loader(x, y), loader(x, y), tmp_path).rows) == 1


def test_loaders_that_are_none_are_named(tmp_path):
    x, y = digits(8)
    for batches, said in (
        (torch_data.DataLoader(x, batch_size=4), "batches are a Tensor; expected"),
        (torch_data.DataLoader(torch_data.TensorDataset(x, y, y), batch_size=4), "batches are 3 entries; expected"),
    ):
        with pytest.raises(TrainingError, match=rf"train_loader: the loader's {said} \(inputs, labels\)"):
            fit(own_autoencoder(4), batches, loader(x, y), tmp_path)


def test_nan_in_a_signal_of_lfxai_s_own_layout_and_in_pictures_of_simclr(tmp_path):
    x = torch.rand(8, 20, 2)
    x[6, 4, 1] = torch.nan
    with pytest.raises(TrainingError, match=r"not finite, the first in case 6 at \[4, 1\]"):
        fit(AutoencoderCNN(3, seq_len=20, n_features=2), loader(x, torch.zeros(8)), loader(x, torch.zeros(8)), tmp_path)
    pictures = torch.rand(12, 3, 16, 16)
    pictures[5, 1] = torch.nan
    with pytest.raises(
        TrainingError, match=r"the pictures: values that are not finite, the first in case 5 at \[1, 0, 0\] \(nan\)"
    ):
        small().fit(SETTINGS, "cpu", images=pictures, save_dir=tmp_path)


def test_looking_at_the_data_leaves_no_trace(tmp_path):
    """Neither in the order of a loader's own generator nor in the batch statistics of the model."""
    x, y = digits(8)
    generator = torch.Generator().manual_seed(3)
    before, model = generator.get_state(), build_autoencoder("VAE", (1, 28, 28), 3)
    assert isinstance(model, AutoencoderLatents)
    nan = loader(x * torch.nan, y)
    with pytest.raises(TrainingError, match="test_loader"):
        fit(model.train(), loader(x, y, shuffle=True, generator=generator), nan, tmp_path)
    assert torch.equal(generator.get_state(), before)
    assert model.training
