"""Attributions of signals: known answers along time, every method on convolutions and recurrent nets."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency

from analysis.attributions import (
    METHODS,
    ClassLogit,
    LatentDimension,
    MethodSettings,
    Representation,
    attribute,
    attribute_batch,
    available_methods,
    blurred_baseline,
    level_baseline,
    zero_baseline,
)
from analysis.attributions.label_free import attribute_auxiliary, attribute_individual_dim
from analysis.nouns import signal_words
from tests.analysis.attributions.signal_models import (
    ConvolvedSignals,
    LinearSignals,
    RecurrentSignals,
    form_of,
    seeded,
)
from xaae_core.data.beats import draw_beats
from xaae_core.errors import AttributionError, ImageError
from xaae_core.models.signal_pictures import as_picture_model

SETTINGS = MethodSettings(n_steps=8, n_samples=4, seed=3)


def signal_of(model, seed: int = 0) -> np.ndarray:
    shape = (model.signal_form.n_channels, model.signal_form.length)
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def weights_of(model, dim: int) -> np.ndarray:
    return model.weight.detach().numpy()[dim]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", ["integrated_gradients", "gradient_shap", "deep_lift"])
def test_shares_of_a_linear_model_are_weight_times_distance_from_the_channels_mean(method, channels):
    model = seeded(LinearSignals, form_of(channels))
    signal = signal_of(model)
    settings = MethodSettings(n_steps=4, n_samples=3, noise=0)
    made = attribute(model, signal, LatentDimension(1), method=method, settings=settings)
    shares = weights_of(model, 1) * (signal - signal.mean(axis=1, keepdims=True))
    assert made.map.shape == signal.shape
    assert made.baseline == "each channel's mean"
    if method == "gradient_shap":  # random places on a straight way: the same gradient everywhere
        assert made.map == pytest.approx(shares, abs=1e-4)
        return
    np.testing.assert_allclose(made.map, shares, atol=1e-5)
    assert made.convergence_delta == pytest.approx(0, abs=1e-4)


def test_occlusion_covers_a_stretch_of_one_channel():
    model = seeded(LinearSignals, form_of(3, 40))
    signal = signal_of(model)
    settings = MethodSettings(window=5, stride=5)
    made = attribute(model, signal, LatentDimension(0), method="occlusion", settings=settings)
    shares = weights_of(model, 0) * (signal - signal.mean(axis=1, keepdims=True))
    expected = np.repeat(shares.reshape(3, 8, 5).sum(axis=2), 5, axis=1)  # non-overlapping: each stretch loses its sum
    np.testing.assert_allclose(made.map, expected, atol=1e-4)
    cells = attribute(model, signal, LatentDimension(0), method="feature_ablation", settings=settings)
    np.testing.assert_allclose(cells.map, expected, atol=1e-4)
    assert "stretch" in made.meaning


def test_a_stretch_may_be_longer_than_there_are_channels_but_not_than_the_signal():
    settings = MethodSettings(window=48).for_model(seeded(LinearSignals))
    assert settings.patch_for((2, 48)) == (1, 48)
    with pytest.raises(ValueError, match="the signal's length"):
        MethodSettings(window=49).for_model(seeded(LinearSignals)).window_for((2, 48))


def test_the_noise_of_a_channel_follows_its_own_range():
    model = seeded(ConvolvedSignals)
    quiet = signal_of(model)
    quiet[1] *= 1e-6  # a channel of hardly any range must not drown in the other's noise
    seen = []
    as_picture = as_picture_model(model)
    encode = as_picture.encode
    as_picture.encode = lambda x: seen.append(x.detach().numpy()) or encode(x)
    attribute(as_picture, quiet, LatentDimension(0), method="smooth_grad", settings=SETTINGS)
    widest = max(np.abs(batch[:, 0, 1] - quiet[1]).max() for batch in seen if batch.any())
    assert widest < 1e-4


@pytest.mark.parametrize("kind", [LinearSignals, ConvolvedSignals, RecurrentSignals])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_method_that_says_it_can_explains_and_the_others_say_why(kind, channels):
    model = seeded(kind, form_of(channels))
    signal = signal_of(model)
    available = available_methods(model, ClassLogit(1))
    for method in available.usable:
        made = attribute(model, signal, ClassLogit(1), method=method, settings=SETTINGS)
        assert made.map.shape == signal.shape, method
        assert made.map.any(), method
        assert "pixel" not in made.meaning, method
    assert set(available.usable) | set(available.refused) == set(METHODS)
    wanted = {
        LinearSignals: {"guided_backprop", "grad_cam"},
        ConvolvedSignals: set(),
        RecurrentSignals: {"guided_backprop", "grad_cam", "deep_lift"},
    }
    assert set(available.refused) == wanted[kind]
    for method in available.refused:
        with pytest.raises(AttributionError, match="choose integrated_gradients"):
            attribute(model, signal, ClassLogit(1), method=method)


def test_deep_lift_names_the_recurrent_net_that_it_has_no_rule_for():
    refused = available_methods(seeded(RecurrentSignals), ClassLogit(1)).refused
    assert refused["deep_lift"] == "DeepLift has no rule for LSTM (recurrent)"


def test_grad_cam_looks_at_the_last_map_along_time_and_spreads_it_over_time():
    model = seeded(ConvolvedSignals)
    signal = signal_of(model)
    made = attribute(model, signal, LatentDimension(0), method="grad_cam")
    assert made.settings["layer"].endswith("trunk")
    assert (made.settings["map_height"], made.settings["map_width"]) == (1, 12)
    np.testing.assert_allclose(made.map[0], made.map[1], atol=1e-8)  # the map has mixed the channels
    x = torch.tensor(signal)[None]
    maps = model.trunk(x).detach().requires_grad_()
    slope = torch.autograd.grad(model.out(maps.mean(dim=-1))[0, 0], maps)[0].mean(dim=-1, keepdim=True)
    coarse = torch.relu((slope * maps).sum(dim=1, keepdim=True))
    smooth = torch.nn.functional.interpolate(coarse, 48, mode="linear").detach().numpy()[0, 0]
    np.testing.assert_allclose(made.map[0], smooth, atol=1e-6)


@pytest.mark.parametrize("kind", [ConvolvedSignals, RecurrentSignals])
def test_native_and_wrapped_models_and_both_shapes_of_a_signal_give_the_same(kind):
    model = seeded(kind)
    signal = signal_of(model)
    wrapped = as_picture_model(model)
    expected = attribute(wrapped, signal[None], Representation(), method="saliency").map
    assert np.array_equal(attribute(model, signal, Representation(), method="saliency").map, expected)
    several = attribute_batch(model, np.stack([signal, signal]), Representation(), method="saliency")
    np.testing.assert_allclose(several[1].map, expected, atol=1e-6)
    with pytest.raises(ImageError, match="the signal has the shape"):
        attribute(model, signal[:, :-1], Representation(), method="saliency")


def test_label_free_importance_of_a_native_model_is_along_time():
    model = seeded(LinearSignals)
    signals = torch.tensor(np.stack([signal_of(model, seed) for seed in range(3)]))
    encoder = lambda x: model.encode(x).z  # noqa: E731
    found = attribute_auxiliary(model, [signals], torch.device("cpu"), IntegratedGradients(encoder))
    z = model.encode(signals).z
    expected = torch.einsum("nd,dct->nct", z, model.weight) * signals
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-4)
    each = attribute_individual_dim(model, 3, [signals], torch.device("cpu"), Saliency(encoder), None)
    slopes = (z[:, :, None, None] * model.weight.abs()[None]).abs()
    np.testing.assert_allclose(each, slopes.detach().numpy(), atol=1e-5)
    covered = attribute_auxiliary(model, [signals], torch.device("cpu"), Occlusion(encoder))
    assert covered.shape == signals.shape
    assert not np.allclose(covered[:, 0], covered[:, 1])  # one channel after the other
    wrapped = attribute_auxiliary(as_picture_model(model), [signals[:, None]], torch.device("cpu"), Occlusion(encoder))
    np.testing.assert_allclose(wrapped[:, 0], covered, atol=1e-5)


def test_baselines_of_signals_are_named_and_level():
    beats = draw_beats(1)
    signal = beats.scaled()[0]
    zero = zero_baseline(beats.form)
    assert zero.name == "zero (0 mV)"
    np.testing.assert_allclose(beats.form.in_units(zero.pixels[0]), 0, atol=1e-6)
    level = level_baseline(signal[None])
    np.testing.assert_allclose(level.pixels[0, :, 0], signal.mean(axis=1), atol=1e-6)
    assert np.ptp(level.pixels, axis=-1).max() == 0
    blurred = blurred_baseline(signal[None], form=beats.form)
    assert blurred.name == "blurred in time (σ 0.1 s)"
    assert np.ptp(blurred.pixels[0], axis=-1).max() < np.ptp(signal, axis=-1).min()
    impulse = np.zeros((1, 2, beats.form.length), np.float32)
    impulse[0, 0, 64] = 1
    assert not blurred_baseline(impulse, form=beats.form).pixels[0, 1].any()  # channels do not mix
    mixed = type(beats.form)(length=4, sampling_rate=1.0, channel_names=("a", "b"), units=("mV", "%"))
    assert zero_baseline(mixed).name == "zero in each channel's unit"


def test_words_about_pictures_become_words_about_signals():
    assert signal_words("Pixels of the picture's squares") == "Samples of the signal's stretches"
    assert signal_words("error (mean squared), of their mean square") == "error (mean squared), of their mean square"
