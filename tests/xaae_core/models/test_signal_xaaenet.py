"""xAAEnet's blocks around encoders of signals: any length, skips, state, cards, and bad input named."""

import copy
import threading

import pytest
import torch
from torch import nn

from tests.xaae_core.models.digits import stirred
from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.data.beats import draw_beats
from xaae_core.errors import EncoderContractError, PretrainedWeightsError, SignalError
from xaae_core.losses import reconstruction_loss
from xaae_core.model_card import card_for
from xaae_core.models import EncoderWithAAEBlocks, add_xaae_blocks, build_encoder, known_encoders
from xaae_core.models.signal_pictures import SignalPictures, as_picture_model
from xaae_core.models.upsampling import PixelShuffleUp, fit_to

BEATS = draw_beats(6, seed=1, length=50)
SMALL = "signal:small:4-6-8"


def make(spec=SMALL, beats=BEATS, **options):
    torch.manual_seed(0)
    channels = beats.form.n_channels
    settings = {"encoding_dims": 5, "encoder_spec": spec, "recons_metric": "ssim"} | options
    return add_xaae_blocks(build_encoder(spec, channels), signal_form=beats.form, **settings)


def signals(beats=BEATS):
    return torch.from_numpy(beats.scaled())


@pytest.mark.parametrize(("channels", "length"), [(1, 140), (23, 3001), (2, 128), (1, 17), (3, 99)])
@pytest.mark.parametrize(("encoder", "decoder"), [("signal:small", "light"), ("signal:resnet1d:4-6-8-8", "unet")])
def test_any_length_comes_back_exactly_with_skips_and_without(channels, length, encoder, decoder):
    model = add_xaae_blocks(build_encoder(encoder, channels), (length,), channels, 4, decoder=decoder).eval()
    x = torch.rand(2, channels, length)
    encoding = model.encode(x)
    assert len(encoding.skips) == len(model.layout.skip_shapes) > 1
    assert [tuple(skip.shape[1:]) for skip in encoding.skips] == list(model.layout.skip_shapes)
    for dropped in (0.0, 0.5, 1.0):
        assert model.decode(encoding.z, encoding.skips, skip_dropout=dropped).shape == x.shape
    assert model(x).shape == (2, 2)
    assert model.decoder_output.shape == x.shape
    assert model.input_size == (length,)


class Own(nn.Module):
    """A user's encoder: pooling instead of strides, and an odd length on the way."""

    def __init__(self, channels=2):
        super().__init__()
        self.a, self.b = nn.Conv1d(channels, 6, 5, padding=2), nn.Conv1d(6, 9, 3)

    def forward(self, x):
        return nn.functional.max_pool1d(self.b(nn.functional.avg_pool1d(self.a(x), 3)), 2)


def test_one_number_means_samples_for_an_encoder_of_signals():
    for size in (50, (50,), [50]):
        model = add_xaae_blocks(Own(), size, 2, 4)
        assert (model.input_size, model.encoder_feature_shape) == ((50,), (9, 7))
        assert model.signal_form.channel_names == ("channel 1", "channel 2")
    assert model(signals()).shape == (6, 2)
    assert add_xaae_blocks(build_encoder("small:4-6", 1), 32, 1, 4).signal_form is None


def test_the_form_says_size_and_channels():
    model = add_xaae_blocks(Own(), encoding_dims=4, signal_form=BEATS.form)
    assert (model.input_size, model.input_channels, model.signal_form) == ((50,), 2, BEATS.form)
    with pytest.raises(SignalError, match="form's signals have 50 samples"):
        add_xaae_blocks(Own(), 51, signal_form=BEATS.form)
    with pytest.raises(SignalError, match="the form has 2 channels"):
        add_xaae_blocks(Own(), input_channels=4, signal_form=BEATS.form)


class Vector(nn.Module):
    def forward(self, x):
        return x.mean(dim=2)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (Vector(), r"returned a vector for each image \(pooled\?\), shape \(1, 2\), instead of a map along time"),
        (nn.Conv1d(2, 4, 3, padding=1), "has 4 channels of 50 for an input of 50 samples: its maps do not shrink"),
        (nn.Conv1d(3, 4, 3, stride=2), "failed on a dummy batch of shape 1×2×50"),
    ],
    ids=["vector", "unshrunk", "channels"],
)
def test_an_encoder_that_does_not_fit_is_named(encoder, message):
    with pytest.raises(EncoderContractError, match=message):
        add_xaae_blocks(encoder, signal_form=BEATS.form)


