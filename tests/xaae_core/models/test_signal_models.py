"""AE, VAE, AdaGVAE and lfxai's autoencoders as models of signals: any size, scaled, opened by themselves, bad input."""

import pytest
import torch
from torch import nn

from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.data.beats import draw_beats
from xaae_core.errors import AutoencoderError, SignalError, WrongModelError
from xaae_core.model_card import card_for
from xaae_core.models.cnn_autoencoder import AutoencoderCNN
from xaae_core.models.pyautoencoder_names import AE, VAE, AdaGVAE
from xaae_core.models.recurrent_autoencoder import RecurrentAutoencoder
from xaae_core.models.signal_networks import SignalDecoder, SignalEncoder, build_signal_autoencoder
from xaae_core.models.signals_in_units import build_signals_in_units
from xaae_core.signal_form import SignalForm

BEATS = draw_beats(64, seed=3, length=64)


def form_of(channels, length):
    names = tuple(f"c{number}" for number in range(channels))
    return SignalForm(length=length, sampling_rate=100.0, channel_names=names)


@pytest.mark.parametrize(("channels", "length"), [(1, 140), (23, 3001), (2, 128), (1, 1), (3, 7), (1, 17)])
@pytest.mark.parametrize("family", ["AE", "VAE", "AdaGVAE"])
def test_any_length_and_number_of_channels_comes_back(family, channels, length):
    model = build_signal_autoencoder(family, form_of(channels, length), 5).eval()
    x = torch.rand(2, channels, length)
    z = model.encode(x).z
    assert (model.input_channels, model.input_size, z.shape) == (channels, (length,), (2, 5))
    assert model.decode(z).shape == model(x).shape == x.shape
    assert model.has_prior == (family != "AE")


def test_nothing_happens_at_the_ends_of_a_level_signal():
    """Convolutions that see 0 beyond the ends would put a step towards the form's low there."""
    torch.manual_seed(0)
    encoder, decoder = SignalEncoder(2, 50).eval(), SignalDecoder(2, 50, 4).eval()
    maps = encoder.maps[:-1](torch.full((1, 2, 50), 0.4))
    drawn = decoder.maps(torch.rand_like(maps[..., :1]).expand_as(maps))
    for found in (maps, drawn):
        assert torch.allclose(found, found[..., :1].expand_as(found), atol=1e-5)
        assert found.abs().max() > 0.01


