"""The autoencoders of signals: lfxai's on its weights for one channel and length 140, and right for any other."""

import pytest
import torch

from tests.xaae_core.models.digits import loader, stirred
from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.errors import SignalError
from xaae_core.models.cnn_autoencoder import AutoencoderCNN, ConvolutionLengths, DecoderCNN, EncoderCNN
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.recurrent_autoencoder import RecurrentAutoencoder, RecurrentDecoder, RecurrentEncoder


def signals(n=12, length=140, channels=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    time = torch.linspace(0, 6.28, length)[None, :, None]
    phase, rate = torch.rand(2, n, 1, channels, generator=generator)
    return torch.sin((1 + rate) * time + 3 * phase)


def with_weights_of(ours, other):
    ours.load_state_dict(other.state_dict())
    return ours.eval(), other.eval()


def test_the_recurrent_one_is_lfxai_s(tmp_path):
    torch.manual_seed(0)
    x = signals(length=30)
    other = lfxai_module("time_series").RecurrentAutoencoder(30, 1, 5)
    ours, other = with_weights_of(RecurrentAutoencoder(30, 1, 5), other)
    torch.testing.assert_close(ours(x), other(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(ours.encode(x).z, other.encoder(x), rtol=0, atol=1e-6)
    batches = loader(x, torch.zeros(12), 6)
    measured = []
    for model in (ours, other):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        measured.append([model.train_epoch("cpu", batches, optimizer), model.test_epoch("cpu", batches)])
    assert measured[0] == pytest.approx(measured[1], rel=1e-6)


def test_several_channels_stay_with_their_signal_which_they_do_not_in_lfxai():
    x = signals(length=20, channels=3)
    ours = RecurrentAutoencoder(20, 3, 4).eval()
    assert ours(x).shape == x.shape
    other = lfxai_module("time_series").RecurrentAutoencoder(20, 3, 4)
    assert len(other(x)) == 3 * len(x)
    torch.testing.assert_close(ours(x)[2:3], ours(x[2:3]), rtol=0, atol=1e-6)


def test_the_convolutional_one_is_lfxai_s_transposed():
    torch.manual_seed(0)
    x = signals()
    other = stirred(lfxai_module("time_series").AutoencoderCNN(5))
    ours, other = with_weights_of(AutoencoderCNN(5), other)
    torch.testing.assert_close(ours.encode(x).z, other.encoder(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(ours(x).transpose(1, 2), other(x), rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_convolutional_loss_compares_each_value_with_its_own_and_not_with_all_as_lfxai_s():
    x = signals()
    ours = AutoencoderCNN(5)
    ours.forward = lambda given: given  # a perfect reconstruction
    assert float(ours.test_epoch("cpu", loader(x, torch.zeros(12)))) == 0
    other = lfxai_module("time_series").AutoencoderCNN(5)
    other.forward = lambda given: given.transpose(1, 2)  # likewise, in the shape that it gives
    assert float(other.test_epoch("cpu", loader(x, torch.zeros(12)))) > 0.5


@pytest.mark.parametrize("length", [*range(9, 26), 139, 140, 141, 3001])
def test_any_length_comes_back(length):
    model = AutoencoderCNN(3, seq_len=length, n_features=2).eval()
    x = signals(2, length, 2)
    assert model(x).shape == x.shape
    assert model.encode(x).z.shape == (2, 3)


def test_lengths_are_those_of_the_convolutions():
    lengths = ConvolutionLengths(140)
    assert (lengths.first, lengths.second, lengths.third) == (70, 35, 17)
    with pytest.raises(ValueError, match="seq_len is 8"):
        AutoencoderCNN(3, seq_len=8)


@pytest.mark.parametrize(
    "make",
    [lambda: RecurrentAutoencoder(24, 2, 3), lambda: AutoencoderCNN(3, seq_len=24, n_features=2)],
    ids=["RecurrentAutoencoder", "AutoencoderCNN"],
)
def test_they_learn_and_save(make, tmp_path):
    torch.manual_seed(0)
    model, x = make(), signals(16, 24, 2)
    batches = loader(x, torch.zeros(16))
    history = model.fit("cpu", batches, batches, tmp_path, n_epoch=6, checkpoint_interval=3)
    assert history.rows[-1]["test_loss"] < history.rows[0]["test_loss"]
    assert [path.name for path in model.checkpoints_files] == [
        "model_checkpoint1.safetensors",
        "model_checkpoint2.safetensors",
    ]
    again = make()
    again.load_weights(tmp_path / "model.safetensors")
    assert torch.equal(again.eval()(x), model(x))
    assert model.load_metadata(tmp_path)["seq_len"] == 24
    assert model.classify(model.encode(x).z) is None
    assert not isinstance(model, LatentModel)  # its sizes are not those of images


@pytest.mark.parametrize("model", [RecurrentAutoencoder(24, 2, 3), AutoencoderCNN(3, seq_len=24, n_features=2)])
@pytest.mark.parametrize("shape", [(4, 24, 1), (4, 23, 2), (4, 2, 24), (24, 2)])
def test_other_signals_are_named(model, shape):
    with pytest.raises(SignalError, match=r"this model takes \[B, 24, 2\]"):
        model(torch.zeros(shape))


def test_parts_work_alone():
    assert RecurrentDecoder(7, 2, 3)(torch.zeros(4, 3)).shape == (4, 7, 2)
    assert RecurrentEncoder(7, 2, 3)(torch.zeros(4, 9, 2)).shape == (4, 3)
    assert DecoderCNN(3)(torch.zeros(4, 3)).shape == (4, 140, 1)
    assert EncoderCNN(3)(torch.zeros(4, 140, 1)).shape == (4, 3)
    with pytest.raises(ValueError, match="embedding_dim=0"):
        RecurrentAutoencoder(7, 2, 0)
