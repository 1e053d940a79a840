"""Laws of the phantoms: what a factor says is what the picture shows, and every picture can be had again."""

import subprocess
import sys
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.phantom_factors import PhantomFactors, draw_factors, factor_range
from xaae_core.data.phantom_folder import write_phantoms
from xaae_core.data.phantoms import (
    DEMO_SEED,
    FACTOR_NAMES,
    NOISE_SD,
    SPLITS,
    change_inside,
    demo_phantoms,
    draw_by_id,
    draw_phantom,
    effusion_region,
    make_phantoms,
    phantom_id,
    to_uint8,
)
from xaae_core.errors import DatasetError


@pytest.fixture(scope="module")
def many():
    return make_phantoms(150, seed=7)


@pytest.fixture(scope="module")
def some_factors():
    return [draw_factors(np.random.default_rng(seed)) for seed in range(40)]


def test_shapes_types_and_read_only(many):
    assert (many.images.shape, many.images.dtype) == ((150, 1, 192, 192), np.uint8)
    assert many.masks.shape == many.regions.shape == (150, 192, 192)
    assert many.masks.dtype == many.regions.dtype == np.bool_
    assert set(many.factors) == set(FACTOR_NAMES)
    assert len(many) == len(set(many.ids)) == 150
    for array in (many.images, many.masks, many.regions, many.labels, many.factors["severity"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    film = draw_phantom(many.factors_of(0), rng=np.random.default_rng(0)).image
    assert film.dtype == np.float32
    assert film.min() >= 0
    assert film.max() <= 1


def test_an_image_comes_back_from_its_id_and_seed_alone(many):
    for row in (0, 3, 149):
        again = draw_by_id(many.ids[row], seed=many.seed)
        assert np.array_equal(to_uint8(again.image), many.images[row, 0])
        assert np.array_equal(again.mask, many.masks[row])
        assert np.array_equal(again.region, many.regions[row])
        assert again.factors == many.factors_of(row)


def test_a_set_does_not_depend_on_where_it_starts(many):
    part = make_phantoms(2, seed=7, first=40)
    assert part.ids == many.ids[40:42]
    assert np.array_equal(part.images, many.images[40:42])


def test_other_seed_or_number_other_image():
    drawn = [draw_by_id(phantom_id(i), seed=s).image for i, s in ((0, 7), (1, 7), (0, 8))]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_same_image_in_another_process():
    code = (
        "import zlib; from xaae_core.data.phantoms import make_phantoms;"
        "print(zlib.crc32(make_phantoms(3, seed=5).images.tobytes()))"
    )
    root = Path(__file__).parents[3]
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=root).stdout
    assert int(other) == zlib.crc32(make_phantoms(3, seed=5).images.tobytes())


def test_splits_are_disjoint_and_as_documented():
    assert {name: len(numbers) for name, numbers in SPLITS.items()} == {"train": 800, "valid": 100, "test": 300}
    assert len(set().union(*SPLITS.values())) == 1200
    valid = demo_phantoms("valid", size=32)
    assert valid.ids[0] == "phantom-000800"
    assert len(valid) == 100
    assert valid.seed == DEMO_SEED


def test_label_law(many):
    assert np.array_equal(many.labels, (many.factors["severity"] > 0.5).astype(int))
    assert 0.35 < many.labels.mean() < 0.65
    assert (PhantomFactors(severity=0.5).label, PhantomFactors(severity=0.501).label) == (0, 1)
    assert PhantomFactors(severity=0.9).label_name == "effusion"


def test_factors_follow_their_distributions():
    rng = np.random.default_rng(0)
    drawn = [draw_factors(rng) for _ in range(4000)]
    columns = {name: np.array([getattr(f, name) for f in drawn]) for name in FACTOR_NAMES}
    for name, column in columns.items():
        low, high = factor_range(name)
        assert low <= column.min() < column.max() <= high, name
    spread = {"exposure": 0.05, "contrast": 0.10, "body_scale": 0.04, "shift_x": 0.015, "shift_y": 0.015}
    for name, sd in spread.items():
        assert columns[name].std() == pytest.approx(sd, rel=0.05), name
        assert abs(columns[name].mean()) < 0.06 * sd, name
    assert columns["severity"].mean() == pytest.approx(0.5, abs=0.02)
    assert columns["severity"].var() == pytest.approx(0.25 / 3.4, rel=0.05)  # Beta(1.2, 1.2)
    between = np.corrcoef(np.stack(list(columns.values()))) - np.eye(len(FACTOR_NAMES))
    assert np.abs(between).max() < 0.06  # independent


def test_fluid_grows_with_severity_and_stays_in_its_region(some_factors):
    for factors in some_factors[:10]:
        films = [draw_phantom(replace(factors, severity=s)) for s in np.linspace(0, 1, 21)]
        areas = [int(film.mask.sum()) for film in films]
        assert areas[0] == 0
        assert all(more > less for less, more in pairwise(areas[2:])), areas
        for lower, higher in pairwise(films):
            assert not (lower.mask & ~higher.mask).any()
            assert not (higher.mask & ~higher.region).any()
        assert areas[-1] > 0.85 * films[0].region.sum()


def test_severity_changes_nothing_outside_the_region(some_factors):
    for factors in some_factors:
        dry = draw_phantom(replace(factors, severity=0.0))
        full = draw_phantom(replace(factors, severity=1.0))
        assert np.array_equal(dry.region, full.region)
        assert np.array_equal(dry.region, effusion_region(factors))
        assert change_inside(dry.image[None], full.image[None], factors) > 0.98


def test_fluid_is_on_the_patients_right_which_is_left_in_the_image(many):
    centre = np.nonzero(many.regions)[2].mean()
    assert 0.2 * 192 < centre < 0.35 * 192
    assert 0.15 < many.regions.mean() < 0.25
    share = many.regions.mean(axis=(1, 2))
    assert 0.11 < share.min() < share.max() < 0.27


def test_fluid_is_dense_and_air_is_dark(many):
    half_full = np.abs(many.factors["severity"] - 0.5) < 0.3
    assert half_full.sum() > 50
    for row in np.flatnonzero(half_full):
        film, region, mask = many.images[row, 0] / 255, many.regions[row], many.masks[row]
        assert film[mask].mean() > film[region & ~mask].mean() + 0.2


def test_noise_has_the_documented_spread():
    factors = PhantomFactors(severity=0.4)
    noise = draw_phantom(factors, rng=np.random.default_rng(0)).image - draw_phantom(factors).image
    middle = draw_phantom(factors).image > 0.1  # where black does not cut the noise off
    assert noise[middle].std() == pytest.approx(NOISE_SD, rel=0.03)


@pytest.mark.parametrize(
    ("name", "low", "high", "test"),
    [
        ("exposure", -0.1, 0.1, lambda a, b: b.mean() > a.mean() + 0.15),
        ("contrast", -0.2, 0.2, lambda a, b: b.std() > 1.3 * a.std()),
        ("heart_radius", 0.10, 0.19, lambda a, b: b[90:140, 80:150].mean() > a[90:140, 80:150].mean() + 0.05),
        ("lung_width_left", 0.32, 0.37, lambda a, b: b[:, 110:].mean() < a[:, 110:].mean() - 0.005),
        ("lung_width_right", 0.34, 0.39, lambda a, b: b[:, :80].mean() < a[:, :80].mean() - 0.005),
        ("rib_phase", 0.0, 0.5, lambda a, b: np.abs(b - a)[60:120, 115:160].mean() > 0.01),
        ("rib_spacing", 0.075, 0.095, lambda a, b: np.abs(b - a)[60:120, 115:160].mean() > 0.01),
    ],
)
def test_each_factor_does_what_it_says(name, low, high, test):
    first, second = (draw_phantom(PhantomFactors(severity=0.2, **{name: v})).image for v in (low, high))
    assert test(first, second)


def test_shift_and_scale_move_the_body():
    still = draw_phantom(PhantomFactors(severity=0.5)).image
    moved = draw_phantom(PhantomFactors(severity=0.5, shift_x=4 / 192, shift_y=-3 / 192)).image
    assert np.allclose(moved[8:-8, 8:-8], np.roll(still, (-3, 4), (0, 1))[8:-8, 8:-8], atol=1e-3)
    regions = [effusion_region(PhantomFactors(severity=0, body_scale=s)).sum() for s in (-0.1, 0.1)]
    assert regions[1] / regions[0] == pytest.approx((1.1 / 0.9) ** 2, rel=0.03)


def test_factors_survive_float32():
    factors = PhantomFactors(severity=1.0, exposure=0.15, contrast=-0.3, heart_radius=0.19)
    values = {name: np.float32(getattr(factors, name)) for name in FACTOR_NAMES}
    again = PhantomFactors.from_values(values)
    assert again.heart_radius == pytest.approx(factors.heart_radius, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PhantomFactors(severity=1.2), "severity is 1.2"),
        (lambda: PhantomFactors(severity=float("nan")), "severity is nan"),
        (lambda: PhantomFactors.from_values({"severity": 0.5}), "no heart_radius"),
        (lambda: PhantomFactors.from_values(dict.fromkeys(FACTOR_NAMES, "x")), "no number"),
        (lambda: factor_range("age"), "'age'"),
        (lambda: draw_by_id("patient-7"), "patient-7"),
        (lambda: draw_by_id("phantom-000001", seed=-1), "seed is -1"),
        (lambda: phantom_id(-1), "is -1"),
        (lambda: make_phantoms(0), "at least 1"),
        (lambda: make_phantoms(1, size=8), "size is 8"),
        (lambda: demo_phantoms("holdout"), "'holdout'"),
        (lambda: write_phantoms("nowhere", n_train=801), "n_train is 801"),
        (lambda: write_phantoms("nowhere", n_train=0, n_valid=0, n_test=0), "0 phantoms"),
    ],
)
def test_errors_name_the_value(call, words):
    with pytest.raises(DatasetError, match=words):
        call()