def test_other_signals_are_refused():
    model = make().eval()
    for shape in ((1, 2, 51), (1, 3, 50), (2, 50), (1, 1, 2, 50)):
        with pytest.raises(SignalError, match=r"takes \[B, 2, 50\]"):
            model.encode(torch.rand(shape))


def test_the_encoders_of_signals_are_known_by_name():
    assert known_encoders("signal") == ("signal:resnet1d", "signal:small")
    for name in known_encoders("signal"):
        assert build_encoder(name, 3, input_size=(64,))(torch.rand(2, 3, 64)).shape == (2, 128, 2)
    with pytest.raises(EncoderContractError, match=r"signal:resnet2d.*Did you mean signal:resnet1d"):
        build_encoder("signal:resnet2d", 1)
    with pytest.raises(EncoderContractError, match='the widths "0"'):
        build_encoder("signal:small:0", 1)
    with pytest.raises(EncoderContractError, match="for signals take"):
        build_encoder("small", 1, input_size=(64,))
    with pytest.raises(
        EncoderContractError, match=r"takes signals of \(samples,\), not pictures of 48 × 64: for pictures"
    ):
        build_encoder("signal:small", 1, input_size=(48, 64))
    with pytest.raises(PretrainedWeightsError, match="no pretrained weights"):
        build_encoder("signal:small", 1, weights_path="weights.pth")


@pytest.mark.parametrize("spec", [SMALL, "signal:resnet1d:4-6"])
def test_a_checkpoint_opens_by_itself_bit_for_bit(spec, tmp_path):
    model = stirred(make(spec, decoder="light", freeze_encoder=True, skip_dropout=0.5)).eval()
    path = save_checkpoint(model, tmp_path / "beats.safetensors", card_for(model))
    opened = load_checkpoint(path)
    assert "input_size" not in opened.card.arguments  # the form is the one place that tells it
    assert opened.model.signal_form == BEATS.form
    encoding, again = model.encode(signals()), opened.model.encode(signals())
    assert torch.equal(encoding.z, again.z)
    for skips in ((), encoding.skips):
        drawn = model.decode(encoding.z, skips, skip_dropout=0.0)
        assert torch.equal(drawn, opened.model.decode(again.z, skips, skip_dropout=0.0))


def test_a_signal_may_go_beyond_its_form():
    model = make().eval()
    with torch.no_grad():
        model.decoder.head[-1].bias.fill_(3.0)
        assert model.decode(torch.zeros(1, 5)).min() > 1


def test_dropped_skips_add_nothing_and_kept_ones_something():
    model = stirred(make()).eval()
    for block in model.decoder.blocks:
        nn.init.normal_(block.conv_skip.weight)  # they begin as nothing
    encoding = model.encode(signals())
    alone = model.decode(encoding.z)
    assert torch.equal(model.decode(encoding.z, encoding.skips, skip_dropout=1.0), alone)
    assert not torch.allclose(model.decode(encoding.z, encoding.skips, skip_dropout=0.0), alone)
    seeded = [
        model.decode(encoding.z, encoding.skips, skip_dropout=0.5, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(seeded[0], seeded[1])
    assert not torch.equal(seeded[0], seeded[2])


@pytest.mark.parametrize("per", ["channel", "image"])
def test_every_part_learns(per):
    model = make(skip_dropout=0.4, skip_dropout_per=per)
    model.train()
    labels = torch.tensor([0, 1, 0, 1, 0, 1])
    loss = model.classif_loss_func(model(signals()), labels, 0.3, 0.4, 0.3)
    loss.backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None and not name.startswith("fc_crit")]
    assert missing == []
    model.gen_train = False
    model(signals())
    model.aae_loss_func(None, labels).backward()
    assert all(p.grad is not None for p in model.fc_crit.parameters())


def test_the_reconstruction_loss_needs_enough_samples():
    x = signals()
    assert reconstruction_loss(x, x, "ssim").item() == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="signal has 50 samples; MS-SSIM needs at least 161"):
        reconstruction_loss(x, x, "ms_ssim")
    long = torch.rand(2, 1, 161)
    assert reconstruction_loss(long, long, "ms_ssim").item() == pytest.approx(0, abs=1e-6)


def test_sub_pixel_upsampling_along_time_starts_as_repetition():
    up = PixelShuffleUp(3, 4, n_dims=1)
    x = torch.rand(2, 3, 7)
    made = up(x)
    assert made.shape == (2, 4, 14)
    torch.testing.assert_close(made[..., ::2], made[..., 1::2])
    torch.testing.assert_close(made[..., ::2], torch.relu(nn.functional.conv1d(x, up[0].weight[::2])))
    assert fit_to(made, (13,)).shape == (2, 4, 13)
    assert torch.equal(fit_to(made, (7,)), made[..., ::2])