def test_what_it_learns_of_beats_holds_for_others():
    torch.manual_seed(0)
    model = build_signal_autoencoder("AE", BEATS.form, 6)
    x, unseen = (torch.from_numpy(draw_beats(200, seed=seed, length=64).scaled()) for seed in (3, 4))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=20 * 13)
    for _ in range(20):
        for rows in torch.randperm(200).split(16):
            loss = model.batch_losses(x[rows], None, 200)["loss"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        error = (model.eval()(unseen) - unseen).square().mean()
    assert error < 0.9 * (unseen - x.mean(dim=0)).square().mean()  # 0.78; 1 is what the mean beat alone would reach


def test_a_gaussian_signal_goes_beyond_its_form_and_a_bernoulli_one_does_not():
    for likelihood, is_bounded in (("gaussian", False), ("bernoulli", True)):
        model = build_signal_autoencoder("AE", BEATS.form, 3, likelihood=likelihood).eval()
        with torch.no_grad():
            model.model.decoder.maps[-1].bias.fill_(9.0)
            drawn = model.decode(torch.zeros(1, 3))
        assert bool((drawn <= 1).all()) == is_bounded


def test_a_user_s_own_networks_become_a_model_of_signals():
    core = VAE(SignalEncoder(2, 64), SignalDecoder(2, 64, 4), 4)
    core.build(torch.rand(2, 2, 64))
    x = torch.from_numpy(BEATS.scaled()[:3])
    for model in (core, AdaGVAE(core)):
        latents = model.as_latent_model(form=BEATS.form).eval()
        assert torch.equal(latents.encode(x).z, core.posterior(x)[0])
        assert latents.signal_form is BEATS.form
    with pytest.raises(AutoencoderError, match="form=form"):
        core.as_latent_model()
    with pytest.raises(SignalError, match=r"\(2, 64\); the form's signals are \(2, 128\)"):
        core.as_latent_model(form=draw_beats(1).form)


def test_a_user_s_own_networks_cannot_be_carried_and_the_file_says_so(tmp_path):
    core = AE(nn.Flatten(), nn.Unflatten(1, (2, 64)))
    core.build(torch.rand(2, 2, 64))
    core.as_latent_model(form=BEATS.form).save(tmp_path)
    with pytest.raises(WrongModelError, match="own encoder"):
        load_checkpoint(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    "model",
    [RecurrentAutoencoder(64, 2, 5), AutoencoderCNN(5, seq_len=64, n_features=2)],
    ids=["recurrent", "convolutional"],
)
def test_lfxai_s_are_scaled_and_turned_by_the_form(model):
    latents = model.eval().as_latent_model(BEATS.form)
    scaled, volts = torch.from_numpy(BEATS.scaled()[:4]), torch.from_numpy(BEATS.values[:4])
    own = volts.transpose(1, 2)  # [B, T, C] in millivolts
    torch.testing.assert_close(latents.encode(scaled).z, model.encode(own).z)
    again = torch.from_numpy(BEATS.form.in_units(latents(scaled).detach().numpy()))
    torch.testing.assert_close(again, model(own).transpose(1, 2))
    assert latents.batch_losses(scaled, None, 4)["loss"].item() == pytest.approx(nn.L1Loss()(model(own), own).item())
    with pytest.raises(SignalError, match="2 channels of 64 samples, the form's signals are 2 of 128"):
        model.as_latent_model(draw_beats(1).form)


def test_what_cannot_be_told_of_an_lfxai_model_opens_only_with_it(tmp_path):
    class Own(RecurrentAutoencoder):
        pass

    latents = Own(64, 2, 3).as_latent_model(BEATS.form)
    path = save_checkpoint(latents, tmp_path / "own.safetensors", card_for(latents))
    with pytest.raises(WrongModelError):
        load_checkpoint(path)


def test_impossible_models_are_named():
    with pytest.raises(AutoencoderError, match="latent_dim is 0"):
        build_signal_autoencoder("AE", BEATS.form, 0)
    with pytest.raises(AutoencoderError, match='"GAN"'):
        build_signal_autoencoder("GAN", BEATS.form, 2)
    with pytest.raises(AutoencoderError, match="the decoder makes"):
        AE(SignalEncoder(2, 64, 4), SignalDecoder(2, 66, 4)).build(torch.rand(2, 2, 64))
    with pytest.raises(SignalError, match="at least 9"):
        build_signals_in_units("AutoencoderCNN", 3, form_of(1, 8))


MODELS = {
    "vae": lambda: build_signal_autoencoder("VAE", BEATS.form, 3),
    "lfxai": lambda: build_signals_in_units("AutoencoderCNN", 3, BEATS.form),
}


@pytest.mark.parametrize("kind", MODELS)
def test_bad_signals_are_named(kind):
    model = MODELS[kind]()
    for shape in ((2, 2, 65), (2, 3, 64), (2, 64, 2), (2, 64), (2, 1, 2, 64)):
        with pytest.raises(SignalError, match=r"this model takes \[B, 2, 64\]: channels II, V2"):
            model.encode(torch.rand(shape))
    x = torch.rand(3, 2, 64)
    x[2, 1, 32] = torch.nan
    with pytest.raises(SignalError, match=r'signal 2 of the batch has nan in channel "V2" at 0\.500 s'):
        model.batch_losses(x, None, 3)


def test_bernoulli_needs_signals_within_their_form():
    model = build_signal_autoencoder("AE", BEATS.form, 3, likelihood="bernoulli")
    with pytest.raises(AutoencoderError, match=r"from -0\.5 to 1; .*needs \[0, 1\]"):
        model.batch_losses(torch.linspace(-0.5, 1, 256).view(2, 2, 64), None, 2)


def test_pairs_of_adagvae():
    model = build_signal_autoencoder("AdaGVAE", BEATS.form, 3)
    assert torch.isfinite(model.batch_losses(torch.rand(4, 2, 2, 64), None, 4)["loss"])
    with pytest.raises(AutoencoderError, match=r"pairs \[B, 2, 2, 64\]"):
        model.batch_losses(torch.rand(4, 2, 64), None, 4)
    with pytest.raises(AutoencoderError, match="the pair has the shapes"):
        model.compute_loss((torch.rand(4, 2, 64), torch.rand(3, 2, 64)))
