"""The fluid that is measured in a picture is the fluid that was drawn."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.phantoms import (
    PhantomFactors,
    change_inside,
    decoded_effusion,
    draw_factors,
    draw_phantom,
    effusion_height,
    effusion_region,
    make_phantoms,
    to_uint8,
)
from xaae_core.errors import ImageError


@pytest.fixture(scope="module")
def many():
    return make_phantoms(150, seed=7)


@pytest.fixture(scope="module")
def some_factors():
    return [draw_factors(np.random.default_rng(seed)) for seed in range(10)]


def test_measured_height_follows_the_truth(many):
    measured = [effusion_height(im / 255, many.factors_of(row)) for row, im in enumerate(many.images)]
    truth = many.factors["severity"]
    assert np.corrcoef(measured, truth)[0, 1] > 0.99
    assert np.abs(np.array(measured) - truth).max() < 0.08


def test_measured_height_ignores_its_own_severity_exposure_and_blur(some_factors):
    for factors in some_factors[:10]:
        film = draw_phantom(factors).image
        height = effusion_height(film, factors)
        assert effusion_height(film, replace(factors, severity=0.0)) == height
        assert effusion_height(0.1 + 0.7 * film, factors) == pytest.approx(height, abs=1e-3)
        blurred = Image.fromarray(to_uint8(film)).reduce(4).resize((192, 192), Image.Resampling.BICUBIC)
        assert effusion_height(np.asarray(blurred) / 255, factors) == pytest.approx(height, abs=0.06)


def test_a_path_of_frames_is_ordered_even_past_full(some_factors):
    for factors in some_factors[:5]:
        dry, full = (draw_phantom(replace(factors, severity=s)).image for s in (0.0, 1.0))
        amounts = np.linspace(-0.2, 1.2, 15)
        frames = np.stack([dry + a * (full - dry) for a in amounts])[:, None].repeat(3, axis=1)
        heights = decoded_effusion(frames, factors)
        assert (np.diff(heights) > 0).all()
        assert heights[0] < 0 < 1 < heights[-1]


def test_a_frame_without_a_chest_has_no_height():
    frames = np.full((1, 1, 64, 64), 0.5)
    assert np.isnan(decoded_effusion(frames, PhantomFactors(severity=0.3))).all()
    assert np.isnan(change_inside(frames[0], frames[0], PhantomFactors(severity=0.3)))


def test_an_even_change_counts_by_area():
    factors = PhantomFactors(severity=0.3)
    share = change_inside(np.zeros((1, 96, 96)), np.ones((1, 96, 96)), factors)
    assert share == pytest.approx(effusion_region(factors, size=96).mean())


def test_a_wrong_shape_is_refused():
    with pytest.raises(ImageError, match=r"\[1, 64, 48\]"):
        decoded_effusion(np.zeros((1, 64, 48)), PhantomFactors(severity=0.3))
