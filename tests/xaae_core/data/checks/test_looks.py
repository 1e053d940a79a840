"""Sizes, colours, brightness and value range: each fault is found where it was put, and sound sets are left alone."""

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.checks.intensities import check_intensities, common_look
from xaae_core.data.checks.picture_sizes import check_picture_sizes
from xaae_core.data.checks.value_range import check_value_range, normalised_levels


def test_sound_pictures_are_left_alone(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(80)), size=(48, 48), channels=1)
    for check in (check_picture_sizes, check_intensities, check_value_range):
        assert not found(check, given)


def test_other_proportions_are_named(portraits, write_set, given_of, found):
    pictures = portraits(20)
    pictures[4] = pictures[4][:24]
    (finding,) = [f for f in found(check_picture_sizes, given_of(write_set(pictures))) if "proportions" in f.title]
    assert finding.cases == ("004.png",)


def test_pictures_smaller_than_the_model_warn_and_larger_do_not(portraits, write_set, given_of, found):
    folder = write_set(portraits(20))
    (finding,) = found(check_picture_sizes, given_of(folder, size=(256, 256)))
    assert (finding.level, finding.n_cases) == ("warn", 20)
    assert not found(check_picture_sizes, given_of(folder, size=(32, 32)))


def test_colour_among_grey_is_seen_by_its_pixels(portraits, write_set, given_of, found):
    pictures = [np.stack([p] * 3, axis=-1) for p in portraits(20)]  # stored as colour, yet grey
    assert not [f for f in found(check_picture_sizes, given_of(write_set(pictures))) if "colour" in f.title]
    pictures[3] = pictures[3] * np.array([1, 0.7, 0.5])
    pictures[3] = pictures[3].astype(np.uint8)
    (finding,) = [f for f in found(check_picture_sizes, given_of(write_set(pictures))) if "colour" in f.title]
    assert finding.cases == ("003.png",)


def test_a_class_with_another_file_size_is_told(portraits, write_set, given_of, found):
    small, large = portraits(30, side=40), portraits(30, side=48, seed=1)
    pictures = [picture for pair in zip(small, large, strict=True) for picture in pair]
    titles = [f.title for f in found(check_picture_sizes, given_of(write_set(pictures)), "warn")]
    assert any("size and kind of the file alone (AUROC 1.00" in title for title in titles)


@pytest.mark.parametrize(("value", "word"), [(3, "black"), (253, "white"), (120, "of one grey")])
def test_pictures_without_content_are_named(value, word, portraits, write_set, given_of, found):
    pictures = [*portraits(20), np.full((48, 48), value, np.uint8)]
    (finding,) = [f for f in found(check_intensities, given_of(write_set(pictures))) if "without content" in f.title]
    assert word in finding.title
    assert finding.cases == ("020.png",)


@pytest.mark.parametrize("n_inverted", [1, 6, 14])
def test_inverted_pictures_are_exactly_those_that_were_inverted(n_inverted, portraits, write_set, given_of, found):
    pictures = portraits(40)
    for row in range(n_inverted):
        pictures[row] = 255 - pictures[row]
    (finding,) = [f for f in found(check_intensities, given_of(write_set(pictures))) if "inverted" in f.title]
    assert set(finding.cases) == {f"{row:03d}.png" for row in range(n_inverted)}


def test_nothing_is_inverted_where_pictures_have_no_common_look(write_set, given_of, found):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (48, 48), dtype=np.uint8) for _ in range(40)]
    assert not [f for f in found(check_intensities, given_of(write_set(pictures))) if "inverted" in f.title]


def test_the_common_look_keeps_its_sign_with_the_majority(portraits):
    thumbs = np.stack(portraits(40, side=32))
    likeness, alike = common_look(thumbs)
    assert likeness.min() > 0.5
    thumbs[:15] = 255 - thumbs[:15]
    turned, alike_still = common_look(thumbs)
    assert np.array_equal(turned < 0, np.arange(40) < 15)
    assert alike_still == pytest.approx(alike, abs=0.05)


def test_twelve_bits_in_sixteen_are_named_and_a_full_scale_is_not(portraits, write_set, given_of, found, tmp_path):
    folder = write_set(portraits(12))
    for number, picture in enumerate(portraits(12)):
        values = picture.astype(np.uint16) * (16 if number < 3 else 257)
        Image.fromarray(values).save(folder / f"{number:03d}.png")
    findings = found(check_intensities, given_of(folder))
    (finding,) = [f for f in findings if "12-bit" in f.title]
    assert finding.cases == ("000.png", "001.png", "002.png")
    assert not any("without content" in f.title for f in findings)


def test_a_brighter_test_split_is_told(portraits, write_set, given_of, found):
    splits = ["train"] * 40 + ["valid"] * 30 + ["test"] * 30
    pictures = [p // 2 + (90 if split == "test" else 20) for p, split in zip(portraits(100), splits, strict=True)]
    titles = [f.title for f in found(check_intensities, given_of(write_set(pictures, split=splits)), "warn")]
    assert [title for title in titles if "in test are brighter" in title]
    assert not [title for title in titles if "in valid" in title]


def test_a_class_told_by_brightness_alone_warns_with_the_measure(portraits, write_set, given_of, found):
    pictures = [p // 2 + (60 if number % 2 else 30) for number, p in enumerate(portraits(100))]
    (finding,) = [f for f in found(check_intensities, given_of(write_set(pictures)), "warn") if "alone" in f.title]
    assert "The most telling measure is" in finding.detail


def test_a_normalisation_for_other_values_stops(portraits, write_set, given_of, found):
    folder = write_set(portraits(20))
    right = ([0.45], [0.2])
    assert not found(check_value_range, given_of(folder, normalisation=right))
    for wrong in (([0.0], [1024.0]), ([127.5], [60.0]), ([0.485 * 255] * 3, [0.229 * 255] * 3)):
        (finding,) = found(check_value_range, given_of(folder, normalisation=wrong))
        assert finding.level == "stop"
        assert "look alike" in finding.title
    (finding,) = found(check_value_range, given_of(folder, normalisation=([0.0], [0.02])))
    assert finding.level == "warn"
    for useless in (([0.5], [0.0]), ([float("nan")], [1.0]), ([0.5, 0.5], [1.0, 1.0])):
        (finding,) = found(check_value_range, given_of(folder, normalisation=useless))
        assert "cannot be used" in finding.title


def test_levels_are_those_of_the_normalised_pixels():
    rng = np.random.default_rng(0)
    pixels = rng.random((5, 3, 20, 20)).astype(np.float32)
    mean, std = np.array([0.4, 0.5, 0.6]), np.array([0.2, 0.25, 0.3])
    level, spread = normalised_levels(pixels.mean((2, 3)), pixels.std((2, 3)), mean, std)
    after = (pixels - mean[:, None, None]) / std[:, None, None]
    assert level == pytest.approx(after.mean(), abs=1e-5)
    assert spread == pytest.approx(np.median(after.std((2, 3)).mean(axis=1)), rel=1e-5)


def test_what_reading_changed_is_told_once_a_kind(portraits, write_set, given_of, found):
    pictures = [np.dstack([p, np.full_like(p, 255 if number else 90)]) for number, p in enumerate(portraits(12))]
    findings = [f for f in found(check_intensities, given_of(write_set(pictures))) if "Reading changed" in f.title]
    assert [finding.cases for finding in findings] == [("000.png",)]
    assert "transparent" in findings[0].title
