"""Measures and checks of maps of signals: changes and rivals go along time, one channel included."""

import numpy as np
import pytest
import torch

from analysis.attributions import DirectionScore, LatentDimension, MethodSettings, attribute
from analysis.attributions.call import attribute_batch
from analysis.directions import fit_direction
from analysis.evaluation.agreement import compare_maps
from analysis.evaluation.faithfulness import measure_faithfulness
from analysis.evaluation.infidelity import change_picture, draw_weights, judge_infidelity
from analysis.evaluation.likeness import noisy_pictures
from analysis.evaluation.localisation import measure_localisation
from analysis.evaluation.map_measures import measure_maps
from analysis.evaluation.map_similarity import compare_maps_with
from analysis.evaluation.pixel_orders import moved_copies
from analysis.evaluation.random_layers import settling_pictures
from analysis.evaluation.randomisation import measure_parameter_randomisation
from analysis.evaluation.randomiser import Randomiser
from analysis.evaluation.reference_maps import centred_bar, smooth_random_maps
from analysis.evaluation.sanity import check_sanity
from analysis.evaluation.sensitivity import measure_max_sensitivity
from tests.analysis.attributions.signal_models import (
    ConvolvedSignals,
    LinearSignals,
    RecurrentSignals,
    SignalModelBase,
    form_of,
    seeded,
)
from tests.analysis.latent_tables import table_of
from xaae_core.data.beats import draw_beats
from xaae_core.errors import MaskError

TARGET = LatentDimension(0)
SETTINGS = MethodSettings(n_steps=8, n_samples=4)


def signal_of(model, seed: int = 0) -> np.ndarray:
    shape = (model.signal_form.n_channels, model.signal_form.length)
    return np.random.default_rng(seed).random(shape).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_exact_map_of_a_linear_model_foretells_all_and_beats_moved_copies(channels):
    model = seeded(LinearSignals, form_of(channels))
    signal = signal_of(model)
    made = attribute(model, signal, TARGET)
    ((deletion, insertion),) = measure_faithfulness(model, signal, TARGET, [made.map], n_steps=12)
    assert deletion.is_better
    assert insertion.is_better
    assert deletion.baseline == "each channel's mean"
    shares = np.cumsum(np.sort(made.map, axis=None)[::-1])  # the score falls by the largest shares first
    per_step = made.map.size // 12
    expected = made.score - np.concatenate([[0], shares[per_step - 1 :: per_step]])
    np.testing.assert_allclose(deletion.scores, expected, atol=1e-4)
    changes = change_picture(model, signal, TARGET)
    found = judge_infidelity(made.map, changes)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert "when the signal is changed" in found.meaning


def test_changes_for_infidelity_are_stretches_of_one_channel():
    weights = draw_weights("squares", (3, 40), 60, along_time=True)
    assert ((weights.max(axis=2) > 0).sum(axis=1) == 1).all()
    lengths = weights.sum(axis=(1, 2))
    assert lengths.min() >= 5
    assert lengths.max() <= 20
    assert {int(each.any(axis=1).argmax()) for each in weights} == {0, 1, 2}


def test_random_maps_of_signals_stay_in_their_channel():
    heat = np.random.default_rng(0).random((3, 20))
    for copy in moved_copies(heat, 20, 0, along_time=True):
        for channel in range(3):
            np.testing.assert_array_equal(np.sort(copy[channel]), np.sort(heat[channel]))
    moved = moved_copies(heat, 20, 0, along_time=True)
    assert any(not np.array_equal(copy, heat) for copy in moved)
    smooth = smooth_random_maps((1, 240), 200, rng=np.random.default_rng(0), along_time=True)
    steps = np.abs(np.diff(smooth, axis=-1)).mean()
    assert steps < 0.1 * smooth.std()  # hot spots, not grain, though there is one row


def test_a_centred_bar_covers_the_middle_of_the_time_in_every_channel():
    bar = centred_bar((2, 10), 0.4)
    np.testing.assert_array_equal(bar, [[0, 0, 0, 1, 1, 1, 1, 0, 0, 0]] * 2)
    assert centred_bar((3, 9), 0.3).sum() == pytest.approx(0.3 * 27, rel=1e-5)


def test_structural_similarity_sees_one_channel():
    heat = np.sin(np.linspace(0, 9, 64))[None]
    noise = np.random.default_rng(0).normal(size=(1, 64))
    found = compare_maps_with(heat, [heat, heat + 0.1 * noise, noise]).structural
    assert found[0] == pytest.approx(1)
    assert 1 > found[1] > 0.6 > found[2]
    assert compare_maps({"one": heat, "same": heat}).mean == pytest.approx(1)


def test_faint_noise_and_settling_signals_follow_each_channels_range():
    signal = np.stack([np.linspace(0.4, 0.6, 200), np.linspace(-3, 3, 200)])[None].astype(np.float32)
    spread = np.std(np.stack(noisy_pictures(signal, 40, along_time=True)) - signal, axis=(0, -1))[0]
    np.testing.assert_allclose(spread, [0.002, 0.06], rtol=0.1)
    relatives = settling_pictures(torch.tensor(signal), along_time=True)
    assert relatives[..., 1, :].max() > 1  # values beyond 0 and 1 are not cut off
    assert relatives[..., 0, :].min() > 0.2  # the channels have not changed places
    assert relatives[..., 0, :].max() < 0.8


