"""Pictures of a card: tiles in their places, paths through the case in the middle, nothing where nothing is drawn."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.gallery.drawings import STEPS, _moved, draw_card, tile_pictures
from analysis.gallery.latent_figures import measure_latents
from analysis.gallery.trace_drawings import draw_moved_traces, draw_traces, limits_of
from xaae_core.data.beats import draw_beats
from xaae_core.models.catalogue import build_catalogued


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_tiles_stand_row_by_row_enlarged_by_a_whole_number():
    greys = np.linspace(0, 1, 6, dtype=np.float32)
    sheet = opened(tile_pictures(np.broadcast_to(greys[:, None, None, None], (6, 1, 28, 28)), 3))
    assert sheet.shape == (2 * 56 + 2, 3 * 56 + 4)
    assert sheet[56:58].min() == sheet[:, 56:58].min() == 255
    for number, grey in enumerate(greys):
        top, left = (number // 3) * 58, (number % 3) * 58
        assert (sheet[top : top + 56, left : left + 56] == round(grey * 255)).all()


def test_colours_stay_colours():
    red = np.zeros((1, 3, 64, 64), np.float32)
    red[:, 0] = 1
    assert opened(tile_pictures(red, 1))[5, 5].tolist() == [255, 0, 0]


def test_the_middle_of_a_path_is_a_case_and_its_ends_are_three_deviations_away():
    model = build_catalogued("vae", size=16, channels=1, dims=3).eval()
    z = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    with torch.no_grad():
        path = _moved(model, z, 1)
        cases = model.decode(torch.from_numpy(z)).numpy()
        middle = STEPS.index(0.0)
        found = np.abs(cases - path[middle]).max(axis=(1, 2, 3)).argmin()
        assert path[middle] == pytest.approx(cases[found], abs=1e-6)
        ends = np.repeat(z[[found]], 2, axis=0)
        ends[:, 1] += np.array([-3, 3]) * z[:, 1].std()
        assert path[[0, -1]] == pytest.approx(model.decode(torch.from_numpy(ends)).numpy(), abs=1e-5)


def test_the_dimensions_that_hold_most_come_first_and_the_same_seed_draws_the_same():
    model = build_catalogued("beta_vae_mnist", size=28, channels=1, dims=3)
    x = torch.rand(30, 1, 28, 28)
    figures = measure_latents(model, x)
    drawn = draw_card(model, x, figures)
    assert list(drawn.traversals) == figures.order
    assert set(drawn.files()) == {"reconstructions.png", "samples.png", "z0.png", "z1.png", "z2.png"}
    assert draw_card(model, x, figures).samples == drawn.samples
    assert draw_card(model, x, figures, seed=1).samples != drawn.samples


def test_what_cannot_draw_has_no_pictures_and_what_has_no_prior_no_samples():
    x = torch.rand(12, 1, 28, 28)
    classifier = build_catalogued("classifier_mnist", size=28, channels=1)
    assert draw_card(classifier, x, measure_latents(classifier, x)).files() == {}
    plain = build_catalogued("ae", size=28, channels=1, dims=2)
    assert "samples.png" not in draw_card(plain, x, measure_latents(plain, x)).files()


def test_signals_are_drawn_whatever_their_channels():
    beats = draw_beats(7, channels=6, length=40)
    assert opened(draw_traces(beats.values, beats.form, beats.values)).std() > 0
    single = draw_beats(7, channels=1, length=40)
    many, one = (opened(draw_moved_traces(found.values, found.form, STEPS)) for found in (beats, single))
    assert many.shape[0] > 3 * one.shape[0]  # four of the six, a panel each


def test_drawings_of_one_card_share_axes_that_show_everything():
    paths = [np.array([[[-1.0, 2.0]], [[0.0, 1.0]]]), np.array([[[5.0, 0.0]], [[0.0, 0.0]]])]
    ((low, high),) = limits_of(paths)
    assert -2 < low < -1
    assert 5 < high < 6
    ((low, high),) = limits_of([np.zeros((2, 1, 3))])
    assert low < 0 < high