class TestAsPictures:
    """`SignalPictures`: the same model, a row for each channel."""

    model = stirred(make(classes=1)).eval()

    def test_it_is_pure_and_the_same(self):
        pictures = as_picture_model(self.model)
        x = signals()
        before = copy.deepcopy(pictures.state_dict())
        encoding = pictures.encode(x[:, None])
        assert torch.equal(encoding.z, self.model.encode(x).z)
        for dropped in (0.0, 1.0):
            drawn = pictures.decode(encoding.z, encoding.skips, skip_dropout=dropped)
            assert torch.equal(drawn[:, 0], self.model.decode(encoding.z, encoding.skips, skip_dropout=dropped))
        assert torch.equal(pictures(x[:, None])[:, 0], self.model.decode(encoding.z, encoding.skips))
        assert all(torch.equal(value, pictures.state_dict()[name]) for name, value in before.items())
        assert not hasattr(pictures, "decoder_output")
        assert as_picture_model(pictures) is pictures
        assert (pictures.input_size, pictures.input_channels, pictures.encoding_dims) == ((2, 50), 1, 5)

    def test_it_reaches_through_and_copies_and_moves(self):
        pictures = as_picture_model(self.model)
        z = torch.zeros(2, 5)
        assert torch.equal(pictures.discriminate(z), self.model.discriminate(z))
        assert torch.equal(pictures.classify(z), self.model.classify(z))
        assert pictures.is_regressor
        assert pictures.target_std is self.model.target_std
        with pytest.raises(AttributeError, match="no_such"):
            _ = pictures.no_such
        copied = copy.deepcopy(pictures).to(torch.float64)
        assert copied.model.to_latent[1].weight.dtype is torch.float64
        assert self.model.to_latent[1].weight.dtype is torch.float32
        assert copied.encode(signals()[:, None].double()).z.dtype is torch.float64
        assert copied.train().model.training
        assert not copied.eval().model.training

    def test_gradients_flow(self):
        x = signals()[:, None].requires_grad_()
        as_picture_model(self.model)(x).sum().backward()
        assert x.grad.abs().sum(dim=(2, 3)).min() > 0

    def test_other_shapes_are_refused(self):
        for shape in ((1, 2, 50), (1, 1, 50, 2), (1, 2, 2, 50)):
            with pytest.raises(SignalError, match=r"expected \[B, 1, 2, 50\]"):
                as_picture_model(self.model).encode(torch.rand(shape))

    def test_threads_share_it(self):
        pictures = SignalPictures(self.model)
        parts = [torch.rand(1, 1, 2, 50) for _ in range(4)]
        alone = [pictures(part) for part in parts]
        found = [None] * 4

        def work(row):
            found[row] = [pictures(parts[row]) for _ in range(8)]

        threads = [threading.Thread(target=work, args=(row,)) for row in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(torch.equal(again, once) for once, several in zip(alone, found, strict=True) for again in several)


def test_the_models_of_pictures_have_the_weights_they_had():
    """Names and shapes of a small model, so that no checkpoint is left behind."""
    model = add_xaae_blocks(build_encoder("small:4-6", 1), (20, 13), 1, 3, decoder="unet")
    assert isinstance(model, EncoderWithAAEBlocks)
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    assert shapes["pixel_mean"] == (1, 1, 1, 1)
    assert shapes["decoder.inner.2.0.weight"] == (12, 6, 3, 3)
    assert shapes["decoder.blocks.0.tail.0.weight"][2:] == (3, 3)
    assert shapes["decoder.blocks.0.tail.1.running_mean"] == shapes["decoder.blocks.0.norm.weight"]
    assert shapes["decoder.head.1.weight"][:1] == (1,)
    assert card_for(model).arguments["input_size"] == [20, 13]


def is_level(maps):
    return torch.allclose(maps, maps[..., :1].expand_as(maps), atol=1e-5)


@pytest.mark.parametrize("decoder", ["light", "unet"])
def test_nothing_happens_at_the_ends_of_a_level_signal(decoder):
    """Convolutions that see 0 beyond the ends would put a step towards the form's low there."""
    model = make("signal:resnet1d:4-6-8", decoder=decoder).eval()
    maps = model.encoder(torch.full((1, 2, 50), 0.4))
    assert is_level(maps)
    drawn = model.decoder(torch.rand_like(maps[..., :1]).expand_as(maps))
    assert is_level(drawn)
    assert drawn.abs().max() > 0.01