@pytest.mark.parametrize("kind", [ConvolvedSignals, RecurrentSignals])
def test_layers_along_time_are_destroyed(kind):
    model = seeded(kind)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    randomiser = Randomiser(model, target=TARGET, image=signal_of(model))
    names = {layer.name.removeprefix("model.") for layer in randomiser.layers}
    assert names == ({"lstm"} if kind is RecurrentSignals else {"out", "trunk.0", "trunk.1", "trunk.3"})
    destroyed = randomiser.destroy(seed=1)
    x = torch.tensor(signal_of(model))[None, None]
    assert not torch.allclose(destroyed.model.encode(x).z, model.encode(x[:, 0]).z)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


class EdgesModel(SignalModelBase):
    """A fixed filter of edges whose weights are buffers: nothing to destroy but a scale, so maps hardly change."""

    def __init__(self, form=None) -> None:
        super().__init__(form or form_of(1), dims=1)
        self.scale = torch.nn.Parameter(torch.ones(1))

    def represent(self, x):
        return self.scale * (x[..., 1:] - x[..., :-1]).square().flatten(1).sum(dim=1, keepdim=True)


def test_the_check_tells_a_map_of_the_model_from_one_of_edges():
    learned = seeded(ConvolvedSignals, form_of(2, 96))
    signal = signal_of(learned)
    made = attribute(learned, signal, TARGET, settings=SETTINGS)
    strip = check_sanity(learned, signal, TARGET, made, settings=SETTINGS)
    assert strip.check("destroyed").passed is not False
    edges = seeded(EdgesModel, form_of(1, 96))
    signal = signal_of(edges)
    drawn = attribute(edges, signal, TARGET, settings=SETTINGS)
    strip = check_sanity(edges, signal, TARGET, drawn, settings=SETTINGS)
    assert strip.verdict == "fails"
    assert strip.random.shape == (1, 96)


def test_randomisation_sensitivity_and_measures_run_on_native_models():
    model = seeded(RecurrentSignals, form_of(1, 32))
    signal = signal_of(model)
    staged = measure_parameter_randomisation(model, signal, TARGET, "saliency", n_seeds=2)
    assert staged.destroyed.map.shape == (1, 32)
    assert "on the signal" in measure_max_sensitivity(model, signal, TARGET, method="saliency", n_samples=2).meaning
    made = attribute(model, signal, TARGET, settings=SETTINGS)
    mask = np.zeros(32, np.bool_)
    mask[8:16] = True
    (measured,) = measure_maps(model, signal, TARGET, [made], mask=mask)
    assert measured.measure("energy_inside").value == pytest.approx(
        np.abs(made.map[0, 8:16]).sum() / np.abs(made.map).sum(), rel=1e-5
    )
    assert measured.measure("completeness") is not None
    words = " ".join(found.meaning for found in measured.measures)
    assert "sample" in words
    assert "pixel" not in words
    assert "picture" not in words


def test_a_mask_of_moments_counts_in_every_channel():
    heat = np.zeros((3, 10))
    heat[2, 4] = 1
    mask = np.zeros(10, np.bool_)
    mask[4:6] = True
    found = measure_localisation(heat, mask)
    assert (found.pointing, found.energy_inside, found.mask_share) == (1, 1, 0.2)
    with pytest.raises(MaskError, match="the mask is bool"):
        measure_localisation(heat, mask[:-1])


class MeanOfSegments(SignalModelBase):
    """z: the mean level of 16 stretches of each lead; linear, so that a direction's map is known."""

    def __init__(self, form) -> None:
        super().__init__(form, dims=16 * form.n_channels)

    def represent(self, x):
        return torch.nn.functional.adaptive_avg_pool1d(x, 16).flatten(1)


def test_severity_of_beats_is_found_in_the_st_segment():
    """The score along the direction of severity is made in the ST segment: the known answer of `draw_beats`."""
    beats = draw_beats(120, seed=0)
    model = seeded(MeanOfSegments, beats.form)
    values = torch.tensor(beats.scaled())
    z = model.encode(values).z.numpy()
    table = table_of(z, beats.labels)
    target = DirectionScore(fit_direction(table, table.classes[1], n_bootstrap=0))
    raised = np.argsort(-beats.severity)[:10]
    made = attribute_batch(model, beats.scaled()[raised], target, settings=SETTINGS)
    inside = [measure_localisation(one.map, beats.st_mask[case]) for one, case in zip(made, raised, strict=True)]
    blind = [  # a centred bar is no rival here: the ST segment of these beats lies in the middle
        measure_localisation(copy, beats.st_mask[case])
        for one, case in zip(made, raised, strict=True)
        for copy in moved_copies(one.map, 8, 0, along_time=True)
    ]
    assert np.mean([each.energy_inside for each in inside]) > 0.5 > 2 * np.mean([each.mask_share for each in inside])
    assert np.mean([each.iou_fixed for each in inside]) > 2 * np.mean([each.iou_fixed for each in blind])
